import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { fromKeyv } from './keyv-stored.ts';
import {
  companionOf,
  countErrors,
  type LayerCalls,
  layerClient,
  loadOrNothing,
} from './layer-client.ts';

/** cacheable with its own memory as the first layer and @keyv/redis as the second, as its README says. */
const cacheable: Target = defineTarget({
  name: 'cacheable',
  package: 'cacheable',
  version: '2.5.0',
  companions: { '@keyv/redis': '5.1.6' },
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of cacheable takes an AbortSignal' },
    { ability: 'deadline', because: 'no call of cacheable takes a deadline' },
    {
      ability: 'asks-each-time',
      because: 'its first layer is in the memory of the process, and is asked first',
    },
    {
      ability: 'own-bytes',
      because: 'callers of getOrSet who share one load are given one and the same object',
    },
    {
      ability: 'last-delete',
      because:
        'it deletes from both layers at once, and a read under way then puts into memory what it had found in the second',
    },
  ],
  unwrap: fromKeyv,
  open: openCacheable,
});
export default cacheable;

/** "Basic Usage" in its README. */
async function openCacheable(options: OpenOptions): Promise<CacheClient> {
  const { Cacheable } = options.library as CacheableModule;
  const { createKeyv } = redisStore(options);
  const secondary = createKeyv(addressOf(options));
  const cache = new Cacheable({ secondary });
  // "Hooks and Events": a failure of the second layer is an event, and the call goes on without that layer.
  return layerClient({ ...callsOf(cache, secondary), errors: countErrors(cache) }, options);
}

function callsOf(cache: Cacheable, secondary: Secondary): LayerCalls {
  return {
    name: 'cacheable',
    get: async (key) => cache.get(key),
    getMany: async (keys) => cache.getMany(keys),
    set: async (key, value, ttlMs) => cache.set(key, value, ttlMs),
    delete: async (key) => cache.delete(key),
    getOrLoad: async (key, load, ttlMs) =>
      loadOrNothing(load, async (loaded) =>
        // "Get Or Set Memoization Function": what the function throws is given to the caller, as with throwErrors it is.
        cache.getOrSet(key, loaded, { ttl: ttlMs, throwErrors: 'function' }),
      ),
    close: async () => secondary.store.disconnect(true),
  };
}

function addressOf({ endpoint: { host, port } }: OpenOptions): string {
  return `redis://${host}:${port}`;
}

function redisStore(options: OpenOptions): KeyvRedisModule {
  return companionOf(options, '@keyv/redis') as KeyvRedisModule;
}

/** What is used of the library. */
interface Cacheable {
  get(key: string): Promise<unknown>;
  getMany(keys: readonly string[]): Promise<readonly unknown[]>;
  set(key: string, value: Buffer, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  getOrSet(
    key: string,
    load: () => Promise<Buffer>,
    options: { readonly ttl: number; readonly throwErrors: 'function' },
  ): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

interface CacheableModule {
  readonly Cacheable: new (options: { readonly secondary: Secondary }) => Cacheable;
}

interface Secondary {
  readonly store: { disconnect(force: boolean): Promise<void> };
}

interface KeyvRedisModule {
  createKeyv(uri: string): Secondary;
}
