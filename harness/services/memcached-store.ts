import type { Clock } from '../model/world.ts';
import { type Item, itemBytes, itemFits } from './memcached-item.ts';
import { parseUint64 } from './memcached-number.ts';

/** How a value is stored. */
export type StoreMode = 'add' | 'set' | 'replace' | 'append' | 'prepend' | 'cas';
export type StoreOutcome = 'stored' | 'exists' | 'missing' | 'not-stored';
export type DeltaOutcome =
  | { readonly state: 'changed'; readonly item: Item; readonly text: string }
  | { readonly state: 'missing' | 'mismatch' | 'not-a-number' | 'too-large' };

export interface StoreRequest {
  readonly mode: StoreMode;
  /** With mode `cas`: an older number is taken too, and what is stored is marked stale. */
  readonly takesStale?: boolean;
}

export interface DeltaRequest {
  readonly isIncrement: boolean;
  readonly delta: bigint;
  /** 0: whatever it is. */
  readonly cas: bigint;
}

/** What a memcached server stores, and its rules of time. Keys are latin1, one character a byte. */
export interface MemcachedStore {
  /** Whole seconds since a moment 62 s before the start: never zero, as zero means never. */
  nowSeconds(): number;
  /** The second that an expiry time of a request means: 0 never, up to 30 days from now, beyond that since 1970. */
  expiry(seconds: number): number;
  /** The item, when it is there and not over. `use` counts as a read of it. */
  find(key: string, use: 'read' | 'look'): Item | null;
  /** An item that is not stored yet. */
  create(item: Pick<Item, 'key' | 'flags' | 'value' | 'expiresAt' | 'cas'>): Item;
  /** Stores an item, or says why not. `item.cas`, when it is not 0, has to be that of the item in its place. */
  store(item: Item, request: StoreRequest): StoreOutcome;
  /** Stores it whatever is there. */
  link(item: Item): void;
  unlink(item: Item): void;
  /** A cas number that was never given before. */
  nextCas(): bigint;
  change(key: string, request: DeltaRequest): DeltaOutcome;
  /** Everything that is there when the second comes is over. 0: now. */
  flush(seconds: number): void;
  statistics(): StoreStatistics;
  /** Those that are there and not over. */
  items(): readonly Item[];
}

export interface StoreStatistics {
  readonly items: number;
  readonly itemsEver: number;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly evictions: number;
  readonly startUnixSeconds: number;
}

export interface MemcachedStoreOptions {
  readonly clock: Pick<Clock, 'nowNs'>;
  /** What the wall clock showed when the run's clock was at zero, in milliseconds since 1970. */
  readonly startUnixMs: number;
  /** Beyond this the items that were not read for longest are given up. 64 MiB unless told, as in memcached. */
  readonly usedBytesMax?: number;
}

const secondsBeforeStart = 62;
const relativeSecondsMax = 30 * 24 * 60 * 60;
const usedBytesDefault = 64 * 1024 * 1024;
/** An expiry time that is below zero is over at once: it counts as this one, long ago. */
const longAgo = relativeSecondsMax + 1;

