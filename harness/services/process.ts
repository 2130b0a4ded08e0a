import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Availability, Provider } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { lastWords, type ServiceProcess, startServiceProcess } from './child.ts';
import { ask } from './resp-probe.ts';
import { type Launched, startRestartable } from './restartable.ts';

export interface ProcessProviderOptions {
  /** What the PATH of the environment says. */
  readonly path: string;
  /** The server's working folder. It is kept empty, and is the caller's to remove. */
  readonly scratchDirectory: string;
  /** Told each process id from the first instant. */
  readonly onProcess: (processId: number) => void;
  /** A free one is chosen unless told. */
  readonly port?: number;
  /** How long it may take until the server answers. 10 seconds unless told. */
  readonly startMsMax?: number;
}

/** A program that was found, and what it calls itself. */
interface Program {
  readonly file: string;
  readonly name: string;
  readonly version: string;
}

const programNames = ['redis-server', 'valkey-server'] as const;
const host = '127.0.0.1';
const portAttemptsMax = 3;
const startMsDefault = 10_000;
const versionMsMax = 5_000;
const pollMs = 20;

/** A `redis-server` or `valkey-server` of this machine in a process of its own: empty, on loopback, without persistence. */
export function processProvider(options: ProcessProviderOptions): Provider {
  return {
    name: 'process',
    available: async () => describe(await findProgram(options.path)),
    start: async (signal) => {
      const program = await findProgram(options.path);
      if ('reason' in program) throw new Error(program.reason);
      return startRestartable(
        {
          launch: (signal) => launch({ ...options, program }, signal),
          says: ({ port }) => `${program.name} ${program.version} (own process, port ${port})`,
        },
        signal,
      );
    },
  };
}

type LaunchOptions = ProcessProviderOptions & { readonly program: Program };

function describe(program: Program | { readonly reason: string }): Availability {
  if (!('reason' in program))
    return { state: 'available', says: `${program.name} ${program.version} (${program.file})` };
  return {
    state: 'missing',
    says: program.reason,
    needs: 'install redis or valkey, so that redis-server or valkey-server is on PATH',
  };
}

async function findProgram(path: string): Promise<Program | { readonly reason: string }> {
  const broken: string[] = [];
  for (const directory of path.split(delimiter).filter((entry) => isAbsolute(entry))) {
    for (const name of programNames) {
      const file = join(directory, name);
      if (!(await isExecutable(file))) continue;
      const version = await versionOf(file);
      if ('version' in version) return { file, name, version: version.version };
      broken.push(version.reason);
    }
  }
  const reason = broken.join('; ') || 'neither redis-server nor valkey-server is on PATH';
  return { reason };
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(file: string): Promise<{ version: string } | { reason: string }> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: versionMsMax });
    const version = /\bv=(?<version>\S+)/.exec(stdout)?.groups?.['version'];
    if (version !== undefined) return { version };
    return { reason: `${file} --version does not say a version: ${stdout.slice(0, 200).trim()}` };
  } catch (error) {
    return { reason: `${file} --version failed: ${(error as Error).message.trim()}` };
  }
}

/** A free port may be taken by someone else before the server binds it, so that failure alone is tried again. */
async function launch(options: LaunchOptions, signal: AbortSignal): Promise<Launched> {
  const attemptsMax = options.port === undefined ? portAttemptsMax : 1;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const outcome = await launchOn({ ...options, port }, signal);
    if (outcome.state === 'serving') return outcome;
    if (!outcome.isPortTaken || attempt >= attemptsMax) throw outcome.error;
  }
}

type Outcome =
  | ({ readonly state: 'serving' } & Launched)
  | { readonly state: 'failed'; readonly isPortTaken: boolean; readonly error: Error };

async function launchOn(
  {
    program,
    port,
    scratchDirectory,
    onProcess,
    startMsMax = startMsDefault,
  }: LaunchOptions & {
    readonly port: number;
  },
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  const service = await startServiceProcess({
    executable: program.file,
    parameters: parametersFor(port, scratchDirectory),
    directory: scratchDirectory,
    hasChannel: false,
    onProcess,
  });
  const endpoint: Endpoint = { host, port };
  const ended = new AbortController();
  void service.gone.then((how) => ended.abort(new Error(`it ended with ${how}`)));
  const deadline = AbortSignal.timeout(startMsMax);
  try {
    await untilServing({ service, endpoint }, AbortSignal.any([signal, deadline, ended.signal]));
    return { state: 'serving', process: service, endpoint };
  } catch (error) {
    const why = ended.signal.aborted ? (ended.signal.reason as Error).message : 'it did not answer';
    await service.kill();
    signal.throwIfAborted();
    const tail = await lastWords(service);
    const what = `${program.name} ${program.version} did not serve on ${host}:${port} within ${startMsMax} ms: ${why}`;
    return {
      state: 'failed',
      isPortTaken: tail.includes('Address already in use'),
      error: new Error(`${what}; its last lines were:\n${tail || '(none)'}`, { cause: error }),
    };
  }
}

function parametersFor(port: number, directory: string): string[] {
  const settings = {
    port: String(port),
    bind: host,
    save: '',
    appendonly: 'no',
    daemonize: 'no',
    dir: directory,
    databases: '16',
    'always-show-logo': 'no',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Whoever answers on the port has to be the process that was started, and not another server that holds the port. */
async function untilServing(
  { service, endpoint }: { service: ServiceProcess; endpoint: Endpoint },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const information = await ask(endpoint, { command: 'INFO server', signal }).catch(() => '');
    const processId = /^process_id:(?<id>\d+)/m.exec(information)?.groups?.['id'];
    if (processId === String(service.processId)) return;
    await delay(pollMs, undefined, { signal });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error(`no free port on ${host}`);
  return address.port;
}
