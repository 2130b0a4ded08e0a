import { expect, test } from 'vitest';
import { oddsOfCleanRuns, type SearchEnd, searchEdge, type Trial } from './bisect-search.ts';

const many = Array.from({ length: 40 }, (_, index) => `1.${index}.0`);

/** Versions up to the `bad`-th show the bug in the rounds that the pattern says, over and over. */
async function search({
  versions = many,
  bad,
  pattern = [true],
  instead = () => undefined,
}: {
  readonly versions?: readonly string[];
  readonly bad: number;
  readonly pattern?: readonly boolean[];
  readonly instead?: (version: string) => Trial | undefined;
}): Promise<{ readonly end: SearchEnd; readonly runs: number }> {
  const rounds = new Map<string, number>();
  let runs = 0;
  const end = await searchEdge({
    versions,
    probe: async (version) => {
      runs += 1;
      const round = rounds.get(version) ?? 0;
      rounds.set(version, round + 1);
      const shows = versions.indexOf(version) < bad && pattern[round % pattern.length] === true;
      return instead(version) ?? (shows ? 'bad' : 'clean');
    },
  });
  return { end, runs };
}

test.for([1, 2, 7, 20, 39])('the edge after %i bad versions of 40 is found', async (bad) => {
  const { end, runs } = await search({ bad });
  expect(end).toMatchObject({ found: true, bad: many[bad - 1], good: many[bad] });
  expect(runs).toBeLessThan(45);
});

test('a bug that shows in one of four runs takes more clean runs to call a version good', async () => {
  const pattern = [false, false, true, false];
  const { end } = await search({ bad: 13, pattern });
  expect(end).toMatchObject({ found: true, bad: '1.12.0', good: '1.13.0' });
  if (!end.found) throw new Error(end.reason);
  expect(end.odds).toBeLessThan(0.001);
  const always = await search({ bad: 13 });
  if (!always.end.found) throw new Error(always.end.reason);
  expect(end.cleanRuns).toBeGreaterThan(2 * always.end.cleanRuns);
});

test('a version that was taken for good too early is found out at the edge, and the search goes on behind it', async () => {
  // Enough clean runs to be taken for good from afar, and bad only when it is looked at again at the edge.
  const misleading = '1.20.0';
  let seen = 0;
  const { end } = await search({
    bad: 30,
    instead: (version) => {
      if (version !== misleading) return undefined;
      seen += 1;
      return seen <= 2 ? 'clean' : 'bad';
    },
  });
  expect(seen).toBeGreaterThan(2);
  expect(end).toMatchObject({ found: true, bad: '1.29.0', good: '1.30.0' });
});

test('versions that cannot be run are left out, also beside the edge', async () => {
  const broken = new Set(['1.11.0', '1.12.0', '1.13.0', '1.20.0']);
  const { end } = await search({
    bad: 12,
    instead: (version) => (broken.has(version) ? 'unusable' : undefined),
  });
  expect(end).toMatchObject({ found: true, bad: '1.10.0', good: '1.14.0' });
});

test('a good end that shows the bug, a bad end that does not, and runs that say nothing find no edge', async () => {
  const versions = ['1.0.0', '2.0.0'];
  expect((await search({ versions, bad: 2 })).end).toMatchObject({
    found: false,
    reason: '2.0.0 shows the bug as well',
  });
  expect((await search({ versions, bad: 0 })).end).toMatchObject({
    found: false,
    reason: '1.0.0 did not show the bug in 6 runs',
  });
  const unclear = await search({
    versions,
    bad: 1,
    instead: (version) => (version === '2.0.0' ? 'unclear' : undefined),
  });
  expect(unclear.end).toMatchObject({ found: false, reason: expect.stringContaining('2.0.0') });
  expect(unclear.runs).toBeLessThan(20);
});

test('the odds are the mean of (1 - p)^n over what is known of p', () => {
  expect(oddsOfCleanRuns({ hits: 4, runs: 4 }, 0)).toBe(1);
  // 5 x integral of p^4 (1-p)^2 over [0, 1] = 5 x 4! 2! / 7!
  expect(oddsOfCleanRuns({ hits: 4, runs: 4 }, 2)).toBeCloseTo((5 * 24 * 2) / 5_040, 12);
  expect(oddsOfCleanRuns({ hits: 80, runs: 100 }, 5)).toBeCloseTo(0.2 ** 5, 2);
});
