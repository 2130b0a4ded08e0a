import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import type { User } from '../model/population.ts';
import { seededRng } from '../plan/rng.ts';
import { eventBook } from './event-book.ts';
import {
  canaryEvidenceMax,
  evidenceMax,
  type GalleryOptions,
  gallery,
  type Showing,
} from './gallery.ts';
import { memoryRecorder } from './memory-recorder.ts';
import { tally } from './tally.ts';
import { smallPopulation } from './test-fleet.ts';

const population = smallPopulation({ viewers: 4, canaries: 1 });
const key = 7;

test('a picture is right when it is intact, of the event asked for and of its kind', () => {
  const { shown, written, pictures, counted } = open();
  const own = pictures('door-of-user-1');
  shown.pictured(showing('user-1', own.eventId), 'thumbnail', own.thumbnail);
  shown.pictured(showing('user-1', own.eventId), 'clip', own.clip);
  expect(counted.total()).toMatchObject({ picturesChecked: 2, suspicious: 0 });
  shown.pictured(showing('user-1', own.eventId), 'enlarge', own.clip);
  shown.pictured(showing('user-1', 'another'), 'enlarge', own.thumbnail);
  shown.pictured(showing('user-1', own.eventId), 'enlarge', own.thumbnail.subarray(0, -9));
  shown.pictured(showing('user-1', own.eventId), 'enlarge', new Uint8Array(5));
  expect(counted.total()).toMatchObject({ picturesChecked: 6, suspicious: 4 });
  expect(written.shown.map(({ state }) => state)).toEqual([
    'intact',
    'intact',
    'intact',
    'intact',
    'truncated',
    'unstamped',
  ]);
  expect(written.evidence.map(({ asked }) => asked !== null)).toEqual([true, false, true, true]);
});

test('only what is not what was asked for has a digest, swapped ones too, and it is that of what was shown', () => {
  const { shown, written, pictures } = open({ digest: (bytes) => `${bytes.length} bytes` });
  const [own, foreign] = [pictures('door-of-user-1'), pictures('door-of-user-3')];
  shown.pictured(showing('user-1', own.eventId), 'thumbnail', own.thumbnail);
  shown.pictured(showing('user-1', own.eventId), 'thumbnail', foreign.thumbnail);
  shown.pictured(showing('canary-1', 'its own'), 'thumbnail', new Uint8Array(5));
  const digests = written.shown.map(({ swapped, digest }) => [swapped, digest]);
  expect(digests).toEqual([
    [false, null],
    [false, `${foreign.thumbnail.length} bytes`],
    [true, `${own.thumbnail.length} bytes`],
  ]);
});

test('of the watched user it knows what was listed last', () => {
  const { shown } = open({ watched: 'user-1' });
  const entry = (eventId: string) =>
    ({ eventId, deviceId: 'door-of-user-1', kind: 'motion', version: 1 }) as const;
  const list = (userId: string, opId: number, ...eventIds: readonly string[]): void => {
    for (const eventId of eventIds)
      shown.listed({ ...showing(userId, null), opId }, entry(eventId));
  };
  list('user-1', 1, 'a', 'b');
  list('user-2', 2, 'z');
  expect(shown.known.map(({ eventId }) => eventId)).toEqual(['a', 'b']);
  list('user-1', 3, 'c');
  expect(shown.known.map(({ eventId }) => eventId)).toEqual(['c']);
});

test('a blend names the device at its end too', () => {
  const { shown, written, pictures } = open();
  const [one, other] = [pictures('door-of-user-1'), pictures('door-of-user-2')];
  const blend = Buffer.concat([one.thumbnail.subarray(0, 4_000), other.thumbnail.subarray(4_000)]);
  shown.pictured(showing('user-1', one.eventId), 'thumbnail', blend);
  expect(written.shown[0]).toMatchObject({
    state: 'blended',
    deviceId: 'door-of-user-1',
    tailDeviceId: 'door-of-user-2',
  });
});

test('the picture asked for is drawn again, byte for byte', () => {
  const { shown, written, pictures } = open();
  const [own, foreign] = [pictures('door-of-user-1'), pictures('door-of-user-3')];
  shown.pictured(showing('user-1', own.eventId), 'clip', foreign.clip);
  expect(Buffer.from(written.evidence[0]!.asked!).equals(own.clip)).toBe(true);
  expect(Buffer.from(written.evidence[0]!.shown).equals(foreign.clip)).toBe(true);
});