/** An empty store. It reads the given clock and nothing else, and looks at an item's time when the item is asked for. */
export function createMemcachedStore(options: MemcachedStoreOptions): MemcachedStore {
  const { clock, startUnixMs, usedBytesMax = usedBytesDefault } = options;
  const unixSeconds = (): number => Math.floor((startUnixMs + clock.nowNs() / 1e6) / 1000);
  const zeroUnixSeconds = unixSeconds() - secondsBeforeStart;
  const nowSeconds = (): number => unixSeconds() - zeroUnixSeconds;
  const items = new Map<string, Item>();
  let usedBytes = 0;
  let lastCas = 0n;
  let itemsEver = 0;
  let evictions = 0;
  let flush = { at: 0, cas: 0n };

  const nextCas = (): bigint => {
    lastCas += 1n;
    return lastCas;
  };
  const isFlushed = (item: Item): boolean => {
    if (flush.at === 0 || flush.at > nowSeconds()) return false;
    return item.usedAt <= flush.at || (flush.cas !== 0n && item.cas < flush.cas);
  };
  const unlink = (item: Item): void => {
    if (items.get(item.key) !== item) return;
    items.delete(item.key);
    usedBytes -= sizeOf(item);
  };
  const evict = (): void => {
    for (const item of items.values()) {
      if (usedBytes <= usedBytesMax) return;
      unlink(item);
      evictions += 1;
    }
  };
  const link = (item: Item): void => {
    const before = items.get(item.key);
    if (before !== undefined) unlink(before);
    item.usedAt = nowSeconds();
    item.cas = nextCas();
    items.set(item.key, item);
    usedBytes += sizeOf(item);
    itemsEver += 1;
    evict();
  };
  const find = (key: string, use: 'read' | 'look'): Item | null => {
    const item = items.get(key);
    if (item === undefined) return null;
    if (isFlushed(item) || isOver(item, nowSeconds())) {
      unlink(item);
      return null;
    }
    if (use === 'read') {
      noteRead(item, nowSeconds());
      items.delete(key);
      items.set(key, item);
    }
    return item;
  };
  const store = (item: Item, request: StoreRequest): StoreOutcome => {
    const before = find(item.key, 'look');
    const result = before === null ? onNothing(item, request) : onItem(item, { before, request });
    if (before !== null && request.mode === 'add') before.usedAt = nowSeconds();
    if (typeof result === 'string') return result;
    link(result);
    item.cas = result.cas;
    return 'stored';
  };
  const change = (key: string, { isIncrement, delta, cas }: DeltaRequest): DeltaOutcome => {
    const item = find(key, 'look');
    if (item === null) return { state: 'missing' };
    if (item.value.length === 0 || isInChunks(item)) return { state: 'not-a-number' };
    if (cas !== 0n && item.cas !== cas) return { state: 'mismatch' };
    const before = parseUint64(item.value.toString('latin1'));
    if (before === null) return { state: 'not-a-number' };
    const text = changed(before, { isIncrement, delta }).toString();
    if (text.length <= item.value.length && item.holders === 0) {
      item.cas = nextCas();
      item.value = Buffer.from(text.padEnd(item.value.length, ' '), 'latin1');
      item.usedAt = nowSeconds();
      return { state: 'changed', item, text };
    }
    const replacement = copyOf(item, Buffer.from(text, 'latin1'));
    if (!itemFits(measures(replacement))) return { state: 'too-large' };
    link(replacement);
    // What is changed afterwards, a time to live say, changes the item that was replaced: so does memcached 1.6.18.
    item.cas = replacement.cas;
    return { state: 'changed', item, text };
  };
  return {
    nowSeconds,
    expiry: (seconds) => {
      const since = seconds < 0 ? longAgo : seconds;
      if (since === 0) return 0;
      if (since <= relativeSecondsMax) return since + nowSeconds();
      return Math.max(1, since - zeroUnixSeconds);
    },
    find,
    items: () => [...items.keys()].flatMap((key) => find(key, 'look') ?? []),
    create: newItem,
    store,
    link,
    unlink,
    nextCas,
    change,
    flush: (seconds) => {
      // An earlier flush is not taken back by one that comes into force later only.
      for (const item of items.values()) if (isFlushed(item)) unlink(item);
      flush = { ...flush, at: (seconds === 0 ? nowSeconds() : seconds) - 1 };
      if (flush.at <= nowSeconds()) flush.cas = nextCas();
    },
    statistics: () => ({
      items: items.size,
      itemsEver,
      bytes: usedBytes,
      bytesMax: usedBytesMax,
      evictions,
      startUnixSeconds: zeroUnixSeconds + secondsBeforeStart,
    }),
  };
}

function newItem(item: Pick<Item, 'key' | 'flags' | 'value' | 'expiresAt' | 'cas'>): Item {
  return {
    ...item,
    usedAt: 0,
    wasFetched: false,
    wasFetchedAgain: false,
    isStale: false,
    isTokenSent: false,
    isKeyBinary: false,
    holders: 0,
  };
}

/** Everything of an item that memcached keeps when it makes a longer or shorter one of it: the marks are not among it. */
function copyOf({ key, flags, expiresAt }: Item, value: Buffer): Item {
  return newItem({ key, flags, expiresAt, value, cas: 0n });
}

function measures({ key, flags, value }: Item): Parameters<typeof itemBytes>[0] {
  return { keyBytes: key.length, flags, valueBytes: value.length };
}

function sizeOf(item: Item): number {
  return itemBytes(measures(item));
}

/** A value that is kept in several pieces is no number to memcached, whatever it says. */
function isInChunks(item: Item): boolean {
  return sizeOf(item) > 512 * 1024;
}

function isOver({ expiresAt }: Item, now: number): boolean {
  return expiresAt !== 0 && expiresAt <= now;
}

function noteRead(item: Item, now: number): void {
  if (item.wasFetchedAgain) return;
  if (!item.wasFetched) {
    item.wasFetched = true;
    return;
  }
  item.wasFetchedAgain = true;
  item.usedAt = now;
}

function onNothing(item: Item, { mode }: StoreRequest): Item | StoreOutcome {
  if (mode === 'add' || mode === 'set') return item;
  return mode === 'cas' ? 'missing' : 'not-stored';
}

function onItem(
  item: Item,
  { before, request }: { readonly before: Item; readonly request: StoreRequest },
): Item | StoreOutcome {
  const { mode, takesStale = false } = request;
  switch (mode) {
    case 'add':
      return 'not-stored';
    case 'set':
    case 'replace':
      return item;
    case 'cas':
      if (item.cas !== 0n && item.cas === before.cas) return item;
      if (item.cas === 0n || !takesStale || item.cas > before.cas) return 'exists';
      item.expiresAt = before.expiresAt;
      item.isStale = true;
      item.isTokenSent = before.isTokenSent;
      return item;
    case 'append':
    case 'prepend': {
      if (item.cas !== 0n && item.cas !== before.cas) return 'exists';
      const parts = mode === 'append' ? [before.value, item.value] : [item.value, before.value];
      const joined = copyOf(before, Buffer.concat(parts));
      return itemFits(measures(joined)) ? joined : 'not-stored';
    }
    default:
      return mode satisfies never;
  }
}

function changed(
  before: bigint,
  { isIncrement, delta }: Pick<DeltaRequest, 'isIncrement' | 'delta'>,
): bigint {
  if (isIncrement) return BigInt.asUintN(64, before + delta);
  return delta > before ? 0n : before - delta;
}
