import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { layerClient } from './layer-client.ts';
import { fromJsonField } from './stored-layers.ts';

/** async-cache-dedupe over its redis storage, which "is the best choice for a shared and/or large cache" (README, Redis). It keeps nothing in memory. */
const asyncCacheDedupe: Target = defineTarget({
  name: 'async-cache-dedupe',
  package: 'async-cache-dedupe',
  version: '3.4.0',
  companions: { ioredis: '6.0.0' },
  protocol: 'resp',
  limits: { ttlStepMs: 1_000, because: 'its times to live are whole seconds' },
  lacks: [
    { ability: 'abort-signal', because: 'no call of async-cache-dedupe takes an AbortSignal' },
    { ability: 'deadline', because: 'no call of async-cache-dedupe takes a deadline' },
    {
      ability: 'own-bytes',
      because: 'callers that share a load are given the very thing that it gave',
    },
  ],
  keyPrefix: 'value~',
  unwrap: (stored) => fromJsonField(stored, 'base64'),
  open: openAsyncCacheDedupe,
});
export default asyncCacheDedupe;

/** The function that it caches: `cache.define(name, ...)` in its README. Its keys begin with this and a tilde. */
const name = 'value';

async function openAsyncCacheDedupe(options: OpenOptions): Promise<CacheClient> {
  const { companions = {} } = options;
  const { createCache } = options.library as Module;
  const { Redis } = companions['ioredis'] as IoredisModule;
  const client = new Redis(options.endpoint);
  // Without a listener ioredis prints every failed attempt; each call that suffers from one rejects anyway.
  client.on('error', () => {});
  let errors = 0;
  const cache = createCache({
    // "storage": what fails there goes to the log and to nobody else, and the call is answered as if there were nothing.
    storage: {
      type: 'redis',
      options: { client, log: { debug: () => {}, warn: () => {}, error: () => (errors += 1) } },
    },
    // "transformer": what is stored is JSON, so bytes go there in base64.
    transformer: {
      serialize: ({ bytes }) => ({ base64: bytes?.toString('base64') }),
      deserialize: ({ base64 }) => ({ bytes: Buffer.from(base64 ?? '', 'base64') }),
    },
  });
  cache.define(
    name,
    {
      serialize: ({ key }) => key,
      // "Example 2": by the result, and 0 keeps it out of the cache.
      ttl: ({ bytes, ttlMs }) => (bytes === undefined ? 0 : seconds(ttlMs ?? 0)),
    },
    async ({ load, ttlMs }) => ({ bytes: await load(), ttlMs }),
  );
  const get = async (key: string): Promise<Buffer | undefined> =>
    (await cache.get(name, `${name}~${key}`))?.bytes;
  return layerClient(
    {
      name: 'async-cache-dedupe',
      get,
      getMany: async (keys) => Promise.all(keys.map(get)),
      set: async (key, bytes, ttlMs) =>
        cache.set(name, `${name}~${key}`, { bytes }, seconds(ttlMs)),
      delete: async (key) => cache.clear(name, { key }),
      getOrLoad: async (key, load, ttlMs) => (await cache.value({ key, load, ttlMs })).bytes,
      errors: () => errors,
      close: async () => client.disconnect(),
    },
    options,
  );
}

function seconds(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs / 1_000));
}

interface Asked {
  readonly key: string;
  readonly load: () => Promise<Buffer | undefined>;
  readonly ttlMs: number;
}

interface Result {
  readonly bytes: Buffer | undefined;
  readonly ttlMs?: number;
}

interface Stored {
  readonly base64: string | undefined;
}

/** What is used of the library. */
interface Cache {
  define(
    name: string,
    options: {
      readonly serialize: (asked: Pick<Asked, 'key'>) => string;
      readonly ttl: (result: Result) => number;
    },
    original: (asked: Asked) => Promise<Result>,
  ): unknown;
  /** What was defined. */
  value(asked: Asked): Promise<Result>;
  get(name: string, key: string): Promise<Result | undefined>;
  set(name: string, key: string, value: Result, ttlSeconds: number): Promise<void>;
  clear(name: string, asked: Pick<Asked, 'key'>): Promise<void>;
}

interface Module {
  createCache(options: {
    readonly storage: {
      readonly type: 'redis';
      readonly options: {
        readonly client: Redis;
        readonly log: Readonly<Record<'debug' | 'warn' | 'error', () => void>>;
      };
    };
    readonly transformer: {
      serialize(result: Result): Stored;
      deserialize(stored: Stored): Result;
    };
  }): Cache;
}

interface Redis {
  on(event: 'error', listener: () => void): unknown;
  disconnect(): void;
}

interface IoredisModule {
  readonly Redis: new (endpoint: { readonly host: string; readonly port: number }) => Redis;
}
