import { expect, test } from 'vitest';
import { scenarios } from '../../scenarios/index.ts';
import { replayLine } from './replay-line.ts';
import { checkRunWords, type RunWords } from './run-options.ts';

const lineOf = (words: RunWords): string => {
  // A dry run makes no folder; the seed is drawn otherwise.
  return replayLine(checkRunWords('cache-outage', { dryRun: true, seed: '7', ...words }));
};

test('the line names scenario, target, seed, and whatever differs from the usual', () => {
  expect(lineOf({})).toBe('npm start -- cache-outage --target ioredis --seed 7');
  expect(
    lineOf({
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

test('what equals the usual is left out', () => {
  const cameras = String(scenarios.get('cache-outage')?.size.cameras);
  expect(lineOf({ cameras })).not.toContain('--cameras');
});
