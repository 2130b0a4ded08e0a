import { setTimeout as delay } from 'node:timers/promises';
import type { CacheClient, CallOptions, OpenOptions, Target } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';

/** node-redis 4, 5 and 6, used as its README says: one connection, its defaults, gets of one tick sent together. */
const redis: Target = defineTarget({
  name: 'redis',
  package: 'redis',
  protocol: 'resp',
  lacks: [
    {
      ability: 'deadline',
      because:
        'its timeout ends when a command is written, and 4.x has none: a stalled reply is waited for',
    },
    {
      ability: 'get-or-load',
      because: 'node-redis speaks the protocol only; it has no read-through',
    },
  ],
  options: { resp: { says: 'the version of the protocol; since 5.0.0', takes: ['2', '3'] } },
  variants: {
    cluster: {
      says: 'a client of a cluster, with a connection to each node',
      topology: 'cluster',
      open: openCluster,
    },
    caching: {
      says: 'with its client-side cache over RESP3, which the server keeps true',
      needs: 'invalidations',
      open: openCaching,
    },
    pool: {
      says: 'createClientPool, with its own defaults; not in 5.0.0 and before',
      open: openPool,
    },
  },
  open: openRedis,
});
export default redis;

/** Resolves at once: the library connects, again and again if need be, while the first calls wait in its queue. */
async function openRedis(options: OpenOptions): Promise<CacheClient> {
  const module = options.library as RedisModule;
  const client = module.createClient(settingsFor(options));
  client.connect().catch((error: unknown) => gaveUp(options, error));
  return clientOver({ client, reader: bufferReader(module, client) }, options);
}

/**
 * As "Client Side Caching" in the README has it. Only replies in the client's own mapping of types are kept, so that is where Buffers are
 * asked for.
 */
async function openCaching(options: OpenOptions): Promise<CacheClient> {
  const module = options.library as RedisModule;
  if (module.BasicClientSideCache === undefined)
    throw new Error('this version of redis has no client-side cache; name a newer one');
  const { RESP: protocol = 3, ...settings } = settingsFor(options);
  const typeMapping = buffersOf(module);
  const client = module.createClient({
    ...settings,
    RESP: protocol,
    clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' },
    commandOptions: { typeMapping },
  });
  client.connect().catch((error: unknown) => gaveUp(options, error));
  return clientOver({ client, reader: bufferReader(module, client, typeMapping) }, options);
}

/** The same, over as many connections as its defaults allow; which of them a call takes is the library's choice. */
async function openPool(options: OpenOptions): Promise<CacheClient> {
  const module = options.library as RedisModule;
  if (module.createClientPool === undefined)
    throw new Error('this version of redis has no createClientPool; name a newer one');
  const pool = module.createClientPool(settingsFor(options));
  const connecting = connectAgainAndAgain(pool);
  return clientOver({ client: pool, reader: bufferReader(module, pool), connecting }, options);
}

/**
 * As its guide to clusters says: the addresses of all nodes to start from, settings for every connection in `defaults`. What
 * belongs together is sent together by node, so a page of keys is asked for key by key, in one tick.
 */
async function openCluster(options: OpenOptions): Promise<CacheClient> {
  const { endpoint, nodes = [endpoint] } = options;
  const module = options.library as RedisModule;
  const { socket, ...settings } = settingsFor(options);
  const cluster = module.createCluster({
    rootNodes: nodes.map(({ host, port }) => ({ socket: { ...socket, host, port } })),
    defaults: { socket: { reconnectStrategy: socket.reconnectStrategy } },
    ...settings,
  });
  const connecting = connectAgainAndAgain(cluster);
  return clientOver(
    { client: cluster, reader: bufferReader(module, cluster), connecting },
    options,
  );
}

function settingsFor({ endpoint: { host, port }, words = {} }: OpenOptions): Settings {
  const { resp } = words;
  return {
    socket: {
      host,
      port,
      reconnectStrategy: (attempt) => Math.min((attempt + 1) * 50, retryDelayMsMax),
    },
    ...(resp === undefined ? {} : { RESP: Number(resp) }),
  };
}

function gaveUp({ endpoint, world }: OpenOptions, error: unknown): void {
  world.log(`redis gave up connecting to ${endpoint.host}:${endpoint.port}: ${String(error)}`);
}

interface Connecting {
  readonly connected: Promise<unknown>;
  stop(): void;
}

/**
 * `connect` of a pool and of a cluster tries once, and calls before it has succeeded reject at once: whoever starts while the servers are
 * away has to try again, and to let calls wait.
 */
function connectAgainAndAgain(client: Client): Connecting {
  const stopped = new AbortController();
  const attempt = async (): Promise<void> => {
    for (let failed = true; failed && !stopped.signal.aborted; ) {
      failed = await client.connect().then(
        () => false,
        () => true,
      );
      if (failed) await delay(retryDelayMsMax, undefined, { signal: stopped.signal });
    }
    stopped.signal.throwIfAborted();
  };
  const connected = attempt();
  connected.catch(() => undefined);
  return { connected, stop: () => stopped.abort(new Error('the client is closed')) };
}

