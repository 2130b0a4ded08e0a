import { expect, test } from 'vitest';
import { expandChanges } from './changes.ts';
import { changes } from './load.ts';
import { population } from './population.ts';
import { seededRng } from './rng.ts';

const people = population(seededRng(3), { users: 20, cameras: 60, canaries: 4, redialMs: 1_000 });
const steps = [
  changes({ overMs: 1_000, share: 0.03 }),
  { ...changes({ overMs: 2_000, share: 0.03 }), atMs: 5_000 },
];

test('the same seed gives the same changes, another seed others', () => {
  const text = (seed: number): string =>
    JSON.stringify(expandChanges({ steps, population: people }, seededRng(seed)));
  expect(text(3)).toBe(text(3));
  expect(text(3)).not.toBe(text(4));
});

test('sixty cameras see a few changes of each kind, by their owners, in the windows given, each camera once', () => {
  const drawn = expandChanges({ steps, population: people }, seededRng(3));
  for (const kind of ['share', 'unshare', 'transfer', 'remove'] as const)
    expect(drawn.filter((change) => change.kind === kind).length).toBeGreaterThanOrEqual(3);
  expect(new Set(drawn.map(({ deviceId }) => deviceId)).size).toBe(drawn.length);
  expect(drawn).toEqual(drawn.toSorted((one, other) => one.atMs - other.atMs));
  for (const { atMs, kind, deviceId, byUserId, otherUserId } of drawn) {
    const device = people.devices.find((each) => each.deviceId === deviceId);
    expect(byUserId).toBe(device?.ownerId);
    expect(otherUserId === null).toBe(kind === 'remove');
    expect(otherUserId).not.toBe(byUserId);
    expect(device?.sharedWith.includes(otherUserId ?? '')).toBe(kind === 'unshare');
    expect(atMs < 1_000 || (atMs >= 5_000 && atMs < 7_000)).toBe(true);
    expect(`${byUserId} ${otherUserId} ${deviceId}`).not.toContain('canary');
  }
});

test('large fleets change a share of their cameras, and tiny ones next to none', () => {
  const count = (cameras: number): number => {
    const size = { users: Math.ceil(cameras / 3), cameras, canaries: 4, redialMs: 1_000 };
    const fleet = population(seededRng(3), size);
    return expandChanges({ steps, population: fleet }, seededRng(3)).length;
  };
  expect(count(2_000)).toBe(60);
  expect(count(6)).toBe(0);
});

test('without a window nobody changes anything', () => {
  expect(expandChanges({ steps: [], population: people }, seededRng(3))).toEqual([]);
});
