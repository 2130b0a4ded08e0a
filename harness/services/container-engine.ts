import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type * as Testcontainers from 'testcontainers';
import type { Endpoint } from '../model/target.ts';

type Library = typeof Testcontainers;
type Client = Awaited<ReturnType<Library['getContainerRuntimeClient']>>;
type Handle = ReturnType<Client['container']['getById']>;

/** Loads the package `testcontainers`, which the core runs without. */
export type LoadLibrary = () => Promise<Library>;

/** A container engine that answers. */
export interface Engine {
  /** For the output, for example `container engine 20.10.24`. */
  readonly says: string;
  readonly library: Library;
  readonly client: Client;
}

export interface NoEngine {
  readonly reason: string;
  readonly needs: string;
}

export interface ContainerOptions {
  readonly image: string;
  readonly command: readonly string[];
  readonly entryPoint: readonly string[];
  /** The port it serves on inside. */
  readonly port: number;
  /** A port of loopback that leads there, 0 for a free one; or the network of the machine, where the port is its own. */
  readonly network: { readonly publishedPort: number } | 'host';
  /** Texts by the paths that they get in the container. */
  readonly files: Readonly<Record<string, string>>;
  /** What an earlier one was found to hold in a folder. */
  readonly kept?: KeptFiles;
  /** Told the container's id before it runs. */
  readonly onContainer: (containerId: string) => void;
}

/** Files out of one container that can be put into another. */
export interface KeptFiles {
  readonly folder: string;
  readonly archive: Buffer;
}

/** One container of ours. Disposing removes it, whatever state it is in. */
export interface Container extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Resolves with a phrase, `exit code 1`, when what runs now has ended. Never rejects. */
  gone(): Promise<string>;
  /** SIGKILL, also while it is paused. Resolves when it has ended. */
  kill(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** A file or folder of it, to be put into the folder that it stands in. Also when it has ended. */
  keep(path: string): Promise<KeptFiles>;
  /** Asks the engine for its last lines. */
  lastLines(): Promise<string>;
}

const host = '127.0.0.1';
const findMsMax = 10_000;
const tailLines = 20;
const exitPollMs = 200;

/** Finds the engine that testcontainers would use. Rejects only with the signal's reason. */
export async function findEngine(
  load: LoadLibrary,
  signal: AbortSignal,
): Promise<Engine | NoEngine> {
  let library: Library;
  try {
    library = await load();
  } catch (error) {
    return {
      reason: `the package testcontainers cannot be loaded: ${firstLine(error)}`,
      needs: 'npm install testcontainers@12',
    };
  }
  try {
    const search = library.getContainerRuntimeClient();
    const client = await beforeAbort(
      search,
      AbortSignal.any([signal, AbortSignal.timeout(findMsMax)]),
    );
    return engineOf(library, client);
  } catch (error) {
    signal.throwIfAborted();
    return {
      reason: `no container engine answers: ${firstLine(error)}`,
      needs: 'start Docker or Podman, or say where it is in DOCKER_HOST',
    };
  }
}

function engineOf(library: Library, client: Client): Engine | NoEngine {
  const { host: place, serverVersion } = client.info.containerRuntime;
  if (place === 'localhost' || place === host || place === '::1')
    return { says: `container engine ${serverVersion}`, library, client };
  // Without this, an open cache would be published where others can reach it.
  return {
    reason: `testcontainers would look for ports at ${place}, and crosswire publishes them on loopback alone`,
    needs: `set TESTCONTAINERS_HOST_OVERRIDE=${host} if this machine reaches the containers' ports there`,
  };
}

/** Makes the image be there. Rejects when it is neither here nor can be pulled. */
export async function requireImage(
  { library, client }: Engine,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const name = library.ImageName.fromString(image);
  const pull = client.image.pull(name).catch((error: unknown) => {
    throw new Error(
      `the image ${image} is not here and could not be pulled: ${firstLine(error)}; ` +
        'build or pull it, or name another one (scripts/container-images.ts makes them from local programs)',
      { cause: error },
    );
  });
  await beforeAbort(pull, signal);
}

/** Runs a container. Rejects with its last lines when its program cannot be started or ends at once, and removes it then. */
export async function runContainer(
  engine: Engine,
  options: ContainerOptions,
  signal: AbortSignal,
): Promise<Container> {
  signal.throwIfAborted();
  let created: Handle | undefined;
  let isGivenUp = false;
  const description = describe(engine, options, async (id) => {
    created = engine.client.container.getById(id);
    options.onContainer(id);
    // Nobody waits for it any more, so nobody else would remove it.
    if (isGivenUp) await removeHandle(created);
    signal.throwIfAborted();
  });
  const settled = new AbortController();
  try {
    const start = description.start();
    await Promise.race([beforeAbort(start, signal), untilEnded(() => created, settled.signal)]);
    if (created === undefined) throw new Error('testcontainers did not say which container it is');
    return await containerOf(created, options);
  } catch (error) {
    isGivenUp = true;
    const exit = created === undefined ? null : await exitOf(created);
    const tail = created === undefined ? '' : await lastLinesOf(created);
    if (created !== undefined) await removeHandle(created);
    signal.throwIfAborted();
    throw new Error(
      `a container of ${options.image} did not start: ${exit ?? firstLine(error)}; its last lines were:\n${tail || '(none)'}`,
      { cause: error },
    );
  } finally {
    settled.abort();
  }
}

