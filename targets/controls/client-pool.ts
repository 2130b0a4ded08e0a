import type { CacheClient } from '../../harness/model/target.ts';

/** Several clients taken in turn, each by one call at a time where there are enough of them. */
export interface ClientPool {
  /** Makes one call on the client that was given back longest ago. */
  use<T>(call: (client: CacheClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function clientPool(clients: readonly CacheClient[]): ClientPool {
  const free = [...clients];
  const waiting: ((client: CacheClient) => void)[] = [];
  const take = async (): Promise<CacheClient> => {
    const client = free.shift();
    return client ?? new Promise((resolve) => waiting.push(resolve));
  };
  const giveBack = (client: CacheClient): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(client);
    else next(client);
  };
  return {
    use: async (call) => {
      const client = await take();
      try {
        return await call(client);
      } finally {
        giveBack(client);
      }
    },
    close: async () => {
      await Promise.all(clients.map(async (client) => client[Symbol.asyncDispose]()));
    },
  };
}

/** The same calls as on one client, each made on a client of the pool. */
export function pooled(pool: ClientPool): CacheClient {
  return {
    get: async (key, options) => pool.use(async (client) => client.get(key, options)),
    getMany: async (keys, options) => pool.use(async (client) => client.getMany(keys, options)),
    set: async (key, value, ttlMs) => pool.use(async (client) => client.set(key, value, ttlMs)),
    delete: async (key) => pool.use(async (client) => client.delete(key)),
    [Symbol.asyncDispose]: async () => pool.close(),
  };
}
