import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { smallRun, startCrosswire } from './crosswire-process.ts';

function canMount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('a disk that fills up while recording ends the run as inconclusive, with a clear line', {
  timeout: 60_000,
}, async (context) => {
  const parent = mkdtempSync(path.join(tmpdir(), 'crosswire-full-disk-'));
  const disk = path.join(parent, 'disk');
  mkdirSync(disk);
  if (!canMount(disk)) {
    rmSync(parent, { recursive: true, force: true });
    context.skip('a small file system can only be mounted as root');
  }
  try {
    const run = startCrosswire([
      'run',
      '--target',
      'ioredis',
      '--seed',
      '5',
      '--out',
      path.join(disk, 'out'),
      ...smallRun,
    ]);
    const { code, stdout, stderr } = await run.ended;
    expect(stdout + stderr).toMatch(/full/);
    expect(stdout + stderr).not.toContain('PASS');
    expect(stdout + stderr).not.toContain('our own fault');
    expect(code).toBe(2);
  } finally {
    execFileSync('umount', [disk]);
    rmSync(parent, { recursive: true, force: true });
  }
});
