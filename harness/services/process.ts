import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Provider, ServiceSpec, StartedService, VarnishSpec } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { lastWords, type ServiceProcess, startServiceProcess } from './child.ts';
import { availabilityOf, findProgram, type Program } from './programs.ts';
import type { Recipe } from './recipe.ts';
import { memcachedRecipe } from './recipe-memcached.ts';
import { nginxRecipe } from './recipe-nginx.ts';
import { redisRecipe } from './recipe-redis.ts';
import { varnishRecipe } from './recipe-varnish.ts';
import { type Launched, type LaunchOptions, startRestartable } from './restartable.ts';

export interface ProcessOptions {
  /** What the PATH of the environment says. */
  readonly path: string;
  /** Where the server's working folder is made. That is removed with the server; this folder stays, and is the caller's. */
  readonly scratchDirectory: string;
  /** Told each process id from the first instant. */
  readonly onProcess: (processId: number) => void;
  /** A free one is chosen unless told. */
  readonly port?: number;
  /** How long it may take until the server answers. 10 seconds unless told. */
  readonly startMsMax?: number;
}

export interface ProcessProviderOptions extends ProcessOptions {
  /** A redis-server or valkey-server, whichever is found first, unless told. */
  readonly spec?: ServiceSpec | VarnishSpec;
}

const host = '127.0.0.1';
const portAttemptsMax = 3;
const startMsDefault = 10_000;
const pollMs = 20;

/** A server of this machine in a process of its own: empty, on loopback, in a folder of its own. */
export function processProvider(options: ProcessProviderOptions): Provider {
  const recipe = recipeOf(options.spec);
  return {
    name: 'process',
    available: async () =>
      availabilityOf(await findProgram({ path: options.path, ...recipe.program }), recipe.needs),
    start: (signal) => startProcess(recipe, options, signal),
  };
}

/** Starts one server by its recipe. Rejects with its last lines when it does not come up, and leaves nothing behind then. */
export async function startProcess(
  recipe: Recipe,
  options: ProcessOptions,
  signal: AbortSignal,
): Promise<StartedService> {
  const program = await findProgram({ path: options.path, ...recipe.program });
  if ('reason' in program) throw new Error(`${program.reason}; ${recipe.needs}`);
  const directory = await mkdtemp(join(options.scratchDirectory, `${program.name}-`));
  const { keep, openConsole } = recipe;
  return startRestartable(
    {
      launch: (signal, how) => launch({ ...options, ...how, recipe, program, directory }, signal),
      says: ({ port }) => `${program.name} ${program.version} (own process, port ${port})`,
      ...(keep === undefined
        ? {}
        : { keep: ({ endpoint }, kill) => keep({ endpoint, directory }, kill) }),
      ...(openConsole === undefined ? {} : { openConsole }),
      cleanUp: () => rm(directory, { recursive: true, force: true }),
    },
    signal,
  );
}

const quietFrom = 10_000;
const quietCount = 20_000;

/**
 * A port of loopback on which nobody listened a moment ago. It lies below those that systems hand out for connections and to whoever
 * asks for any port (from 32,768 on Linux, from 49,152 by RFC 6335): otherwise a server that is down for a while finds
 * its port taken when it comes back.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= portAttemptsMax; attempt += 1) {
    const any = await listenOnce(0);
    const quiet = quietFrom + (any % quietCount);
    try {
      return await listenOnce(quiet);
    } catch {
      // Taken; the next attempt draws another one.
    }
  }
  return listenOnce(0);
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error(`no free port on ${host}`);
  return address.port;
}

type Launch = Omit<ProcessOptions, 'path'> &
  LaunchOptions & {
    readonly recipe: Recipe;
    readonly program: Program;
    readonly directory: string;
  };

function recipeOf(spec: ServiceSpec | VarnishSpec | undefined): Recipe {
  switch (spec?.service) {
    case 'memcached':
      return memcachedRecipe(spec);
    case 'nginx':
      return nginxRecipe(spec);
    case 'varnish':
      return varnishRecipe(spec);
    case 'redis':
    case 'valkey':
    case undefined:
      return redisRecipe(spec ?? {});
    default:
      return spec satisfies never;
  }
}

/** A free port may be taken by someone else before the server binds it, so that failure alone is tried again. */
async function launch(options: Launch, signal: AbortSignal): Promise<Launched> {
  const { before, address } = options;
  const fixed =
    address === 'same' ? before?.port : address === 'another' ? undefined : options.port;
  const attemptsMax = fixed === undefined ? portAttemptsMax : 1;
  for (let attempt = 1; ; attempt += 1) {
    const port = fixed ?? (await portOtherThan(before?.port));
    const outcome = await launchOn({ ...options, port }, signal);
    if (outcome.state === 'serving') return outcome;
    if (!outcome.isPortTaken || attempt >= attemptsMax) throw outcome.error;
  }
}

async function portOtherThan(port: number | undefined): Promise<number> {
  for (let attempt = 1; attempt <= portAttemptsMax; attempt += 1) {
    const free = await freePort();
    if (free !== port) return free;
  }
  throw new Error(`the only free port of ${host} that was found is ${String(port)}`);
}

type Outcome =
  | ({ readonly state: 'serving' } & Launched)
  | { readonly state: 'failed'; readonly isPortTaken: boolean; readonly error: Error };

async function launchOn(
  options: Launch & { readonly port: number },
  signal: AbortSignal,
): Promise<Outcome> {
  const { recipe, program, port, directory, onProcess, startMsMax = startMsDefault } = options;
  const { loading, loadingMs } = options;
  const endpoint: Endpoint = { host, port };
  const place = {
    endpoint,
    directory,
    ...(loading === undefined ? {} : { loading }),
    ...(loadingMs === undefined ? {} : { loadingMs }),
  };
  signal.throwIfAborted();
  const service = await startServiceProcess({
    executable: program.file,
    parameters: await recipe.prepare(place),
    directory,
    hasChannel: false,
    onProcess,
  });
  const ended = new AbortController();
  void service.gone.then((how) => ended.abort(new Error(`it ended with ${how}`)));
  const deadline = AbortSignal.timeout(startMsMax);
  try {
    const all = AbortSignal.any([signal, deadline, ended.signal]);
    await untilServing(options, { service, endpoint }, all);
    if (loading === undefined) await recipe.served?.(directory);
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

/** Whoever answers on the port has to be the process that was started, and not another server that holds the port. */
async function untilServing(
  { recipe, loading }: Launch,
  { service, endpoint }: { service: ServiceProcess; endpoint: Endpoint },
  signal: AbortSignal,
): Promise<void> {
  const question = {
    endpoint,
    processId: service.processId,
    signal,
    ...(loading === undefined ? {} : { loading }),
  };
  for (;;) {
    if (await recipe.isServing(question).catch(() => false)) return;
    await delay(pollMs, undefined, { signal });
  }
}
