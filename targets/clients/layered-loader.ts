import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { layerClient } from './layer-client.ts';
import { fromBase64 } from './stored-layers.ts';

/** layered-loader with its in-memory cache before its RedisCache, as "Basic example" in its README has it. */
const layeredLoader: Target = defineTarget({
  name: 'layered-loader',
  package: 'layered-loader',
  version: '16.1.0',
  companions: { ioredis: '6.0.0' },
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of layered-loader takes an AbortSignal' },
    { ability: 'deadline', because: 'no call of layered-loader takes a deadline' },
    {
      ability: 'asks-each-time',
      because: 'its first cache is in the memory of the process, and is asked first',
    },
  ],
  keyPrefix: 'layered-cache:',
  unwrap: fromBase64,
  open: openLayeredLoader,
});
export default layeredLoader;

/**
 * A loader has one time to live for all that it keeps, so each time to live that is asked for gets its loader; they share their place in
 * Redis. The cloud has one. What one of them changes is told to the others as the README has it for a change elsewhere.
 */
async function openLayeredLoader(options: OpenOptions): Promise<CacheClient> {
  const { companions = {} } = options;
  const library = options.library as Module;
  const { Redis } = companions['ioredis'] as IoredisModule;
  // "Using enrichRedisConfig for your own connections".
  const redis = new Redis(library.enrichRedisConfig(options.endpoint));
  // Without a listener ioredis prints every failed attempt; each call that suffers from one rejects anyway.
  redis.on('error', () => {});
  let errors = 0;
  const loaders = new Map<number, Layers>();
  const layersFor = (ttlMs: number): Layers => {
    const ttlInMsecs = Math.ceil(ttlMs);
    const known = loaders.get(ttlInMsecs);
    if (known !== undefined) return known;
    const store = new library.RedisCache(redis, { ttlInMsecs });
    const loader = new library.Loader({
      inMemoryCache: { cacheType: 'lru-map', ttlInMsecs, maxItems: 10_000 },
      asyncCache: store,
      cacheKeyFromLoadParamsResolver: ({ key }) => key,
      // What is stored is text, so bytes go there in base64.
      dataSourceGetOneFn: async ({ load }) => (await load())?.toString('base64'),
      // "Loader API": what fails in a cache goes to this handler, and the call goes on.
      cacheUpdateErrorHandler: () => {
        errors += 1;
      },
      logger: { error: () => {} },
    });
    const layers = { loader, store };
    loaders.set(ttlInMsecs, layers);
    return layers;
  };
  const shortest = (): Layers => layersFor(Math.min(...loaders.keys(), defaultTtlMs));
  const tellOthers = (key: string, changed: Loader): void => {
    for (const { loader } of loaders.values())
      if (loader !== changed) loader.applyRemoteInvalidationFor(key);
  };
  return layerClient(
    {
      name: 'layered-loader',
      get: async (key) => {
        const { loader, store } = shortest();
        return bytesOf(loader.getInMemoryOnly({ key }) ?? (await store.get(key)));
      },
      getMany: async (keys) => pageOf(shortest(), keys),
      // "Forcing a specific value".
      set: async (key, value, ttlMs) => {
        const { loader } = layersFor(ttlMs);
        await loader.forceSetValue(key, value.toString('base64'));
        tellOthers(key, loader);
      },
      delete: async (key) => {
        const { loader } = shortest();
        await loader.invalidateCacheFor(key);
        tellOthers(key, loader);
      },
      getOrLoad: async (key, load, ttlMs) =>
        bytesOf(await layersFor(ttlMs).loader.get({ key, load })),
      errors: () => errors,
      close: async () => redis.disconnect(),
    },
    options,
  );
}

/** Its own default. */
const defaultTtlMs = 600_000;

interface Layers {
  readonly loader: Loader;
  readonly store: RedisCache;
}

/** What memory has not is asked of Redis with one MGET; what that found comes back in the order of the keys, without those that are missing. */
async function pageOf(
  { loader, store }: Layers,
  keys: readonly string[],
): Promise<readonly (Buffer | undefined)[]> {
  const values = new Map<string, string | undefined>();
  for (const key of keys) values.set(key, loader.getInMemoryOnly({ key }));
  const asked = [...values.keys()].filter((key) => values.get(key) === undefined);
  if (asked.length > 0) {
    const { resolvedValues, unresolvedKeys } = await store.getMany(asked);
    const absent = new Set(unresolvedKeys);
    const found = asked.filter((key) => !absent.has(key));
    for (const [index, key] of found.entries()) values.set(key, resolvedValues[index]);
  }
  return keys.map((key) => bytesOf(values.get(key)));
}

function bytesOf(value: unknown): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
}

interface Asked {
  readonly key: string;
  readonly load: () => Promise<Buffer | undefined>;
}

/** What is used of the library. */
interface Loader {
  get(asked: Asked): Promise<string | undefined>;
  getInMemoryOnly(asked: Pick<Asked, 'key'>): string | undefined;
  forceSetValue(key: string, value: string): Promise<void>;
  invalidateCacheFor(key: string): Promise<void>;
  applyRemoteInvalidationFor(key: string): void;
}

interface RedisCache {
  get(key: string): Promise<string | undefined>;
  getMany(keys: readonly string[]): Promise<{
    readonly resolvedValues: readonly string[];
    readonly unresolvedKeys: readonly string[];
  }>;
}

interface Module {
  readonly Loader: new (options: {
    readonly inMemoryCache: {
      readonly cacheType: 'lru-map';
      readonly ttlInMsecs: number;
      readonly maxItems: number;
    };
    readonly asyncCache: RedisCache;
    readonly cacheKeyFromLoadParamsResolver: (asked: Pick<Asked, 'key'>) => string;
    readonly dataSourceGetOneFn: (asked: Asked) => Promise<string | undefined>;
    readonly cacheUpdateErrorHandler: () => void;
    readonly logger: { error(): void };
  }) => Loader;
  readonly RedisCache: new (redis: Redis, options: { readonly ttlInMsecs: number }) => RedisCache;
  enrichRedisConfig<T extends object>(options: T): T;
}

interface Redis {
  on(event: 'error', listener: () => void): unknown;
  disconnect(): void;
}

interface IoredisModule {
  readonly Redis: new (options: { readonly host: string; readonly port: number }) => Redis;
}
