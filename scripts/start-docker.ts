/**
 * Starts a container engine of our own where none answers, and stops it again:
 * `node scripts/start-docker.ts start FOLDER` and `node scripts/start-docker.ts stop FOLDER`.
 * The folder takes its data, its log and its process id; stopping removes it. Starting ends with 0 when an engine answers, and
 * with 1 and the reason when none can be had; it takes two minutes at most. Needs root and `dockerd` (Debian: `docker.io`).
 */
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { $, which } from 'zx';

const answerMsMax = 5_000;
const startMsMax = 20_000;
const stopMsMax = 10_000;
const pollMs = 250;

/** From the usual way to what is left in a sandbox: without layers in the kernel, and without rules in its firewall. */
const attempts = [[], ['--storage-driver=vfs'], ['--storage-driver=vfs', '--iptables=false']];

$.verbose = false;

const [action, folder] = process.argv.slice(2);
if (folder === undefined || (action !== 'start' && action !== 'stop')) {
  console.error('usage: node scripts/start-docker.ts start|stop FOLDER');
  process.exitCode = 64;
} else if (action === 'start') {
  await start(folder);
} else {
  await stop(folder);
}

async function start(folder: string): Promise<void> {
  const running = await engine();
  if (running !== null) {
    console.log(`a container engine answers already: ${running}`);
    return;
  }
  const program = await which('dockerd', { nothrow: true });
  if (program === null || process.getuid?.() !== 0) {
    giveUp(program === null ? 'dockerd is not on PATH' : 'starting one needs root');
    return;
  }
  await mkdir(folder, { recursive: true });
  for (const options of attempts) {
    if (await startWith([program, ...options], folder)) {
      console.log(
        `dockerd ${await engine()} was started with ${options.join(' ') || 'no options'}`,
      );
      return;
    }
    await end(folder);
  }
  const log = readFileSync(join(folder, 'dockerd.log'), 'utf8').trim().split('\n').slice(-5);
  giveUp(`dockerd did not come up; its last lines were:\n${log.join('\n')}`);
}

function giveUp(reason: string): void {
  console.log(`no container engine: ${reason}`);
  process.exitCode = 1;
}

async function startWith(
  [program = '', ...options]: readonly string[],
  folder: string,
): Promise<boolean> {
  const log = openSync(join(folder, 'dockerd.log'), 'a');
  const places = [
    `--data-root=${join(folder, 'data')}`,
    `--exec-root=${join(folder, 'exec')}`,
    `--pidfile=${join(folder, 'dockerd.pid')}`,
  ];
  const child = spawn(program, [...places, ...options], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  writeFileSync(join(folder, 'started.pid'), String(child.pid));
  const deadline = AbortSignal.timeout(startMsMax);
  while (!deadline.aborted && child.exitCode === null) {
    await delay(pollMs);
    if ((await engine()) === null) continue;
    child.unref();
    return true;
  }
  return false;
}

/** @returns the engine's version, or null when none answers */
async function engine(): Promise<string | null> {
  if ((await which('docker', { nothrow: true })) === null) return null;
  const format = '{{.Server.Version}}';
  const answer = await $({
    nothrow: true,
    quiet: true,
    timeout: answerMsMax,
  })`docker version --format ${format}`;
  return answer.exitCode === 0 ? answer.stdout.trim() : null;
}

async function stop(folder: string): Promise<void> {
  await end(folder);
  // It leaves the mount of its own network behind, and in a hurry those of containers.
  for (const place of mountsIn(folder)) await $({ nothrow: true, quiet: true })`umount ${place}`;
  await rm(folder, { recursive: true, force: true });
}

/** Innermost first. */
function mountsIn(folder: string): string[] {
  const inside = `${resolve(folder)}/`;
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(inside))
    .toReversed();
}

/** dockerd ends its containers and its containerd when it is asked to end, which is why it is asked first. */
async function end(folder: string): Promise<void> {
  const file = join(folder, 'started.pid');
  if (!existsSync(file)) return;
  const processId = Number(readFileSync(file, 'utf8'));
  signal(processId, 'SIGTERM');
  const deadline = AbortSignal.timeout(stopMsMax);
  while (isRunning(processId) && !deadline.aborted) await delay(pollMs);
  if (isRunning(processId)) signal(processId, 'SIGKILL');
  await rm(file, { force: true });
}

function signal(processId: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(processId, name);
  } catch {
    // It has ended by itself, which is what was wanted.
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return !/\) Z /.test(readFileSync(`/proc/${processId}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
