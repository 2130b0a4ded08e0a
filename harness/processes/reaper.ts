import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * Outlives the harness by a moment. It is told, a line each, what the harness started (`process ID`, `container ID`) and where it keeps
 * temporary files (`folder PATH`); when its standard input ends, whatever the reason, it kills the ones that are
 * still there and removes the folders. On an orderly way out it finds nothing left to do.
 */
const dockerMsMax = 4_000;
const processes = new Map<number, string>();
const folders = new Set<string>();
const containers = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [word, ...rest] = line.split(' ');
    const value = rest.join(' ');
    if (word === 'process') processes.set(Number(value), startOf(Number(value)));
    if (word === 'folder') folders.add(value);
    if (word === 'container') containers.add(value);
  })
  .on('close', () => {
    for (const [processId, start] of processes) kill(processId, start);
    for (const containerId of containers) removeContainer(containerId);
    for (const folder of folders)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    process.exit(0);
  });

function kill(processId: number, start: string): void {
  // A process id is given again after its owner is gone; its start time tells the two apart.
  if (startOf(processId) !== start) return;
  try {
    process.kill(processId, 'SIGKILL');
  } catch {
    // It ended by itself in between, which is what was wanted.
  }
}

function removeContainer(containerId: string): void {
  try {
    execFileSync('docker', ['rm', '--force', containerId], {
      stdio: 'ignore',
      timeout: dockerMsMax,
    });
  } catch {
    // It is gone, or whoever runs the engine has no docker command; Ryuk is then the one to remove it.
  }
}

/** When a process started, as /proc tells it; empty where there is no such process or no /proc. */
function startOf(processId: number): string {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
