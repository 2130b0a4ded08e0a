import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const reaper = fileURLToPath(new URL('reaper.ts', import.meta.url));

test('when its input ends, the reaper kills what it was told of and removes the folders', async () => {
  const victim = spawn('sleep', ['60'], { stdio: 'ignore' });
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-reaper-'));
  const child = spawn(process.execPath, [reaper], { stdio: ['pipe', 'ignore', 'inherit'] });
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  const victimGone = new Promise((resolve) => {
    victim.once('exit', (_, signal) => resolve(signal));
  });
  try {
    child.stdin.end(`process ${victim.pid}\nfolder ${folder}\n`);
    expect(await gone).toBe(0);
    expect(await victimGone).toBe('SIGKILL');
    expect(existsSync(folder)).toBe(false);
    expect(bystander.exitCode).toBe(null);
    expect(bystander.signalCode).toBe(null);
  } finally {
    bystander.kill('SIGKILL');
    victim.kill('SIGKILL');
  }
});

test('a process that is gone by then, and a folder that is gone, are no trouble', async () => {
  const child = spawn(process.execPath, [reaper], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(`process 999999999\nfolder ${path.join(tmpdir(), 'crosswire-never-there')}\n`);
  expect(
    await new Promise((resolve) => {
      child.once('exit', resolve);
    }),
  ).toBe(0);
});
