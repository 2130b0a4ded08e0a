import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** One process of ours that serves a cache. */
export interface ServiceProcess {
  readonly processId: number;
  /** Messages on the channel that a process of our own code has. */
  readonly onMessage: (listener: (message: unknown) => void) => void;
  /** Resolves with a phrase, `exit code 1` or `SIGKILL`, when the process is gone. Never rejects. */
  readonly gone: Promise<string>;
  /** Resolves when it, and whoever else held its output, has closed it. */
  readonly outputEnded: Promise<void>;
  /** SIGKILL to it and to whatever it started, also while it is stopped. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP to it and to whatever it started. Resolves when it stands still, as far as this system tells. */
  stop(): Promise<void>;
  /** SIGCONT. Does nothing when it is gone. */
  goOn(): void;
  /** Its last lines of output. */
  logTail(): string;
}

export interface ServiceProcessOptions {
  readonly executable: string;
  readonly parameters: readonly string[];
  readonly directory?: string;
  /** With a channel, the process can send messages, and hears when we are gone. */
  readonly hasChannel: boolean;
  /** Told the process id before anything else happens, so that a reaper can know it. */
  readonly onProcess: (processId: number) => void;
}

const tailLinesMax = 20;
const tailCharactersMax = 4_096;
const lastOutputMs = 500;
const stopMsMax = 1_000;
const stopPollMs = 2;

/**
 * Starts a process in a group of its own, so that Ctrl-C in a terminal reaches it only through us.
 * Rejects when the program cannot be started.
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { executable, parameters, directory, hasChannel, onProcess } = options;
  const child = spawn(executable, parameters, {
    ...(directory === undefined ? {} : { cwd: directory }),
    detached: true,
    stdio: hasChannel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  });
  const processId = child.pid;
  if (processId === undefined) throw await spawnError(child, options);
  onProcess(processId);
  const logTail = keepTail(child);
  const gone = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const outputEnded = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const signal = (name: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) signalGroup(processId, name);
  };
  return {
    processId,
    outputEnded,
    onMessage: (listener) => child.on('message', listener),
    gone,
    logTail,
    kill: async () => {
      signal('SIGKILL');
      await gone;
    },
    stop: async () => {
      signal('SIGSTOP');
      await untilStopped(processId);
    },
    goOn: () => signal('SIGCONT'),
  };
}

/** What a process that ended said last: its output may arrive a moment after its end. */
export async function lastWords(service: ServiceProcess): Promise<string> {
  const deadline = new AbortController();
  const timer = delay(lastOutputMs, undefined, { signal: deadline.signal }).catch(() => undefined);
  await Promise.race([service.outputEnded, timer]);
  deadline.abort();
  return service.logTail();
}

async function spawnError(
  child: ChildProcess,
  { executable, directory = 'the current folder' }: ServiceProcessOptions,
): Promise<Error> {
  const cause = await new Promise<Error>((resolve) => {
    child.once('error', resolve);
  });
  return new Error(`${executable} could not be started in ${directory}: ${cause.message}`, {
    cause,
  });
}

function signalGroup(processId: number, name: NodeJS.Signals): void {
  try {
    process.kill(-processId, name);
  } catch {
    // It ended by itself in between; then there is nothing to stop or to kill any more.
  }
}

/** A signal is sent at once and felt when the process is next scheduled, which takes its time on a busy machine. */
async function untilStopped(processId: number): Promise<void> {
  const deadline = AbortSignal.timeout(stopMsMax);
  while (!deadline.aborted) {
    const stat = await readFile(`/proc/${processId}/stat`, 'latin1').catch(() => null);
    // Gone, or a system without /proc: nothing more can be known.
    if (stat === null || /\) [TZ] /.test(stat)) return;
    await delay(stopPollMs);
  }
  throw new Error(`process ${processId} still ran ${stopMsMax} ms after it was told to stop`);
}

function keepTail(child: ChildProcess): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      tail = (tail + text).slice(-tailCharactersMax);
    });
  }
  return () =>
    tail
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-tailLinesMax)
      .join('\n');
}
