import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CacheProtocol, Endpoint } from '../model/target.ts';
import { memcachedPages } from './sweep-memcached.ts';
import { respPages } from './sweep-resp.ts';

export interface CacheSweepOptions {
  /** Where the cache itself is, past every wire; all primaries of a cluster. */
  readonly endpoints: readonly Endpoint[];
  readonly protocol: CacheProtocol;
  /** Only keys that begin so; all when it is empty. */
  readonly prefix: string;
  readonly keysMax: number;
  readonly onValue: (key: string, value: Uint8Array) => void;
}

/** One key and what it held; null where it was gone by then, or held no string. */
export type SweptPair = readonly [key: string, value: Uint8Array | null];

export interface CacheSwept {
  /** Values that were read. */
  readonly values: number;
  /** Keys that were named and held nothing that could be read. */
  readonly unread: number;
  /** There were more keys than `keysMax`, and the others were not looked at. */
  readonly isCut: boolean;
}

/**
 * Reads what a cache holds, in pages, over connections of its own. Rejects with the signal's reason when aborted, and with what went
 * wrong when the cache does not answer.
 */
export async function sweepCache(
  { endpoints, protocol, prefix, keysMax, onValue }: CacheSweepOptions,
  signal: AbortSignal,
): Promise<CacheSwept> {
  const pagesOf = protocol === 'memcached' ? memcachedPages : respPages;
  const seen = new Set<string>();
  let values = 0;
  let isCut = false;
  for (const endpoint of endpoints) {
    for await (const page of pagesOf({ endpoint, prefix, keysMax }, signal)) {
      for (const [key, value] of page) {
        // A server may name a key twice.
        if (seen.has(key)) continue;
        if (seen.size === keysMax) {
          isCut = true;
          break;
        }
        seen.add(key);
        if (value === null) continue;
        values += 1;
        onValue(key, value);
      }
      if (isCut) break;
      // Whoever presses Ctrl-C is heard between two pages.
      await nextTurn();
      signal.throwIfAborted();
    }
  }
  return { values, unread: seen.size - values, isCut };
}

/** What the pages of one server are read from. */
export interface PagesOptions {
  readonly endpoint: Endpoint;
  readonly prefix: string;
  readonly keysMax: number;
}
