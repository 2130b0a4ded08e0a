import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunJson } from '../../reports/json.ts';
import { startCrosswire } from './crosswire-process.ts';

const target = fileURLToPath(
  new URL('../../targets/controls/memcached-client.ts', import.meta.url),
);
const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-memcached-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const small =
  '--seed 3 --cameras 60 --users 20 --json --size warmMs=500 outageMs=500 herdMs=3500 calmMs=1500 visitsPerSecond=60';

function hasMemcached(): boolean {
  try {
    execFileSync('memcached', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a client of memcached', () => {
  test.concurrent.for(['process', 'embedded'])(
    'goes through a whole outage of a cache of the kind %s',
    {
      timeout: 60_000,
    },
    async (cache, { expect, skip }) => {
      if (cache === 'process' && !hasMemcached()) skip('memcached is not on PATH');
      const out = path.join(folder, cache);
      const words = ['run', 'cache-outage', '--target', target, '--cache', cache, '--out', out];
      const { code, stdout, stderr } = await startCrosswire([...words, ...small.split(' ')]).ended;
      expect(stderr).toContain(cache === 'process' ? 'serving: memcached' : 'embedded memcached');
      expect(stderr).not.toContain('passes unread');
      const { findings } = JSON.parse(stdout) as RunJson;
      const outcomes = Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome]));
      // `fault-bit` passes only when the kill and both kinds of cuts have acted.
      expect(outcomes).toMatchObject({ 'own-data-only': 'pass', 'fault-bit': 'pass' });
      // On a busy machine the load may come late, which is inconclusive and none of the cache's doing.
      expect([Object.values(outcomes).includes('fail'), code === 0 || code === 2]).toEqual([
        false,
        true,
      ]);
    },
  );

  test.for([
    ['loading', '--cache embedded', 'loading needs a Redis or Valkey of our own'],
    ['failover', '', 'failover'],
    ['cache-outage', '--cache redis://127.0.0.1:1', 'a cache that speaks memcached is needed'],
  ])('is refused %s %s before anything starts', async ([scenario = '', cache = '', says]) => {
    const words = ['run', scenario, '--target', target, ...cache.split(' ').filter(Boolean)];
    const out = ['--out', path.join(folder, `refused-${scenario}`)];
    const { code, stdout, stderr } = await startCrosswire([...words, ...out]).ended;
    expect(stderr).toContain(says);
    expect(stdout).not.toContain('serving');
    expect(code).toBe(64);
  });
});

describe('a client of Redis', () => {
  test.for([
    ['loading', 'loading needs a Redis or Valkey of our own: --cache process or container'],
    ['failover', 'a primary, a replica and Sentinels'],
  ])('is refused %s with the embedded cache, before anything starts', async ([scenario, says]) => {
    const words = ['run', scenario ?? '', '--target', 'ioredis', '--cache', 'embedded'];
    const out = ['--out', path.join(folder, `refused-${scenario}`)];
    const { code, stdout, stderr } = await startCrosswire([...words, ...out]).ended;
    expect(stderr).toContain(says);
    expect(stdout).not.toContain('serving');
    expect(code).toBe(64);
  });
});
