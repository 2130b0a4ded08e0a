import { createScanner } from './scanner.ts';

/** What a key can hold. Keys, fields and members are latin1 texts: one character a byte. */
export type Value =
  | { readonly type: 'string'; readonly bytes: Buffer }
  | { readonly type: 'hash'; readonly fields: Map<string, Buffer> }
  | { readonly type: 'set'; readonly members: Set<string> };

/** One connection's WATCH: `isBroken` once a watched key was changed by anyone. */
export interface Watch {
  isBroken: boolean;
}

/** One numbered database. A key whose time has passed is never seen by any of these. */
export interface Database {
  find(key: string): Value | undefined;
  /** Stores a value; the time to live ends unless it is to be kept. */
  put(key: string, value: Value, options?: { readonly keepExpiry: boolean }): void;
  remove(key: string): boolean;
  /** To be called after a hash or set was changed in place, with the bytes it grew by. An empty one is removed. */
  changed(key: string, grownBytes: number): void;
  /** Milliseconds since 1970, or undefined for a key that stays. */
  expiryMs(key: string): bigint | undefined;
  /** Sets or ends the time to live of a key that is there. A time that has passed removes the key. */
  setExpiry(key: string, atMs: bigint | undefined): void;
  rename(from: string, to: string): void;
  keys(): string[];
  scan(cursor: number, count: number): { readonly next: number; readonly keys: readonly string[] };
  size(): number;
  expiringSize(): number;
  clear(): void;
  watch(key: string, watch: Watch): void;
  unwatch(key: string, watch: Watch): void;
}

export interface DatabaseOptions {
  readonly nowMs: () => bigint;
  /** Shared by all databases of a keyspace. */
  readonly usage: { bytes: number };
}

interface Entry {
  value: Value;
  bytes: number;
  /** Rises with every new key, so that a scan can say where it stopped. */
  readonly ordinal: number;
}

const entryBytes = 64;
/** Keys whose time may have passed that are looked at with every write, so that what nobody reads again goes too. */
const sweptKeysMax = 4;

/** An empty database. */
export function createDatabase({ nowMs, usage }: DatabaseOptions): Database {
  const entries = new Map<string, Entry>();
  const expiries = new Map<string, bigint>();
  const watches = new Map<string, Set<Watch>>();
  const scanner = createScanner(entries);
  let ordinal = 0;
  let sweep = expiries.entries();

  const touch = (key: string): void => {
    for (const watch of watches.get(key) ?? []) watch.isBroken = true;
  };
  const remove = (key: string): boolean => {
    const entry = entries.get(key);
    if (entry === undefined) return false;
    usage.bytes -= entry.bytes;
    entries.delete(key);
    expiries.delete(key);
    touch(key);
    return true;
  };
  const isPast = (atMs: bigint): boolean => atMs <= nowMs();
  /** Redis still serves a key in the very millisecond of its expiry. */
  const expire = (key: string): void => {
    const atMs = expiries.get(key);
    if (atMs !== undefined && atMs < nowMs()) remove(key);
  };
  const sweepSome = (): void => {
    for (let looked = 0; looked < sweptKeysMax; looked += 1) {
      const next = sweep.next();
      if (next.done === true) {
        sweep = expiries.entries();
        return;
      }
      expire(next.value[0]);
    }
  };
  const sweepAll = (): void => {
    for (const key of expiries.keys()) expire(key);
  };
  const find = (key: string): Value | undefined => {
    expire(key);
    return entries.get(key)?.value;
  };
  const put: Database['put'] = (key, value, options) => {
    sweepSome();
    const bytes = entryBytes + key.length + sizeOf(value);
    const entry = entries.get(key);
    usage.bytes += bytes - (entry?.bytes ?? 0);
    if (entry === undefined) {
      ordinal += 1;
      entries.set(key, { value, bytes, ordinal });
    } else {
      entry.value = value;
      entry.bytes = bytes;
    }
    if (options?.keepExpiry !== true) expiries.delete(key);
    touch(key);
  };
  const setExpiry: Database['setExpiry'] = (key, atMs) => {
    if (atMs === undefined) expiries.delete(key);
    else if (isPast(atMs)) remove(key);
    else expiries.set(key, atMs);
    touch(key);
  };
  return {
    find,
    put,
    remove: (key) => {
      expire(key);
      return remove(key);
    },
    changed: (key, grownBytes) => {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.bytes += grownBytes;
      usage.bytes += grownBytes;
      if (countOf(entry.value) === 0) remove(key);
      else touch(key);
    },
    expiryMs: (key) => expiries.get(key),
    setExpiry,
    rename: (from, to) => {
      const value = find(from);
      if (value === undefined) return;
      const atMs = expiries.get(from);
      remove(from);
      put(to, value);
      if (atMs !== undefined) expiries.set(to, atMs);
    },
    keys: () => {
      sweepAll();
      return [...entries.keys()];
    },
    scan: (cursor, count) => {
      const { next, keys } = scanner.scan(cursor, count);
      for (const key of keys) expire(key);
      return { next, keys: keys.filter((key) => entries.has(key)) };
    },
    size: () => {
      sweepAll();
      return entries.size;
    },
    expiringSize: () => expiries.size,
    clear: () => {
      sweepAll();
      for (const key of watches.keys()) if (entries.has(key)) touch(key);
      for (const entry of entries.values()) usage.bytes -= entry.bytes;
      entries.clear();
      expiries.clear();
    },
    watch: (key, watch) => {
      const watching = watches.get(key) ?? new Set();
      watches.set(key, watching.add(watch));
    },
    unwatch: (key, watch) => {
      const watching = watches.get(key);
      watching?.delete(watch);
      if (watching?.size === 0) watches.delete(key);
    },
  };
}

function countOf(value: Value): number {
  if (value.type === 'hash') return value.fields.size;
  if (value.type === 'set') return value.members.size;
  return 1;
}

function sizeOf(value: Value): number {
  if (value.type === 'string') return value.bytes.length;
  let bytes = 0;
  if (value.type === 'hash')
    for (const [field, content] of value.fields) bytes += field.length + content.length;
  else for (const member of value.members) bytes += member.length;
  return bytes;
}
