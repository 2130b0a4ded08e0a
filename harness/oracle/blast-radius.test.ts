import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AffectedPerson, BlastRadius } from '../model/finding.ts';
import { type LiteralRows, literalRecord } from '../record/literal-record.ts';
import { affectedPeople } from './affected.ts';
import { blastRadiusOf } from './blast-radius.ts';
import * as sample from './sample-rows.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-blast-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function seen(rows: LiteralRows): {
  readonly blast: BlastRadius;
  readonly people: readonly AffectedPerson[];
} {
  using record = literalRecord({ folder, plan: sample.plan, phases: sample.phases, ...rows });
  return { blast: blastRadiusOf(record), people: [...affectedPeople(record)] };
}

test('list entries alone are told apart from pictures, and strangers are counted for each exposed user', () => {
  const { blast } = seen({
    shown: [
      sample.shown({ viewerId: 'ann', surface: 'list', deviceId: 'cleo-crib' }),
      sample.shown({ viewerId: 'ann', surface: 'list', deviceId: 'cleo-crib' }),
      sample.shown({ viewerId: 'ben', surface: 'thumbnail', deviceId: 'cleo-crib' }),
      sample.shown({ viewerId: 'ben', surface: 'live', deviceId: 'cleo-crib' }),
      sample.shown({ viewerId: 'cleo', surface: 'thumbnail', deviceId: 'ben-yard' }),
    ],
  });
  expect(blast).toMatchObject({
    usersReceived: 3,
    usersReceivedPictures: 2,
    usersExposed: 2,
    strangersPerExposedUser: { median: 1.5, max: 2 },
    usersAffected: 3,
  });
});

test('who shows no session is no user who received something: a prober’s loot is left to fails-closed', () => {
  const { blast, people } = seen({
    ops: [
      sample.op({ id: 1, actorId: '', credential: 'none' }),
      sample.op({ id: 2, actorId: 'ann', credential: 'ended' }),
      sample.op({ id: 3, actorId: 'ben' }),
    ],
    shown: [
      sample.shown({ opId: 1, viewerId: '', deviceId: 'cleo-crib' }),
      sample.shown({ opId: 2, viewerId: 'ann', deviceId: 'cleo-crib' }),
      sample.shown({ opId: 3, viewerId: 'ben', deviceId: 'cleo-crib' }),
    ],
  });
  expect(blast).toMatchObject({ usersReceived: 1, usersExposed: 1, usersAffected: 2 });
  expect(people.map(({ userId }) => userId)).toEqual(['ben', 'cleo']);
});

test('many leaks of many requests are all counted', () => {
  const count = 2_500;
  const { blast } = seen({
    ops: Array.from({ length: count }, (_, index) => sample.op({ id: index + 1 })),
    shown: Array.from({ length: count }, (_, index) =>
      sample.shown({ opId: index + 1, surface: 'clip', deviceId: 'cleo-crib' }),
    ),
  });
  expect(blast.videosPlayed).toBe(count);
});

test('everybody on either side is told once of each thing, with how often and whether it was tapped', () => {
  const { people } = seen({
    ops: [sample.op({ kind: 'enlarge', askedEventId: 'event-1', intendedNs: 400, id: 9 })],
    shown: [
      sample.shown({ deviceId: 'cleo-crib', eventId: 'event-7', shownNs: 350 }),
      sample.shown({ deviceId: 'cleo-crib', eventId: 'event-7', shownNs: 330 }),
      sample.shown({ deviceId: 'ben-yard', eventId: 'event-8', surface: 'list', shownNs: 340 }),
    ],
  });
  const thumbnail = {
    deviceId: 'cleo-crib',
    eventId: 'event-7',
    surface: 'thumbnail',
    firstAtMs: 0.00033,
    times: 2,
    tapped: true,
  };
  const list = {
    deviceId: 'ben-yard',
    eventId: 'event-8',
    surface: 'list',
    firstAtMs: 0.00034,
    times: 1,
    tapped: false,
  };
  expect(people).toEqual([
    { userId: 'ann', side: 'received', counterpartId: 'cleo', ...thumbnail },
    { userId: 'cleo', side: 'exposed', counterpartId: 'ann', ...thumbnail },
    { userId: 'ann', side: 'received', counterpartId: 'ben', ...list },
    { userId: 'ben', side: 'exposed', counterpartId: 'ann', ...list },
  ]);
});

test('a device that nobody in the plan owns and a canary’s are told to who received them alone', () => {
  const { people } = seen({
    shown: [
      sample.shown({ deviceId: 'stray', eventId: null, shownNs: 321 }),
      sample.shown({ deviceId: 'tweety-cage', shownNs: 322 }),
    ],
  });
  expect(people).toMatchObject([
    { userId: 'ann', side: 'received', counterpartId: null, deviceId: 'stray', eventId: null },
    { userId: 'ann', side: 'received', counterpartId: 'tweety', deviceId: 'tweety-cage' },
  ]);
});

test('of a blend both halves are told, the second without its event', () => {
  const { people } = seen({
    shown: [
      sample.shown({
        state: 'blended',
        deviceId: 'cleo-crib',
        eventId: 'event-7',
        tailDeviceId: 'ben-yard',
      }),
    ],
  });
  expect(
    people
      .filter(({ side }) => side === 'received')
      .map(({ deviceId, eventId }) => [deviceId, eventId]),
  ).toEqual([
    ['cleo-crib', 'event-7'],
    ['ben-yard', null],
  ]);
});
