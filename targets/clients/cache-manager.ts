import type { CacheClient, Lack, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { fromKeyv } from './keyv-stored.ts';
import { companionOf, layerClient, loadOrNothing } from './layer-client.ts';

const lacks: readonly Lack[] = [
  { ability: 'abort-signal', because: 'no call of cache-manager takes an AbortSignal' },
  { ability: 'deadline', because: 'no call of cache-manager takes a deadline' },
  {
    ability: 'told-errors',
    because: 'its get and mget go on to the next store when one fails, and answer undefined',
  },
  {
    ability: 'own-bytes',
    because: 'callers of wrap who share one load are given one and the same object',
  },
];

const tieredLacks: readonly Lack[] = [
  ...lacks,
  {
    ability: 'asks-each-time',
    because: 'its first store is in the memory of the process, and is asked first',
  },
  {
    ability: 'last-delete',
    because:
      'it deletes from all stores at once, and a read under way then puts into memory what it had found in the second',
  },
];

/** cache-manager 7 over @keyv/redis; `tiered` has memory in front of it, as in its README. */
const cacheManager: Target = defineTarget({
  name: 'cache-manager',
  package: 'cache-manager',
  version: '7.2.9',
  companions: { '@keyv/redis': '5.1.6', cacheable: '2.5.0', keyv: '5.6.0' },
  protocol: 'resp',
  lacks,
  variants: {
    tiered: { says: 'CacheableMemory in front of Redis', lacks: tieredLacks, open: openTiered },
  },
  unwrap: fromKeyv,
  open: openSingle,
});
export default cacheManager;

/** One store, as the part of the README of @keyv/redis on NestJS has it. */
async function openSingle(options: OpenOptions): Promise<CacheClient> {
  const redis = redisStore(options);
  return clientOver([redis], redis, options);
}

/** "Quick start" in its README, with its numbers. */
async function openTiered(options: OpenOptions): Promise<CacheClient> {
  const { CacheableMemory } = companionOf(options, 'cacheable') as CacheableModule;
  const { Keyv } = companionOf(options, 'keyv') as KeyvModule;
  const memory = new Keyv({ store: new CacheableMemory({ ttl: 60_000, lruSize: 5_000 }) });
  const redis = redisStore(options);
  return clientOver([memory, redis], redis, options);
}

function redisStore(options: OpenOptions): RedisStore {
  const { host, port } = options.endpoint;
  const { createKeyv } = companionOf(options, '@keyv/redis') as KeyvRedisModule;
  const redis = createKeyv(`redis://${host}:${port}`, {
    // "set" and "del" in its README throw when a store fails, which Keyv does when it is told so (README of @keyv/redis, "Gracefully
    // Handling Errors and Timeouts").
    throwOnErrors: true,
  });
  redis.on('error', () => {});
  return redis;
}

function clientOver(
  stores: readonly object[],
  redis: RedisStore,
  options: OpenOptions,
): CacheClient {
  const { createCache } = options.library as CacheManagerModule;
  const cache = createCache({ stores });
  return layerClient(
    {
      name: 'cache-manager',
      get: async (key) => cache.get(key),
      getMany: async (keys) => cache.mget(keys),
      set: async (key, value, ttlMs) => cache.set(key, value, ttlMs),
      delete: async (key) => cache.del(key),
      getOrLoad: async (key, load, ttlMs) =>
        loadOrNothing(load, async (loaded) => cache.wrap(key, loaded, ttlMs)),
      close: async () => redis.store.disconnect(true),
    },
    options,
  );
}

/** What is used of the library. */
interface Cache {
  get(key: string): Promise<unknown>;
  mget(keys: readonly string[]): Promise<readonly unknown[]>;
  set(key: string, value: Buffer, ttlMs: number): Promise<unknown>;
  del(key: string): Promise<boolean>;
  wrap(key: string, load: () => Promise<Buffer>, ttlMs: number): Promise<unknown>;
}

interface CacheManagerModule {
  createCache(options: { readonly stores: readonly object[] }): Cache;
}

interface RedisStore {
  readonly store: { disconnect(force: boolean): Promise<void> };
  on(event: 'error', listener: () => void): unknown;
}

interface KeyvRedisModule {
  createKeyv(uri: string, options: { readonly throwOnErrors: boolean }): RedisStore;
}

interface KeyvModule {
  readonly Keyv: new (options: { readonly store: object }) => object;
}

interface CacheableModule {
  readonly CacheableMemory: new (options: {
    readonly ttl: number;
    readonly lruSize: number;
  }) => object;
}
