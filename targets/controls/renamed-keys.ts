import type { CacheClient } from '../../harness/model/target.ts';

/** The same client, and every key goes to the cache as `rename` says. */
export function renamedKeys(client: CacheClient, rename: (key: string) => string): CacheClient {
  return {
    ...client,
    get: async (key, options) => client.get(rename(key), options),
    getMany: async (keys, options) => client.getMany(keys.map(rename), options),
    set: async (key, value, ttlMs) => client.set(rename(key), value, ttlMs),
    delete: async (key) => client.delete(rename(key)),
  };
}
