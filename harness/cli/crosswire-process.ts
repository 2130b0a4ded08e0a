import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** For tests: the program as a shell would start it, in surroundings of its own. */
export interface CrosswireProcess {
  readonly child: ChildProcess;
  /** Resolves when it ended. */
  readonly ended: Promise<Ended>;
  /** Resolves when its output so far holds the text; rejects when it ends before. */
  said(text: string): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const entry: string = fileURLToPath(new URL('entry.mjs', import.meta.url));

/** Small and short: seconds instead of half a minute. */
export const smallRun: readonly string[] = [
  '--cameras',
  '60',
  '--users',
  '20',
  '--size',
  'warmMs=1500',
  'outageMs=1000',
  'herdMs=3500',
  'calmMs=3000',
  'visitsPerSecond=20',
];

export function startCrosswire(
  words: readonly string[],
  {
    env = {},
    cwd,
  }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): CrosswireProcess {
  const child = spawn(process.execPath, [entry, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const hear = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    hear();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    hear();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const listen = (): void => {
          if (!stdout.includes(text) && !stderr.includes(text)) return;
          listeners.delete(listen);
          resolve();
        };
        listeners.add(listen);
        listen();
        void ended.then(() =>
          reject(new Error(`it ended without saying ${text}: ${stdout}${stderr}`)),
        );
      }),
  };
}

/** Ids of the processes whose environment holds `mark`, this one left out. Needs /proc. */
export function processesMarked(mark: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((processId) => {
      try {
        return readFileSync(`/proc/${processId}/environ`, 'utf8').includes(mark);
      } catch {
        return false;
      }
    });
}

/** Ids of the processes whose working folder lies below that one. */
export function processesIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((processId) => {
      try {
        return readlinkSync(`/proc/${processId}/cwd`).startsWith(`${folder}/`);
      } catch {
        return false;
      }
    });
}
