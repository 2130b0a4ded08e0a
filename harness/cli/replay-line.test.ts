import { expect, test } from 'vitest';
import { scenarios } from '../../scenarios/index.ts';
import { replayLine } from './replay-line.ts';
import { checkRunWords, type RunWords } from './run-options.ts';

const lineOf = async (words: RunWords, scenario = 'cache-outage'): Promise<string> => {
  // A dry run makes no folder; the seed is drawn otherwise.
  return replayLine(await checkRunWords(scenario, { dryRun: true, seed: '7', ...words }));
};

test('the line names scenario, target, seed, and whatever differs from the usual', async () => {
  expect(await lineOf({})).toBe('npm start -- cache-outage --target ioredis --seed 7');
  expect(
    await lineOf({
      target: 'redis@5.0.0',
      cameras: '40',
      size: ['herdMs=900', 'calmMs=800'],
      cache: 'embedded',
      mitigation: ['seal-values'],
    }),
  ).toBe(
    'npm start -- cache-outage --target redis@5.0.0 --seed 7 --cameras 40 --size herdMs=900 calmMs=800 --cache embedded --mitigation seal-values',
  );
});

test('what equals the usual is left out', async () => {
  const cameras = String(scenarios.get('cache-outage')?.size.cameras);
  expect(await lineOf({ cameras })).not.toContain('--cameras');
});

test('a target is named with its variant and options, as a shell has to be told', async () => {
  expect(await lineOf({ target: 'redis:pool?resp=3@^5' })).toBe(
    "npm start -- cache-outage --target 'redis:pool?resp=3@^5' --seed 7",
  );
  expect(await lineOf({ target: 'ioredis:cluster' })).toBe(
    'npm start -- cache-outage --target ioredis:cluster --seed 7',
  );
});