function clientOver(
  {
    client,
    reader,
    connecting,
  }: { readonly client: Client; readonly reader: BufferReader; readonly connecting?: Connecting },
  { timeoutMs }: OpenOptions,
): CacheClient {
  // Without a listener the first failed attempt would end the process; each call that suffers from one rejects anyway.
  client.on('error', () => {});
  const answered = async <T>(call: () => Promise<T>, says: string): Promise<T> =>
    withinDeadline(connecting?.connected.then(call) ?? call(), timeoutMs, says);
  return {
    get: async (key, options) =>
      bytesOf(await answered(() => reader(options)(key), `get of ${key}`)),
    getMany: async (keys, options) => {
      // Issued in one tick, so the library writes them together: its documented auto-pipelining.
      const get = reader(options);
      const replies = async (): Promise<readonly unknown[]> => Promise.all(keys.map(get));
      return (await answered(replies, `a pipeline of ${keys.length} gets`)).map(bytesOf);
    },
    set: async (key, value, ttlMs) => {
      await answered(
        () => client.set(key, bufferOver(value), { PX: Math.ceil(ttlMs) }),
        `set of ${key}`,
      );
    },
    delete: async (key) => {
      await answered(() => client.del(key), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      connecting?.stop();
      await (client.destroy === undefined ? client.disconnect() : client.destroy());
    },
  };
}

/** Comes back quickly, so that a short outage ends when the service is back and not seconds later. */
const retryDelayMsMax = 500;

/** What is used of the library. 4.x asks for Buffers call by call; 5.x and 6.x by a mapping of reply types. */
interface RedisModule {
  createClient(settings: Settings): Client;
  createClientPool?(settings: Settings): Client;
  createCluster(
    settings: Omit<Settings, 'socket'> & {
      readonly rootNodes: readonly { readonly socket: Settings['socket'] }[];
      readonly defaults: { readonly socket: Pick<Settings['socket'], 'reconnectStrategy'> };
    },
  ): Client;
  readonly BasicClientSideCache?: unknown;
  readonly RESP_TYPES?: { readonly BLOB_STRING: number };
  readonly commandOptions?: (options: { returnBuffers: true; signal?: AbortSignal }) => object;
}

interface Settings {
  readonly socket: {
    readonly host: string;
    readonly port: number;
    readonly reconnectStrategy: (attempt: number) => number;
  };
  readonly RESP?: number;
  readonly clientSideCache?: {
    readonly ttl: number;
    readonly maxEntries: number;
    readonly evictPolicy: 'LRU' | 'FIFO';
  };
  readonly commandOptions?: { readonly typeMapping: TypeMapping };
}

/** What a reply becomes, by the kind of it in the protocol. */
type TypeMapping = Readonly<Record<number, unknown>>;

/** A client of one server, a pool of them, or a client of a cluster. */
interface Client {
  connect(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  get(key: string): Promise<unknown>;
  get(options: object, key: string): Promise<unknown>;
  set(key: string, value: Buffer, options: { readonly PX: number }): Promise<unknown>;
  del(key: string): Promise<number>;
  withCommandOptions?(options: {
    readonly typeMapping: TypeMapping;
    readonly abortSignal?: AbortSignal;
  }): Pick<Client, 'get'>;
  disconnect(): Promise<void>;
  destroy?(): void;
}

type BufferReader = (options: CallOptions | undefined) => (key: string) => Promise<unknown>;

/** 5.0.0 does not export its names of types; each is the first byte of such a reply. */
function buffersOf({ RESP_TYPES }: RedisModule): TypeMapping {
  return { [RESP_TYPES?.BLOB_STRING ?? '$'.charCodeAt(0)]: Buffer };
}

function bufferReader(
  module: RedisModule,
  client: Client,
  typeMapping: TypeMapping = buffersOf(module),
): BufferReader {
  const { commandOptions } = module;
  if (client.withCommandOptions !== undefined) {
    const mapped = client.withCommandOptions({ typeMapping });
    return (options) => {
      const chosen =
        options?.signal === undefined
          ? mapped
          : (client.withCommandOptions?.({ typeMapping, abortSignal: options.signal }) ?? mapped);
      return async (key) => chosen.get(key);
    };
  }
  if (commandOptions === undefined) {
    throw new Error('the loaded module is not node-redis 4, 5 or 6: it cannot return Buffers');
  }
  return (options) => {
    const signal = options?.signal;
    return async (key) =>
      client.get(
        commandOptions({ returnBuffers: true, ...(signal === undefined ? {} : { signal }) }),
        key,
      );
  };
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`node-redis gave ${typeof value} for a get that promises a Buffer`);
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
