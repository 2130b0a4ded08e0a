import type { CacheClient } from '../../harness/model/target.ts';

/** A cache in this process: a legal CacheClient, and one that a test can make unwell. */
export interface MemoryCache extends CacheClient {
  readonly values: Map<string, Uint8Array>;
  /** What every call does from now on. A hanging call never ends. */
  state: 'serving' | 'rejecting' | 'hanging';
  /** Reads of the one key are answered with the value of the other, both ways, as a crossed client does. */
  cross(one: string, other: string): void;
}

/** With `readsThrough` it has a `getOrLoad` of its own, and one load for all who ask for a key at the same time. */
export function memoryCache({
  readsThrough = false,
}: {
  readonly readsThrough?: boolean;
} = {}): MemoryCache {
  const values = new Map<string, Uint8Array>();
  const loading = new Map<string, Promise<Uint8Array | undefined>>();
  const crossed = new Map<string, string>();
  const called = async <T>(answer: () => T): Promise<T> => {
    if (cache.state === 'hanging') return new Promise<T>(() => {});
    if (cache.state === 'rejecting') throw new Error('the connection is closed');
    return answer();
  };
  const read = (key: string): Uint8Array | undefined => values.get(crossed.get(key) ?? key);
  const filled = async (
    key: string,
    load: () => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> => {
    const value = await load();
    if (value !== undefined) values.set(key, Uint8Array.from(value));
    return value;
  };
  const getOrLoad: NonNullable<CacheClient['getOrLoad']> = async (key, load) => {
    const found = await called(() => read(key));
    if (found !== undefined) return found;
    const shared = loading.get(key) ?? filled(key, load).finally(() => loading.delete(key));
    loading.set(key, shared);
    return shared;
  };
  const cache: MemoryCache = {
    ...(readsThrough ? { getOrLoad } : {}),
    values,
    state: 'serving',
    cross: (one, other) => void crossed.set(one, other).set(other, one),
    get: async (key) => called(() => read(key)),
    getMany: async (keys) => called(() => keys.map(read)),
    set: async (key, value) => called(() => void values.set(key, Uint8Array.from(value))),
    delete: async (key) => called(() => void values.delete(key)),
    [Symbol.asyncDispose]: async () => {},
  };
  return cache;
}