/** What testcontainers is told. It waits for nothing: whether the service serves is asked from outside. */
function describe(
  { library }: Engine,
  options: ContainerOptions,
  onCreated: (id: string) => Promise<void>,
): InstanceType<Library['GenericContainer']> {
  const { image, entryPoint, command, port, network, files, kept } = options;
  class Started extends library.StartupCheckStrategy {
    override checkStartupState(): Promise<'SUCCESS'> {
      return Promise.resolve('SUCCESS');
    }
  }
  class Described extends library.GenericContainer {
    override containerCreated = onCreated;

    publishOnLoopback(publishedPort: number): this {
      this.withExposedPorts(port);
      // testcontainers alone would publish on every address of the machine.
      const binding = { HostIp: host, HostPort: String(publishedPort) };
      this.hostConfig.PortBindings = { [`${port}/tcp`]: [binding] };
      return this;
    }
  }
  const described = new Described(image)
    .withWaitStrategy(new Started())
    .withCommand([...command])
    .withCopyContentToContainer(
      Object.entries(files).map(([target, content]) => ({ target, content })),
    );
  if (entryPoint.length > 0) described.withEntrypoint([...entryPoint]);
  if (kept !== undefined) {
    described.withCopyArchivesToContainer([
      { tar: Readable.from([kept.archive]), target: kept.folder },
    ]);
  }
  return network === 'host'
    ? described.withNetworkMode('host')
    : described.publishOnLoopback(network.publishedPort);
}

async function containerOf(handle: Handle, options: ContainerOptions): Promise<Container> {
  return {
    endpoint: { host, port: await portOf(handle, options) },
    gone: () => goneOf(handle),
    kill: async () => {
      await handle.kill().catch(unlessStatus(404, 409));
      await goneOf(handle);
    },
    pause: async () => {
      await handle.pause();
    },
    resume: async () => {
      await handle.unpause().catch(unlessStatus(404, 409, 500));
    },
    keep: async (path) => {
      const archive = await buffer(await handle.getArchive({ path }));
      return { folder: posix.dirname(path), archive };
    },
    lastLines: () => lastLinesOf(handle),
    [Symbol.asyncDispose]: () => removeHandle(handle),
  };
}

async function portOf(handle: Handle, { port, network }: ContainerOptions): Promise<number> {
  if (network === 'host') return port;
  const { NetworkSettings } = await handle.inspect();
  const published = NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort;
  if (published === undefined) throw new Error(`its port ${port} is not published`);
  return Number(published);
}

async function goneOf(handle: Handle): Promise<string> {
  try {
    const { StatusCode } = (await handle.wait()) as { readonly StatusCode: number };
    return `exit code ${StatusCode}`;
  } catch (error) {
    return `nobody knows what: ${firstLine(error)}`;
  }
}

/** testcontainers waits ten seconds for the ports of a container that has long ended. Rejects as soon as it has; never resolves. */
async function untilEnded(handle: () => Handle | undefined, signal: AbortSignal): Promise<never> {
  for (;;) {
    // Who ends this wait does not look at it any more.
    await delay(exitPollMs, undefined, { signal }).catch(() => new Promise<never>(() => undefined));
    const current = handle();
    const exit = current === undefined ? null : await exitOf(current);
    if (exit !== null) throw new Error(exit);
  }
}

/** How it ended; null when it has not, or never ran. */
async function exitOf(handle: Handle): Promise<string | null> {
  const state = await handle.inspect().then(
    ({ State }) => State,
    () => undefined,
  );
  const hasEnded = state?.Status === 'exited' || state?.Status === 'dead';
  return hasEnded ? `it ended with exit code ${state.ExitCode}` : null;
}

async function removeHandle(handle: Handle): Promise<void> {
  await handle.remove({ force: true, v: true }).catch(unlessStatus(404, 409));
}

async function lastLinesOf(handle: Handle): Promise<string> {
  const options = { stdout: true, stderr: true, tail: tailLines, follow: false } as const;
  const output = await handle.logs(options).catch(() => Buffer.alloc(0));
  return withoutFrames(output).trim();
}

/** The engine puts eight bytes before each piece of output: which stream it is of, and its size. */
function withoutFrames(output: Buffer): string {
  const pieces: Buffer[] = [];
  for (let from = 0; from + 8 <= output.length; ) {
    const end = from + 8 + output.readUInt32BE(from + 4);
    pieces.push(output.subarray(from + 8, end));
    from = end;
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Lets those answers of the engine pass that say it was in that state already. */
function unlessStatus(...statuses: readonly number[]): (error: unknown) => void {
  return (error) => {
    if (!statuses.includes((error as { readonly statusCode?: number }).statusCode ?? 0))
      throw error;
  };
}

async function beforeAbort<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
}
