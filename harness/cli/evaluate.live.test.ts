import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCrosswire } from './crosswire-process.ts';
import type { EvaluationState } from './evaluate-state.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crosswire-evaluate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny = [
  'cameras=20',
  'users=8',
  'warmMs=1000',
  'cutsMs=1500',
  'calmMs=1000',
  'visitsPerSecond=20',
];

test('an evaluation that is interrupted goes on where it was, and does not run again what has ended', {
  timeout: 120_000,
}, async () => {
  const out = path.join(folder, 'out');
  const words = [
    'evaluate',
    '--targets',
    'ioredis,redis',
    '--scenarios',
    'mid-pipeline-cut',
    '--cache',
    'embedded',
    '--seed',
    '3',
    '--lanes',
    '1',
    '--no-audit',
    '--out',
    out,
    '--size',
    ...tiny,
  ];
  const state = (): EvaluationState =>
    JSON.parse(readFileSync(path.join(out, 'evaluation.json'), 'utf8')) as EvaluationState;
  const first = startCrosswire(words);
  await first.said('[1/2]');
  first.child.kill('SIGINT');
  const interrupted = await first.ended;
  expect([interrupted.code, interrupted.stdout]).toEqual([
    130,
    expect.stringContaining('goes on from here'),
  ]);
  const [before, ...others] = state().runs;
  expect([before?.target, others]).toEqual(['ioredis', []]);

  const second = await startCrosswire([...words, '--json']).ended;
  expect([0, 1, 2]).toContain(second.code);
  expect(second.stderr).toContain('1 of 2 runs are here from before');
  expect(state().runs).toHaveLength(2);
  expect(state().runs[0]).toEqual(before);
  const card = JSON.parse(second.stdout) as { readonly targets: readonly object[] };
  expect(card.targets).toHaveLength(2);
  for (const name of ['scorecard.md', 'scorecard.html', 'scorecard.json'])
    expect(existsSync(path.join(out, name))).toBe(true);

  const otherSeed = await startCrosswire([...words, '--seed', '4']).ended;
  expect([otherSeed.code, otherSeed.stderr]).toEqual([
    64,
    expect.stringContaining('holds an evaluation with seed 3, not 4'),
  ]);
});

test.for([
  [['evaluate', '--targets', 'ioredsi'], 'did you mean ioredis'],
  [['evaluate', '--targets', 'ioredis,'], 'with commas between'],
  [['evaluate', '--scenarios', 'outage'], 'did you mean'],
  [['evaluate', '--size', 'camras=3'], 'did you mean cameras'],
  [['evaluate', '--budget', '10'], '90s, 10m or 1h'],
  [['evaluate', '--baseline', '/nowhere.json'], '--baseline /nowhere.json'],
  [['bisect', '--target', 'ioredis@4.16.0', '--good', '1', '--bad', '2'], 'leave the version out'],
  [['bisect', '--target', 'ioredis', '--good', '4.16.1'], 'both of one pair'],
] as const)('%j is refused in one line', { timeout: 60_000 }, async ([words, says]) => {
  const ended = await startCrosswire([...words, '--out', path.join(folder, 'never')]).ended;
  expect([ended.code, ended.stdout]).toEqual([64, '']);
  expect(ended.stderr.trim().split('\n')).toEqual([expect.stringContaining(says)]);
  expect(existsSync(path.join(folder, 'never'))).toBe(false);
});
