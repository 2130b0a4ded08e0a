import type { TappedCache } from './cache-tap.ts';
import type { Parser } from './entries.ts';
import type { KeyLedger } from './key-ledger.ts';
import { Refusal } from './refusal.ts';

/** A key, and what belongs under it now; undefined where there is no such thing. */
export interface Kept {
  readonly key: string;
  readonly bytes: () => Uint8Array | undefined;
}

/** Where a value lives: its key, how it is read, and how it is loaded and written when the cache does not have it. */
export interface Cached<T> extends Kept {
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
  /** Makes sure that the cache answers, and has nothing under these keys. */
  drop(cached: readonly Kept[]): Promise<void>;
  /** Makes a change in this tick. Resolves when the cache confirmed that it has nothing older; the change is made also when it rejects. */
  change(change: Change): Promise<void>;
  /** Of two moments with the same number nothing has changed under the key between them. */
  generation(key: string): number;
}

export interface Change {
  /** Changes the source of truth. */
  readonly commit: () => void;
  /** What is put into the cache anew. */
  readonly put?: readonly Kept[];
  /** What is dropped from the cache, and loaded when somebody asks for it. */
  readonly drop: readonly Kept[];
}

export interface ReadThroughOptions {
  readonly cache: TappedCache;
  readonly ledger: KeyLedger;
  readonly ttlMs: number;
  readonly onLoad: OnLoad;
}

/**
 * One key is asked for through the client's own read-through where it has one; the ledger counts what it has loaded as a set under way.
 * Otherwise, and for many keys, a miss is loaded and set in one tick, and only when nothing else is being set under that key. A change is committed in one tick, its
 * writes follow the sets that were under way by then, and the ledger tells what the change has made stale. So a value that was
 * loaded before a change is gone from the cache, or known to be stale, when the change is confirmed.
 */
export function createReadThrough(options: ReadThroughOptions): ReadThrough {
  const { cache, ledger, ttlMs, onLoad } = options;
  const put = async (key: string, value: Uint8Array): Promise<void> =>
    ledger.set(key, async () => cache.set(key, value, ttlMs));
  const drop = async ({ key }: Kept): Promise<void> =>
    ledger.delete(key, async () => cache.delete(key));
  const fill = async <T>(cached: Cached<T>): Promise<T | undefined> => {
    const { key, load, encode } = cached;
    const loaded = load();
    const value = loaded === undefined ? undefined : encode(loaded);
    onLoad(key, value);
    if (value !== undefined && !ledger.isBeingSet(key)) await put(key, value);
    return loaded;
  };
  /** What the client's own read-through gives; `undefined` where there is no such thing. */
  const loadedThrough = async <T>(
    { key, bytes }: Cached<T>,
    getOrLoad: NonNullable<TappedCache['getOrLoad']>,
  ): Promise<Uint8Array | undefined> =>
    ledger.loading(key, async (loaded) =>
      getOrLoad(
        key,
        async () => {
          loaded();
          const value = bytes();
          onLoad(key, value);
          return value;
        },
        { ttlMs },
      ),
    );
  return {
    one: async (cached) => {
      const { key } = cached;
      const { getOrLoad } = cache;
      const found =
        getOrLoad === undefined
          ? await ledger.watched(async () => cache.get(key))
          : await loadedThrough(cached, getOrLoad);
      if (found !== undefined && !ledger.isStale(key, found)) return cached.parse(found);
      return found === undefined && getOrLoad !== undefined ? undefined : fill(cached);
    },
    many: async (cached) => {
      if (cached.length === 0) return [];
      const keys = cached.map(({ key }) => key);
      const found = await ledger.watched(async () => cache.getMany(keys));
      return Promise.all(
        cached.map(async (each, index) => {
          const value = found[index];
          if (value === undefined || ledger.isStale(each.key, value)) return fill(each);
          return parsedOrRefused(each.parse, value);
        }),
      );
    },
    put,
    drop: async (cached) => {
      await Promise.all(cached.map(drop));
    },
    change: async ({ commit, put: renewed = [], drop: dropped }) => {
      const formers = [...renewed, ...dropped].map((each) => [each.key, each.bytes()] as const);
      commit();
      for (const [key, former] of formers) ledger.supersede(key, former);
      await Promise.all([
        ...renewed.map(async (each) => {
          const value = each.bytes();
          if (value !== undefined) await put(each.key, value);
        }),
        ...dropped.map(drop),
      ]);
    },
    generation: (key) => ledger.generation(key),
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
