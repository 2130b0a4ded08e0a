/** Walks a map in parts, by cursors that stay good while the map changes between two parts. */
export interface Scanner {
  /** `next` is 0 when the walk is over. Each part looks at no more than `count` keys. */
  scan(cursor: number, count: number): { readonly next: number; readonly keys: readonly string[] };
}

/** Walks that are kept where they stopped; an older one starts again from the beginning and skips. */
const suspendedMax = 64;

/**
 * A map keeps the order in which its keys came, and each entry has a rising ordinal: the cursor is the ordinal behind
 * which to go on. So a key that is there during the whole walk is given exactly once, which is more than Redis promises.
 */
export function createScanner(entries: ReadonlyMap<string, { readonly ordinal: number }>): Scanner {
  const suspended = new Map<number, MapIterator<string>>();

  const resume = (cursor: number): MapIterator<string> => {
    const walk = suspended.get(cursor);
    suspended.delete(cursor);
    return walk ?? entries.keys();
  };
  const suspend = (cursor: number, walk: MapIterator<string>): void => {
    suspended.set(cursor, walk);
    const [oldest] = suspended.keys();
    if (suspended.size > suspendedMax && oldest !== undefined) suspended.delete(oldest);
  };
  return {
    scan: (cursor, count) => {
      const walk = resume(cursor);
      const keys: string[] = [];
      let last = cursor;
      for (let next = walk.next(); next.done !== true; next = walk.next()) {
        const ordinal = entries.get(next.value)?.ordinal ?? 0;
        if (ordinal <= cursor) continue;
        keys.push(next.value);
        last = ordinal;
        if (keys.length === count) {
          suspend(last, walk);
          return { next: last, keys };
        }
      }
      return { next: 0, keys };
    },
  };
}
