import { setTimeout as delay } from 'node:timers/promises';
import type { Availability, Provider, ServiceSpec } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import {
  type Container,
  type Engine,
  findEngine,
  type KeptFiles,
  type LoadLibrary,
  type NoEngine,
  requireImage,
  runContainer,
} from './container-engine.ts';
import { type ContainerKind, containerKind, type ToxiproxySpec } from './container-kind.ts';
import { type Served, startReplaceable } from './container-service.ts';
import { freePort } from './process.ts';

export interface ContainerProviderOptions {
  /** A redis unless told. */
  readonly spec?: ServiceSpec | ToxiproxySpec;
  /** The usual one of that service unless told, for example `crosswire-local/redis:latest`. Pulled when it is not here. */
  readonly image?: string;
  /** Told the id of each container before it runs, so that somebody can remove it should we die. */
  readonly onContainer?: (containerId: string) => void;
  /** How long it may take until the service answers once its image is here. 30 seconds unless told. */
  readonly startMsMax?: number;
  /** Imports `testcontainers` unless told. */
  readonly load?: LoadLibrary;
}

const host = '127.0.0.1';
const startMsDefault = 30_000;
const pollMs = 50;
const portAttemptsMax = 3;

/**
 * A service in a container of its own, through testcontainers: empty, on loopback. Where Ryuk may run it removes what we leave when
 * we die; with `TESTCONTAINERS_RYUK_DISABLED=true` nobody does, unless the ids told to `onContainer` are used for it.
 *
 * nginx and Toxiproxy have to reach servers on this machine's loopback, so they run in its network, which needs an engine on Linux.
 */
export function containerProvider(options: ContainerProviderOptions = {}): Provider {
  const { spec = { service: 'redis' }, load = () => import('testcontainers') } = options;
  const kind = containerKind(spec);
  const image = options.image ?? kind.image;
  return {
    name: 'container',
    available: async () => describe(await findEngine(load, new AbortController().signal), image),
    start: async (signal) => {
      const engine = await findEngine(load, signal);
      if ('reason' in engine) throw new Error(`${engine.reason}; ${engine.needs}`);
      await requireImage(engine, image, signal);
      const { openConsole, data } = kind;
      return startReplaceable(
        {
          name: spec.service,
          serve: (how, signal) => serve({ ...options, ...how, engine, kind, image }, signal),
          says: ({ version, container }) =>
            `${spec.service} ${version} (container of ${image}, port ${container.endpoint.port})`,
          ...(data === undefined ? {} : { data }),
          ...(openConsole === undefined ? {} : { openConsole }),
        },
        signal,
      );
    },
  };
}

async function describe(engine: Engine | NoEngine, image: string): Promise<Availability> {
  if ('reason' in engine) return { state: 'missing', says: engine.reason, needs: engine.needs };
  const isHere = await engine.client.image.exists(engine.library.ImageName.fromString(image));
  const where = isHere ? `image ${image}` : `image ${image}, which is not here and will be pulled`;
  return { state: 'available', says: `${engine.says}, ${where}` };
}

interface Serving extends ContainerProviderOptions {
  readonly engine: Engine;
  readonly kind: ContainerKind;
  readonly image: string;
  /** Where it served before, and whether it must be there again or must not. */
  readonly before?: Endpoint;
  readonly address?: 'same' | 'another';
  readonly kept?: KeptFiles;
}

/** A port may be taken by someone else before the container has it, so that failure alone is tried again. */
async function serve(options: Serving, signal: AbortSignal): Promise<Served> {
  const isFixed = options.address === 'same' && options.before !== undefined;
  const attemptsMax = isFixed ? 1 : portAttemptsMax;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await serveOn(await portFor(options), options, signal);
    } catch (error) {
      const isPortTaken = /address already in use/i.test(String(error));
      if (!isPortTaken || attempt >= attemptsMax) throw error;
    }
  }
}

/** Runs one container and waits until it serves. Removes it when it does not. */
async function serveOn(own: number, options: Serving, signal: AbortSignal): Promise<Served> {
  const { engine, kind, image, kept, startMsMax = startMsDefault } = options;
  const port = kind.port ?? own;
  const container = await runContainer(
    engine,
    {
      image,
      entryPoint: kind.entryPoint,
      ...(await kind.prepare(port)),
      port,
      network: kind.port === null ? 'host' : { publishedPort: own },
      onContainer: options.onContainer ?? (() => undefined),
      ...(kept === undefined ? {} : { kept }),
    },
    signal,
  );
  const ended = new AbortController();
  void container.gone().then((how) => ended.abort(new Error(`it ended with ${how}`)));
  const deadline = AbortSignal.timeout(startMsMax);
  try {
    const all = AbortSignal.any([signal, deadline, ended.signal]);
    return { container, version: await untilServing(kind, container, all) };
  } catch (error) {
    const why = ended.signal.aborted ? (ended.signal.reason as Error).message : 'it did not answer';
    const tail = await container.lastLines();
    await container[Symbol.asyncDispose]();
    signal.throwIfAborted();
    const where = `${container.endpoint.host}:${container.endpoint.port}`;
    throw new Error(
      `a container of ${image} did not serve on ${where} within ${startMsMax} ms: ${why}; its last lines were:\n${tail || '(none)'}`,
      { cause: error },
    );
  }
}

/** A published port accepts connections before the service does, so the service itself is asked. */
async function untilServing(
  kind: ContainerKind,
  { endpoint }: Container,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const version = await kind.version(endpoint, signal).catch(() => null);
    if (version !== null) return version;
    await delay(pollMs, undefined, { signal });
  }
}

/** The port of this machine that it is to serve on; 0 where the engine may choose. */
async function portFor({ kind, before, address }: Serving): Promise<number> {
  if (address === 'same' && before !== undefined) return before.port;
  if (address === undefined && kind.port !== null) return 0;
  for (let attempt = 1; attempt <= portAttemptsMax; attempt += 1) {
    const port = await freePort();
    if (port !== before?.port) return port;
  }
  throw new Error(`the only free port of ${host} that was found is ${before?.port}`);
}
