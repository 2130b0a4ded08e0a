import { expect, test } from 'vitest';
import { exampleRun } from '../../reports/example-evaluation.ts';
import { isFinished, runOf } from './evaluated-run.ts';

const unserved = { check: 'served', outcome: 'fail' } as const;
const leak = { check: 'own-data-only', outcome: 'fail' } as const;
const late = { check: 'on-schedule', outcome: 'inconclusive' } as const;
const key = { target: 'a', scenario: 'flapping', seed: 1 };

test('what did not pass beside others is run again alone; a leak, and what was alone, stands', () => {
  expect(isFinished(exampleRun())).toBe(true);
  expect(isFinished(exampleRun({ findings: [late] }))).toBe(false);
  expect(isFinished(exampleRun({ findings: [unserved] }))).toBe(false);
  expect(isFinished(exampleRun({ findings: [unserved], alone: true }))).toBe(true);
  expect(isFinished(exampleRun({ findings: [late, leak] }))).toBe(true);
});

test('a target that cannot run is skipped with its reason; a run that broke is run again', () => {
  const ended = { folder: '/nowhere', name: 'runs/a', alone: false };
  const refused = runOf(key, {
    ...ended,
    end: { code: 64, result: null, lastWords: 'flapping needs a cluster' },
  });
  expect(refused).toEqual({ ...key, ended: 'skipped', reason: 'flapping needs a cluster' });
  expect(isFinished(refused)).toBe(true);
  const broken = runOf(key, { ...ended, end: { code: null, result: null, lastWords: '' } });
  expect(broken).toEqual({ ...key, ended: 'broken', reason: 'it was killed' });
  expect(isFinished(broken)).toBe(false);
  expect(isFinished(undefined)).toBe(false);
});
