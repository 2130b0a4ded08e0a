import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';

/** ioredis 4, 5 and 6, used as its README says: one connection, its defaults, `pipeline()` for a page of keys. */
const ioredis: Target = defineTarget({
  name: 'ioredis',
  package: 'ioredis',
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of ioredis takes an AbortSignal' },
    {
      ability: 'deadline',
      because: 'commandTimeout holds for a whole client, not for one call, and 4.16 has none',
    },
    { ability: 'get-or-load', because: 'ioredis speaks the protocol only; it has no read-through' },
  ],
  open: openIoredis,
});
export default ioredis;

/** Resolves at once: like the library itself, it connects while the first calls wait in its offline queue. */
async function openIoredis({ endpoint, library, timeoutMs }: OpenOptions): Promise<CacheClient> {
  const Redis = redisConstructor(library);
  const redis = new Redis({
    host: endpoint.host,
    port: endpoint.port,
    retryStrategy: (attempt) => Math.min(attempt * 50, retryDelayMsMax),
  });
  // Without a listener the library prints every failed attempt; each call that suffers from one rejects anyway.
  redis.on('error', () => {});
  const answered = async <T>(call: Promise<T>, says: string): Promise<T> =>
    withinDeadline(call, timeoutMs, says);
  return {
    get: async (key) => bytesOf(await answered(redis.getBuffer(key), `get of ${key}`)),
    getMany: async (keys) => {
      if (keys.length === 0) return [];
      const pipeline = redis.pipeline();
      for (const key of keys) pipeline.getBuffer(key);
      const replies = await answered(pipeline.exec(), `a pipeline of ${keys.length} gets`);
      return valuesOf(replies, keys.length);
    },
    set: async (key, value, ttlMs) => {
      await answered(redis.set(key, bufferOver(value), 'PX', ttlMs), `set of ${key}`);
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

/** What is used of the library; the same in 4.x, 5.x and 6.x. */
interface Redis {
  getBuffer(key: string): Promise<Buffer | null>;
  set(key: string, value: Buffer, unit: 'PX', ttlMs: number): Promise<unknown>;
  del(key: string): Promise<number>;
  pipeline(): Pipeline;
  on(event: 'error', listener: (error: Error) => void): unknown;
  disconnect(): void;
}

interface Pipeline {
  getBuffer(key: string): unknown;
  exec(): Promise<readonly Reply[] | null>;
}

type Reply = readonly [error: Error | null, value?: unknown];

type RedisConstructor = new (options: {
  readonly host: string;
  readonly port: number;
  readonly retryStrategy: (attempt: number) => number;
}) => Redis;

/** Version 4 is the module itself, 5 and 6 name it `Redis`. */
function redisConstructor(library: unknown): RedisConstructor {
  const namespace = library as { readonly Redis?: unknown; readonly default?: unknown };
  const found = [namespace.Redis, namespace.default].find((each) => typeof each === 'function');
  if (found === undefined) {
    throw new Error('the loaded module is not ioredis: it has neither Redis nor a default export');
  }
  return found as RedisConstructor;
}

function valuesOf(
  replies: readonly Reply[] | null,
  expected: number,
): readonly (Uint8Array | undefined)[] {
  if (replies?.length !== expected) {
    throw new Error(
      `ioredis gave ${replies?.length ?? 'no'} replies for a pipeline of ${expected} gets`,
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
  throw new TypeError(`ioredis gave ${typeof value} for getBuffer, which promises a Buffer`);
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
