import type { Target } from '../harness/model/target.ts';

/** All targets by the word on the command line; a library's file is loaded when it is asked for. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  'cache-manager': async () => (await import('./clients/cache-manager.ts')).default,
  cacheable: async () => (await import('./clients/cacheable.ts')).default,
  catbox: async () => (await import('./clients/catbox.ts')).default,
  'go-redis': async () => (await import('./clients/go-redis.ts')).default,
  jedis: async () => (await import('./clients/jedis.ts')).default,
  ioredis: async () => (await import('./clients/ioredis.ts')).default,
  iovalkey: async () => (await import('./clients/iovalkey.ts')).default,
  keyv: async () => (await import('./clients/keyv.ts')).default,
  memcache: async () => (await import('./clients/memcache.ts')).default,
  'memcache-client': async () => (await import('./clients/memcache-client.ts')).default,
  memcached: async () => (await import('./clients/memcached.ts')).default,
  memjs: async () => (await import('./clients/memjs.ts')).default,
  lettuce: async () => (await import('./clients/lettuce.ts')).default,
  redis: async () => (await import('./clients/redis.ts')).default,
  'redis-py': async () => (await import('./clients/redis-py.ts')).default,
  'redis-rs': async () => (await import('./clients/redis-rs.ts')).default,
  unstorage: async () => (await import('./clients/unstorage.ts')).default,
  'valkey-glide': async () => (await import('./clients/valkey-glide.ts')).default,
  'async-cache-dedupe': async () => (await import('./clients/async-cache-dedupe.ts')).default,
  bentocache: async () => (await import('./clients/bentocache.ts')).default,
  cachified: async () => (await import('./clients/cachified.ts')).default,
  'layered-loader': async () => (await import('./clients/layered-loader.ts')).default,
  'lru-cache': async () => (await import('./clients/lru-cache.ts')).default,
};

/** Those that are programs in another language, each of which is built first; they are evaluated when they are named. */
export const programs: ReadonlySet<string> = new Set([
  'go-redis',
  'jedis',
  'lettuce',
  'redis-py',
  'redis-rs',
]);
