import type { StoredAnswer } from './http-cache-rules.ts';

/** Where answers are kept: several for one key when they vary by fields of the request. */
export interface HttpCacheShelf {
  /** The newest first. */
  entries(key: string): readonly StoredAnswer[];
  /** In the place of `before`, or of what is selected by the same fields. */
  put(key: string, entry: StoredAnswer, before?: StoredAnswer | null): void;
  remove(key: string, entry: StoredAnswer): void;
  /** All that is kept for a key. */
  invalidate(key: string): void;
}

const entriesOfKeyMax = 64;

/** Holds up to so many bytes of bodies; the keys that were not used for longest are given up first. */
export function createHttpCacheShelf(bytesMax: number): HttpCacheShelf {
  const shelf = new Map<string, readonly StoredAnswer[]>();
  let bytes = 0;
  const set = (key: string, entries: readonly StoredAnswer[]): void => {
    bytes -= sizeOf(shelf.get(key) ?? []);
    shelf.delete(key);
    if (entries.length === 0) return;
    shelf.set(key, entries);
    bytes += sizeOf(entries);
  };
  return {
    entries: (key) => {
      const entries = shelf.get(key) ?? [];
      if (entries.length > 0) set(key, entries);
      return entries;
    },
    put: (key, entry, before = null) => {
      const others = (shelf.get(key) ?? []).filter(
        (other) => other !== before && !isSameSelection(other, entry),
      );
      set(key, [entry, ...others].slice(0, entriesOfKeyMax));
      for (const oldest of shelf.keys()) {
        if (bytes <= bytesMax) break;
        set(oldest, []);
      }
    },
    remove: (key, entry) =>
      set(
        key,
        (shelf.get(key) ?? []).filter((other) => other !== entry),
      ),
    invalidate: (key) => set(key, []),
  };
}

const fieldsBytes = 1_024;

function sizeOf(entries: readonly StoredAnswer[]): number {
  return entries.reduce((sum, { answer }) => sum + answer.body.length + fieldsBytes, 0);
}

function isSameSelection(one: StoredAnswer, other: StoredAnswer): boolean {
  return JSON.stringify(one.selecting) === JSON.stringify(other.selecting);
}
