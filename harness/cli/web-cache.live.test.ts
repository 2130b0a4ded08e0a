import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import type { RunJson } from '../../reports/json.ts';
import { apicache } from '../../targets/http-caches/apicache.ts';
import { startCrosswire } from './crosswire-process.ts';
import { libraryFolder, packageFolder } from './package-facts.ts';
import { loadHttpCache } from './web-cache-choice.ts';

const small = '--cameras 80 --users 24 --size warmMs=1500 crowdMs=3000 calmMs=2500'.split(' ');

const varnishd = 'varnishd';
/** What has to be on PATH for an engine, asked for its version. */
const programs: Readonly<Record<string, { readonly name: string; readonly ask: () => void }>> = {
  nginx: { name: 'nginx', ask: () => execFileSync('nginx', ['-v'], { stdio: 'ignore' }) },
  varnish: { name: varnishd, ask: () => execFileSync(varnishd, ['-V'], { stdio: 'ignore' }) },
};

function isMissing(engine: string): boolean {
  try {
    programs[engine]?.ask();
    return false;
  } catch {
    return true;
  }
}

const cases = (['nginx', 'varnish', 'embedded'] as const).flatMap((engine) =>
  (['url', 'url-and-session'] as const).map((key) => ({ engine, key })),
);

test.for(cases)(
  'web-cache-mixup: $engine keyed by $key',
  { timeout: 60_000 },
  async ({ engine, key }, { expect, skip }) => {
    if (isMissing(engine)) skip(`${programs[engine]?.name} is not on PATH`);
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
        `serving: ${engine === 'embedded' ? 'embedded HTTP cache' : programs[engine]?.name}`,
      );
      expect(own?.outcome).toBe(key === 'url' ? 'fail' : 'pass');
      expect(code).toBe(key === 'url' ? 1 : 0);
      expect(blastRadius.usersReceived > 0).toBe(key === 'url');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

const apicacheLibrary = await apicacheFound();

test.skipIf(apicacheLibrary !== 'found')(
  `web-cache-mixup: a library in a gateway, told nothing of sessions (${apicacheLibrary})`,
  { timeout: 60_000 },
  async ({ expect }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-web-cache-'));
    try {
      const web = ['--web-cache', 'apicache', '--web-cache-key', 'url'];
      const out = ['--out', path.join(folder, 'out')];
      const run = ['run', 'web-cache-mixup', '--target', 'ioredis', '--seed', '3', '--json'];
      const { code, stdout, stderr } = await startCrosswire([...run, ...small, ...web, ...out])
        .ended;
      const { findings } = JSON.parse(stdout) as RunJson;
      expect(stderr).toContain('serving: apicache 1.6.3 in a gateway');
      expect(findings.find(({ check }) => check === 'own-data-only')?.outcome).toBe('fail');
      expect(code).toBe(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

async function apicacheFound(): Promise<string> {
  const found = await loadHttpCache(apicache, {
    cacheFolder: libraryFolder(),
    installedFrom: packageFolder(),
    npmCommand: ['npm'],
    signal: AbortSignal.timeout(60_000),
    say: () => undefined,
  }).catch((error: Error) => error);
  return found instanceof Error ? `cannot be fetched: ${found.message}` : 'found';
}

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