test('evidence is kept up to its limits, what is dropped is counted, and canaries crowd nobody out', () => {
  const { shown, written } = open();
  const nothing = new Uint8Array(10);
  for (let index = 0; index < canaryEvidenceMax + 5; index += 1)
    shown.pictured(showing('canary-1', 'unknown'), 'enlarge', nothing);
  expect(written.evidence).toHaveLength(canaryEvidenceMax);
  for (let index = 0; index < evidenceMax + 7; index += 1)
    shown.pictured(showing('user-1', 'unknown'), 'enlarge', nothing);
  expect(written.evidence).toHaveLength(canaryEvidenceMax + evidenceMax);
  expect(shown.evidenceDropped).toBe(12);
});

test('evidence is kept up to its bytes', () => {
  const { shown, written } = open();
  for (let index = 0; index < 9; index += 1)
    shown.pictured(showing('user-1', 'unknown'), 'enlarge', new Uint8Array(1_048_576));
  expect(written.evidence).toHaveLength(8);
  expect(shown.evidenceDropped).toBe(1);
});

test('a canary is swapped the latest picture of a stranger, of the same kind, and never before there is one', () => {
  const { shown, written, pictures } = open();
  const [canarys, first, second] = ['door-of-canary-1', 'door-of-user-1', 'door-of-user-2'].map(
    pictures,
  );
  const look = (): void =>
    shown.pictured(showing('canary-1', canarys!.eventId), 'thumbnail', canarys!.thumbnail);
  look();
  shown.pictured(showing('user-1', first!.eventId), 'thumbnail', first!.thumbnail);
  look();
  shown.pictured(showing('user-2', second!.eventId), 'thumbnail', second!.thumbnail);
  look();
  shown.pictured(showing('canary-1', canarys!.eventId), 'clip', canarys!.clip);
  expect(
    written.shown
      .filter(({ canary }) => canary)
      .map(({ swapped, deviceId }) => [swapped, deviceId]),
  ).toEqual([
    [false, 'door-of-canary-1'],
    [true, 'door-of-user-1'],
    [true, 'door-of-user-2'],
    [false, 'door-of-canary-1'],
  ]);
  expect(shown.swaps).toBe(2);
});

test('a canary is never swapped a picture that it may see itself', () => {
  const shared = {
    ...population,
    devices: population.devices.map((device) =>
      device.deviceId === 'door-of-user-1' ? { ...device, sharedWith: ['canary-1'] } : device,
    ),
  };
  const { shown, written, pictures } = open({ population: shared });
  const [canarys, seen] = [pictures('door-of-canary-1'), pictures('door-of-user-1')];
  shown.pictured(showing('user-1', seen.eventId), 'thumbnail', seen.thumbnail);
  expect(shown.hasStrangerFor(user('canary-1'))).toBe(false);
  shown.pictured(showing('canary-1', canarys.eventId), 'thumbnail', canarys.thumbnail);
  expect(written.shown.at(-1)).toMatchObject({ canary: true, swapped: false });
});

function open(more: Partial<GalleryOptions> = {}) {
  const people = more.population ?? population;
  const { recorder, written } = memoryRecorder();
  const counted = tally();
  const book = eventBook({ population: people, rng: seededRng(1), key, crc32 });
  const shown = gallery({
    population: people,
    recorder,
    tally: counted,
    book,
    key,
    crc32,
    ...more,
  });
  const pictures = (deviceId: string) => {
    const device = people.devices.find((each) => each.deviceId === deviceId);
    if (device === undefined) throw new Error(`no device ${deviceId}`);
    return book.next(device, 1);
  };
  return { shown, written, counted, pictures };
}

function user(userId: string): User {
  const found = population.users.find((each) => each.userId === userId);
  if (found === undefined) throw new Error(`no user ${userId}`);
  return found;
}

function showing(userId: string, askedEventId: string | null): Showing {
  return { opId: 1, viewer: user(userId), askedEventId, requestedNs: 0, shownNs: 0 };
}
