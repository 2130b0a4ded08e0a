import type {
  CacheClient,
  OpenOptions,
  TargetOption,
  TargetVariant,
} from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';

/** ioredis and what was forked from it are used in the same way; each target names what it takes of this. */

/** "Autopipelining" in the READMEs. */
export const autopipelining: TargetOption = {
  says: 'commands of one tick are sent together, as enableAutoPipelining has it; since 4.19',
  takes: ['true', 'false'],
};

/** "Cluster" in the READMEs. */
export const clusterVariant: TargetVariant = {
  says: 'a client of a cluster, with a connection to each node',
  topology: 'cluster',
  open: openCluster,
};

/** Resolves at once: like the library itself, it connects while the first calls wait in its offline queue. */
export async function openSingle(options: OpenOptions): Promise<CacheClient> {
  const { endpoint, library } = options;
  const { Redis } = constructors(library);
  const redis = new Redis({
    host: endpoint.host,
    port: endpoint.port,
    retryStrategy: (attempt) => Math.min(attempt * 50, retryDelayMsMax),
    ...pipeliningOf(options),
    ...protocolOf(options),
  });
  return clientOver(redis, options, async (keys) => {
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.getBuffer(key);
    return valuesOf(await pipeline.exec(), keys.length);
  });
}

/**
 * As the part of the README on clusters says. A pipeline there goes to one node as a whole, and is for keys of that node only; a page of
 * keys is on all of them, so it is asked for key by key, in one tick.
 */
async function openCluster(options: OpenOptions): Promise<CacheClient> {
  const { endpoint, nodes = [endpoint], library } = options;
  const { Cluster } = constructors(library);
  const cluster = new Cluster(
    nodes.map(({ host, port }) => ({ host, port })),
    {
      clusterRetryStrategy: (attempt) => Math.min(attempt * 50, retryDelayMsMax),
      redisOptions: protocolOf(options),
      ...pipeliningOf(options),
    },
  );
  return clientOver(cluster, options, async (keys) =>
    Promise.all(keys.map(async (key) => bytesOf(await cluster.getBuffer(key)))),
  );
}

function pipeliningOf({ words = {} }: OpenOptions): { readonly enableAutoPipelining?: boolean } {
  const { autopipelining: word } = words;
  return word === undefined ? {} : { enableAutoPipelining: word === 'true' };
}

function protocolOf({ words = {} }: OpenOptions): { readonly protocol?: number } {
  const { resp } = words;
  return resp === undefined ? {} : { protocol: Number(resp) };
}

function clientOver(
  redis: Commands,
  { timeoutMs }: OpenOptions,
  getPage: (keys: readonly string[]) => Promise<readonly (Uint8Array | undefined)[]>,
): CacheClient {
  // Without a listener the library prints every failed attempt; each call that suffers from one rejects anyway.
  redis.on('error', () => {});
  const answered = async <T>(call: Promise<T>, says: string): Promise<T> =>
    withinDeadline(call, timeoutMs, says);
  return {
    get: async (key) => bytesOf(await answered(redis.getBuffer(key), `get of ${key}`)),
    getMany: async (keys) =>
      keys.length === 0 ? [] : answered(getPage(keys), `a page of ${keys.length} gets`),
    set: async (key, value, ttlMs) => {
      await answered(redis.set(key, bufferOver(value), 'PX', Math.ceil(ttlMs)), `set of ${key}`);
    },
    delete: async (key) => {
      await answered(redis.del(key), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      redis.disconnect();
    },
  };
}

/** Comes back quickly, so that a short outage ends when the service is back and not seconds later. */
const retryDelayMsMax = 500;

/** What is used of the library; the same in ioredis 4.x, 5.x and 6.x and in iovalkey, and of one server and of a cluster. */
interface Commands {
  getBuffer(key: string): Promise<Buffer | null>;
  set(key: string, value: Buffer, unit: 'PX', ttlMs: number): Promise<unknown>;
  del(key: string): Promise<number>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): void;
}

interface Redis extends Commands {
  pipeline(): Pipeline;
}

interface Pipeline {
  getBuffer(key: string): unknown;
  exec(): Promise<readonly Reply[] | null>;
}

type Reply = readonly [error: Error | null, value?: unknown];

interface Constructors {
  readonly Redis: new (options: {
    readonly host: string;
    readonly port: number;
    readonly retryStrategy: (attempt: number) => number;
    readonly enableAutoPipelining?: boolean;
    readonly protocol?: number;
  }) => Redis;
  readonly Cluster: new (
    nodes: readonly { readonly host: string; readonly port: number }[],
    options: {
      readonly clusterRetryStrategy: (attempt: number) => number;
      readonly redisOptions: { readonly protocol?: number };
      readonly enableAutoPipelining?: boolean;
    },
  ) => Commands;
}

/** Version 4 is the module itself, later ones and iovalkey name it `Redis`; all of them have `Cluster` on it. */
function constructors(library: unknown): Constructors {
  const namespace = library as { readonly Redis?: unknown; readonly default?: unknown };
  const Redis = [namespace.Redis, namespace.default].find((each) => typeof each === 'function') as
    | (Constructors['Redis'] & Pick<Constructors, 'Cluster'>)
    | undefined;
  if (Redis === undefined) {
    throw new Error(
      'the loaded module is neither ioredis nor iovalkey: it has neither Redis nor a default export',
    );
  }
  return { Redis, Cluster: Redis.Cluster };
}

function valuesOf(
  replies: readonly Reply[] | null,
  expected: number,
): readonly (Uint8Array | undefined)[] {
  if (replies?.length !== expected) {
    throw new Error(
      `the library gave ${replies?.length ?? 'no'} replies for a pipeline of ${expected} gets`,
    );
  }
  return replies.map(([error, value]) => {
    if (error) throw error;
    return bytesOf(value);
  });
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`the library gave ${typeof value} for getBuffer, which promises a Buffer`);
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
