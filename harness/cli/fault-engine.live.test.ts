import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { RunJson } from '../../reports/json.ts';
import { startCrosswire } from './crosswire-process.ts';

function hasToxiproxy(): boolean {
  try {
    execFileSync('toxiproxy-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('cache-brownout runs on a real Toxiproxy as well, and what it did is said', {
  timeout: 60_000,
}, async (context) => {
  if (!hasToxiproxy()) context.skip('toxiproxy-server is not on PATH');
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-fault-engine-'));
  try {
    const words =
      'run cache-brownout --faults toxiproxy --target ioredis --seed 3 --json --cameras 100 --users 40';
    const sizes = '--size warmMs=3000 brownoutMs=4000 recoveryMs=2500 calmMs=3000'.split(' ');
    const out = ['--out', path.join(folder, 'out')];
    const { code, stdout, stderr } = await startCrosswire([...words.split(' '), ...out, ...sizes])
      .ended;
    expect(stderr).toMatch(/serving: Toxiproxy \S+ at \S+ \(own process\), before the wire/);
    const { findings } = JSON.parse(stdout) as RunJson;
    expect(findings.find(({ check }) => check === 'fault-bit')?.outcome).toBe('pass');
    expect(code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
