import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlastRadius } from '../harness/model/finding.ts';
import { scaledTo } from './fleet.ts';

const blast = (changes: Partial<BlastRadius>): BlastRadius => ({
  users: 500,
  usersReceived: 0,
  usersReceivedPictures: 0,
  usersTapped: 0,
  videosPlayed: 0,
  usersExposed: 0,
  strangersPerExposedUser: null,
  usersAffected: 0,
  usersAffectedShare: 0,
  firstAtMs: null,
  lastAtMs: null,
  stillLeakingAfterCalm: false,
  ...changes,
});

test('the interval is Wilson’s: 10 of 100 is 5.52 % to 17.44 %', () => {
  expect(scaledTo(1_000_000, blast({ users: 100, usersReceived: 10 }))?.usersReceived).toEqual({
    expected: 100_000,
    low: 55_229,
    high: 174_366,
  });
});

test('nobody of 500 does not mean nobody of five million', () => {
  expect(scaledTo(5_000_000, blast({}))?.usersAffected).toEqual({
    expected: 0,
    low: 0,
    high: 38_122,
  });
});

test('everybody is everybody, and no more users are reached than there are', () => {
  const all = blast({ users: 50, usersReceived: 52, usersExposed: 50 });
  expect(scaledTo(1000, all)).toMatchObject({
    users: 1000,
    usersReceived: { expected: 1000, high: 1000 },
    usersExposed: { expected: 1000, high: 1000 },
  });
});

test('a run without users says nothing about a fleet', () => {
  expect(scaledTo(1000, blast({ users: 0 }))).toBeNull();
});

test('the expected number lies between the ends, and a larger run never widens the interval', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 10_000_000 }),
      (users, share, fleet) => {
        const count = Math.round(users * share);
        const one = scaledTo(fleet, blast({ users, usersAffected: count }))?.usersAffected;
        const ten = scaledTo(fleet, blast({ users: 10 * users, usersAffected: 10 * count }));
        expect(one!.low).toBeLessThanOrEqual(one!.expected);
        expect(one!.high).toBeGreaterThanOrEqual(one!.expected);
        const width = ten!.usersAffected.high - ten!.usersAffected.low;
        expect(width).toBeLessThanOrEqual(one!.high - one!.low);
      },
    ),
  );
});
