import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import type { RunJson } from '../../reports/json.ts';
import { startCrosswire } from './crosswire-process.ts';

const small = '--cameras 200 --users 50 --size warmMs=3000 crowdMs=4000 calmMs=4000'.split(' ');

function hasNginx(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const cases = (['nginx', 'embedded'] as const).flatMap((engine) =>
  (['url', 'url-and-session'] as const).map((key) => ({ engine, key })),
);

test.for(cases)(
  'web-cache-mixup: $engine keyed by $key',
  { timeout: 60_000 },
  async ({ engine, key }, { expect, skip }) => {
    if (engine === 'nginx' && !hasNginx()) skip('nginx is not on PATH');
    const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-web-cache-'));
    try {
      const words = [
        '--web-cache',
        engine,
        '--web-cache-key',
        key,
        '--out',
        path.join(folder, 'out'),
      ];
      const run = [
        'run',
        'web-cache-mixup',
        '--target',
        'ioredis',
        '--seed',
        '3',
        '--json',
        ...small,
      ];
      const { code, stdout, stderr } = await startCrosswire([...run, ...words]).ended;
      const { findings, blastRadius } = JSON.parse(stdout) as RunJson;
      const own = findings.find(({ check }) => check === 'own-data-only');
      expect(stderr).toContain(
        engine === 'nginx' ? 'serving: nginx' : 'serving: embedded HTTP cache',
      );
      expect(own?.outcome).toBe(key === 'url' ? 'fail' : 'pass');
      expect(code).toBe(key === 'url' ? 1 : 0);
      expect(blastRadius.usersReceived > 0).toBe(key === 'url');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test('a web cache for a scenario that has none is refused', async ({ expect }) => {
  const { code, stderr } = await startCrosswire([
    'run',
    'flapping',
    '--web-cache',
    'nginx',
    '--dry-run',
  ]).ended;
  expect(stderr).toContain('flapping has none');
  expect(code).toBe(64);
});
