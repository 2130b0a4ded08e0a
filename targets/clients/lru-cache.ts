import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { layerClient } from './layer-client.ts';

/**
 * lru-cache in front of Redis. The library itself is memory only, and the cloud needs a cache that outlives its process and that a fault
 * can reach, so its `fetchMethod` asks Redis first (through ioredis), and loads and stores there what is missing: a second level as an
 * application writes it. What is judged is this pair, with the library's `fetch` on top.
 */
const lruCache: Target = defineTarget({
  name: 'lru-cache',
  package: 'lru-cache',
  version: '11.5.3',
  companions: { ioredis: '6.0.0' },
  protocol: 'resp',
  lacks: [
    {
      ability: 'abort-signal',
      because: 'a fetch that several callers wait for would end for all of them',
    },
    { ability: 'deadline', because: 'no call of lru-cache takes a deadline' },
    {
      ability: 'asks-each-time',
      because: 'it is a memory of the process, and is asked first',
    },
    { ability: 'own-bytes', because: 'everybody is given the very thing that is in its memory' },
  ],
  open: openLruCache,
});
export default lruCache;

async function openLruCache(options: OpenOptions): Promise<CacheClient> {
  const { companions = {} } = options;
  const { LRUCache } = options.library as Module;
  const { Redis } = companions['ioredis'] as IoredisModule;
  const redis = new Redis(options.endpoint);
  // Without a listener ioredis prints every failed attempt; each call that suffers from one rejects anyway.
  redis.on('error', () => {});
  const memory = new LRUCache({
    // "Either max, ttl or maxSize is required": by number here, as in its first example.
    max: 10_000,
    fetchMethod: async (key, _stale, { context: { load, ttlMs } }) => {
      const found = await redis.getBuffer(key);
      if (found !== null) return found;
      const loaded = await load();
      if (loaded !== undefined) await redis.set(key, loaded, 'PX', Math.ceil(ttlMs));
      return loaded;
    },
  });
  return layerClient(
    {
      name: 'lru-cache',
      get: async (key) => memory.get(key) ?? redis.getBuffer(key),
      getMany: async (keys) => {
        if (keys.every((key) => memory.has(key))) return keys.map((key) => memory.get(key));
        const found = await redis.mgetBuffer(keys);
        return keys.map((key, index) => memory.get(key) ?? found[index]);
      },
      set: async (key, value, ttlMs) => {
        await redis.set(key, value, 'PX', Math.ceil(ttlMs));
        memory.set(key, Buffer.from(value), { ttl: Math.ceil(ttlMs) });
      },
      delete: async (key) => {
        try {
          await redis.del(key);
        } finally {
          // Afterwards, and whatever became of it: this ends a fetch that may have read the old value before.
          memory.delete(key);
        }
      },
      getOrLoad: async (key, load, ttlMs) =>
        memory.fetch(key, { ttl: Math.ceil(ttlMs), context: { load, ttlMs } }),
      close: async () => redis.disconnect(),
    },
    options,
  );
}

interface Context {
  readonly load: () => Promise<Buffer | undefined>;
  readonly ttlMs: number;
}

/** What is used of the library. */
interface Memory {
  get(key: string): Buffer | undefined;
  has(key: string): boolean;
  set(key: string, value: Buffer, options: { readonly ttl: number }): unknown;
  delete(key: string): boolean;
  fetch(
    key: string,
    options: { readonly ttl: number; readonly context: Context },
  ): Promise<Buffer | undefined>;
}

interface Module {
  readonly LRUCache: new (options: {
    readonly max: number;
    readonly fetchMethod: (
      key: string,
      stale: Buffer | undefined,
      options: { readonly context: Context },
    ) => Promise<Buffer | undefined>;
  }) => Memory;
}

interface Redis {
  getBuffer(key: string): Promise<Buffer | null>;
  mgetBuffer(keys: readonly string[]): Promise<readonly (Buffer | null)[]>;
  set(key: string, value: Buffer, unit: 'PX', ttlMs: number): Promise<unknown>;
  del(key: string): Promise<number>;
  on(event: 'error', listener: () => void): unknown;
  disconnect(): void;
}

interface IoredisModule {
  readonly Redis: new (endpoint: { readonly host: string; readonly port: number }) => Redis;
}
