import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { countErrors, layerClient } from './layer-client.ts';
import { fromJsonField } from './stored-layers.ts';

/** cachified over cachified-redis-adapter and node-redis, the adapter for Redis that its README names. It keeps nothing in memory. */
const cachified: Target = defineTarget({
  name: 'cachified',
  package: '@epic-web/cachified',
  version: '5.6.3',
  companions: { 'cachified-redis-adapter': '2.0.2', redis: '6.3.1' },
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of cachified takes an AbortSignal' },
    { ability: 'deadline', because: 'no call of cachified takes a deadline' },
  ],
  limits: { ttlStepMs: 1_000, because: 'the adapter gives Redis whole seconds' },
  unwrap: (stored) => fromJsonField(stored, 'value'),
  open: openCachified,
});
export default cachified;

async function openCachified(options: OpenOptions): Promise<CacheClient> {
  const { companions = {} } = options;
  const library = exportsOf<Module>(options.library, 'cachified');
  const adapter = exportsOf<AdapterModule>(
    companions['cachified-redis-adapter'],
    'redisCacheAdapter',
  );
  const { createClient } = companions['redis'] as RedisModule;
  const { host, port } = options.endpoint;
  const redis = createClient({ socket: { host, port } });
  // Without a listener the first failed attempt would end the process; each call that suffers from one rejects anyway.
  countErrors(redis);
  redis.connect().catch((error: unknown) => options.world.log(`redis gave up: ${String(error)}`));
  // "Usage" in the README of the adapter.
  const cache = adapter.redisCacheAdapter(redis);
  const get = async (key: string): Promise<Buffer | undefined> => {
    const entry = await cache.get(key);
    return entry === null || library.isExpired(entry.metadata) === true
      ? undefined
      : bytesOf(entry.value);
  };
  return layerClient(
    {
      name: 'cachified',
      get,
      getMany: async (keys) => Promise.all(keys.map(get)),
      // What is stored is JSON, so bytes go there in base64.
      set: async (key, value, ttlMs) =>
        cache.set(key, library.createCacheEntry(value.toString('base64'), { ttl: ttlMs })),
      delete: async (key) => cache.delete(key),
      getOrLoad: async (key, load, ttlMs) =>
        bytesOf(
          await library.cachified({
            key,
            cache,
            ttl: ttlMs,
            getFreshValue: async ({ metadata }) => {
              const loaded = await load();
              // "Fine-tuning cache metadata based on fresh values": -1 keeps it out of the cache.
              if (loaded === undefined) metadata.ttl = -1;
              return loaded?.toString('base64');
            },
          }),
        ),
      close: async () => redis.destroy(),
    },
    options,
  );
}

/** Their CommonJS builds name what they export in a way that Node does not see from an import: then it is in the default. */
function exportsOf<T extends object>(loaded: unknown, name: keyof T & string): T {
  const { default: inner, ...named } = loaded as { readonly default?: unknown };
  const module = [named, inner].find(
    (each): each is T => typeof each === 'object' && each !== null && name in each,
  );
  if (module === undefined) throw new Error(`a module was loaded that exports no ${name}`);
  return module;
}

function bytesOf(value: unknown): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
}

interface Entry {
  readonly value: unknown;
  readonly metadata: object;
}

interface Cache {
  get(key: string): Promise<Entry | null>;
  set(key: string, entry: Entry): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/** What is used of the library. */
interface Module {
  cachified(options: {
    readonly key: string;
    readonly cache: Cache;
    readonly ttl: number;
    readonly getFreshValue: (context: {
      readonly metadata: { ttl?: number | null };
    }) => Promise<string | undefined>;
  }): Promise<unknown>;
  createCacheEntry(value: string, metadata: { readonly ttl: number }): Entry;
  isExpired(metadata: object): boolean | 'stale';
}

interface AdapterModule {
  redisCacheAdapter(redis: Redis): Cache;
}

interface Redis {
  connect(): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  destroy(): void;
}

interface RedisModule {
  createClient(settings: {
    readonly socket: { readonly host: string; readonly port: number };
  }): Redis;
}
