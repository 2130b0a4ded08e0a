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
  open: openRedis,
});
export default redis;

/** Resolves at once: the library connects, again and again if need be, while the first calls wait in its queue. */
async function openRedis({
  endpoint,
  library,
  timeoutMs,
  world,
}: OpenOptions): Promise<CacheClient> {
  const module = library as RedisModule;
  const client = module.createClient({
    socket: {
      host: endpoint.host,
      port: endpoint.port,
      reconnectStrategy: (attempt) => Math.min((attempt + 1) * 50, retryDelayMsMax),
    },
  });
  // Without a listener the first failed attempt would end the process; each call that suffers from one rejects anyway.
  client.on('error', () => {});
  client.connect().catch((error: unknown) => {
    world.log(`redis gave up connecting to ${endpoint.host}:${endpoint.port}: ${String(error)}`);
  });
  const reader = bufferReader(module, client);
  const answered = async <T>(call: Promise<T>, says: string): Promise<T> =>
    withinDeadline(call, timeoutMs, says);
  return {
    get: async (key, options) => bytesOf(await answered(reader(options)(key), `get of ${key}`)),
    getMany: async (keys, options) => {
      // Issued in one tick, so the library writes them together: its documented auto-pipelining.
      const get = reader(options);
      const replies = Promise.all(keys.map(async (key) => get(key)));
      return (await answered(replies, `a pipeline of ${keys.length} gets`)).map(bytesOf);
    },
    set: async (key, value, ttlMs) => {
      await answered(client.set(key, bufferOver(value), { PX: ttlMs }), `set of ${key}`);
    },
    delete: async (key) => {
      await answered(client.del(key), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      await (client.destroy === undefined ? client.disconnect() : client.destroy());
    },
  };
}

/** Comes back quickly, so that a short outage ends when the service is back and not seconds later. */
const retryDelayMsMax = 500;

/** What is used of the library. 4.x asks for Buffers call by call; 5.x and 6.x by a mapping of reply types. */
interface RedisModule {
  createClient(options: {
    readonly socket: {
      readonly host: string;
      readonly port: number;
      readonly reconnectStrategy: (attempt: number) => number;
    };
  }): Client;
  readonly RESP_TYPES?: { readonly BLOB_STRING: number };
  readonly commandOptions?: (options: { returnBuffers: true; signal?: AbortSignal }) => object;
}

interface Client {
  connect(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  get(key: string): Promise<unknown>;
  get(options: object, key: string): Promise<unknown>;
  set(key: string, value: Buffer, options: { readonly PX: number }): Promise<unknown>;
  del(key: string): Promise<number>;
  withTypeMapping?(mapping: Readonly<Record<number, unknown>>): MappedClient;
  disconnect(): Promise<void>;
  destroy?(): void;
}

interface MappedClient {
  get(key: string): Promise<unknown>;
  withAbortSignal(signal: AbortSignal): MappedClient;
}

type BufferReader = (options: CallOptions | undefined) => (key: string) => Promise<unknown>;

function bufferReader(module: RedisModule, client: Client): BufferReader {
  const { RESP_TYPES, commandOptions } = module;
  if (client.withTypeMapping !== undefined && RESP_TYPES !== undefined) {
    const mapped = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    return (options) => {
      const chosen =
        options?.signal === undefined ? mapped : mapped.withAbortSignal(options.signal);
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
