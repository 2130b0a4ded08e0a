import type { TappedCache } from './cache-tap.ts';
import type { Parser } from './entries.ts';
import { Refusal } from './refusal.ts';

/** Where a value lives: its key, how it is read, and how it is loaded and written when the cache does not have it. */
export interface Cached<T> {
  readonly key: string;
  readonly parse: Parser<T>;
  /** From the source of truth; undefined where there is no such thing, and then nothing is cached. */
  readonly load: () => T | undefined;
  readonly encode: (value: T) => Uint8Array;
}

/** Told of every load from the source of truth: what it is for, and what would be cached; undefined where there is nothing. */
export type OnLoad = (key: string, loaded: Uint8Array | undefined) => void;

/** One request's way to the cache. Each call rejects with a Refusal of 503 when the cache fails. */
export interface ReadThrough {
  one<T>(cached: Cached<T>): Promise<T | undefined>;
  /** All keys with one `getMany`. A value of another shape refuses its own place only. */
  many<T>(cached: readonly Cached<T>[]): Promise<readonly (T | Refusal | undefined)[]>;
  put(key: string, value: Uint8Array): Promise<void>;
  drop(keys: readonly string[]): Promise<void>;
}

export interface ReadThroughOptions {
  readonly cache: TappedCache;
  readonly ttlMs: number;
  readonly onLoad: OnLoad;
}

/**
 * A miss is loaded and set in one tick, and a change of the source of truth drops keys in the tick that it was made in. So on a
 * client that keeps the order of its commands no old value is set after the drop that was meant to end it.
 */
export function createReadThrough({ cache, ttlMs, onLoad }: ReadThroughOptions): ReadThrough {
  const fill = async <T>({ key, load, encode }: Cached<T>): Promise<T | undefined> => {
    const loaded = load();
    const value = loaded === undefined ? undefined : encode(loaded);
    onLoad(key, value);
    if (value !== undefined) await cache.set(key, value, ttlMs);
    return loaded;
  };
  return {
    one: async (cached) => {
      const found = await cache.get(cached.key);
      return found === undefined ? fill(cached) : cached.parse(found);
    },
    many: async (cached) => {
      if (cached.length === 0) return [];
      const found = await cache.getMany(cached.map(({ key }) => key));
      return Promise.all(
        cached.map(async (each, index) => {
          const value = found[index];
          return value === undefined ? fill(each) : parsedOrRefused(each.parse, value);
        }),
      );
    },
    put: async (key, value) => cache.set(key, value, ttlMs),
    drop: async (keys) => {
      await Promise.all(keys.map(async (key) => cache.delete(key)));
    },
  };
}

function parsedOrRefused<T>(parse: Parser<T>, value: Uint8Array): T | Refusal {
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
