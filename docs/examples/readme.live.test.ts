import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { smallRun, startCrosswire } from '../../harness/cli/crosswire-process.ts';
import { planOf } from '../../harness/plan/plan.ts';
import { twice } from './twice.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const readme = readFileSync(here('../../README.md'), 'utf8');

test.each(['twice.ts', 'my-target.ts'])(
  'the README shows %s as it is, in under 30 lines',
  (name) => {
    // Where things are imported from is left out of the page.
    const shown = readFileSync(here(name), 'utf8').replace(/^(import .*\n)+\n/, '');
    expect(readme).toContain(shown);
    expect(shown.trimEnd().split('\n').length).toBeLessThan(30);
  },
);

test('the scenario of the README makes a plan', () => {
  const plan = planOf(twice, { seed: 1, size: twice.size });
  expect(plan.steps.filter(({ type }) => type === 'fault-on')).toHaveLength(2);
  expect(plan.population.devices).toHaveLength(504);
});

test('the target of the README passes', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-readme-'));
  try {
    const words = [
      'run',
      '--target',
      here('my-target.ts'),
      '--seed',
      '3',
      '--quiet',
      '--out',
      path.join(folder, 'out'),
    ];
    const { code, stdout } = await startCrosswire([...words, ...smallRun]).ended;
    expect(stdout).toContain('my-target');
    expect(code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
