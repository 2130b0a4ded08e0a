/** One stored value. Times are seconds of the server's own count, see `MemcachedStore.nowSeconds`. */
export interface Item {
  /** latin1, one character a byte. */
  readonly key: string;
  readonly flags: number;
  value: Buffer;
  /** When it is over. 0: never. */
  expiresAt: number;
  usedAt: number;
  cas: bigint;
  wasFetched: boolean;
  wasFetchedAgain: boolean;
  /** Marked by `md I`: to be served with the advice to fetch it anew. */
  isStale: boolean;
  /** Somebody was told to fetch it anew. */
  isTokenSent: boolean;
  /** The key came in base64, and is given back so. */
  isKeyBinary: boolean;
  /** How many replies that are not sent yet hold its bytes. */
  holders: number;
}

const headerBytes = 48;
const casBytes = 8;
const flagBytes = 4;
const keyEndBytes = 1;
const lineEndBytes = 2;
/** `-I`: an item with all that belongs to it is never bigger. */
const itemBytesMax = 1024 * 1024;

/** What memcached 1.6 counts for an item: header, key, flags, cas, value and the end of its line. */
export function itemBytes({
  keyBytes,
  flags,
  valueBytes,
}: {
  readonly keyBytes: number;
  readonly flags: number;
  readonly valueBytes: number;
}): number {
  const forFlags = flags === 0 ? 0 : flagBytes;
  return headerBytes + keyBytes + keyEndBytes + forFlags + valueBytes + lineEndBytes + casBytes;
}

/** Whether memcached would store it at all. */
export function itemFits(item: Parameters<typeof itemBytes>[0]): boolean {
  return itemBytes(item) <= itemBytesMax;
}

const chunkBytesFirst = 96;
const chunkBytesMax = itemBytesMax / 2;
const chunkGrowth = 1.25;
const chunkAlignment = 8;

/** The slab class that memcached 1.6 would keep an item of this size in, as `me` shows it. */
export function slabClass(bytes: number): number {
  let size = chunkBytesFirst;
  let number = 1;
  while (size < chunkBytesMax / chunkGrowth) {
    size = Math.ceil(size / chunkAlignment) * chunkAlignment;
    if (bytes <= size) return number;
    size = Math.floor(size * chunkGrowth);
    number += 1;
  }
  return number;
}
