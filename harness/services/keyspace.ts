import type { Clock } from '../model/world.ts';
import { createDatabase, type Database } from './database.ts';

/** Everything that the embedded server stores: numbered databases of keys, and how much of the memory limit they use. */
export interface Keyspace {
  readonly databases: readonly Database[];
  /** Reads the world's clock. To be called before each command, so that no time passes inside one. */
  tick(): void;
  /** Milliseconds since 1970, as of the last tick. */
  nowMs(): bigint;
  /** Roughly what keys and values take, in bytes. */
  usedBytes(): number;
  readonly usedBytesMax: number;
}

export interface KeyspaceOptions {
  readonly clock: Pick<Clock, 'nowNs'>;
  /** What the wall clock showed when the run's clock was at zero, in milliseconds since 1970: EXPIREAT counts from there. */
  readonly startUnixMs: number;
  /** Commands that store more are refused beyond this. 1 GiB unless told. */
  readonly usedBytesMax?: number;
}

export const databaseCount = 16;
const usedBytesDefault = 1024 * 1024 * 1024;

/** An empty keyspace. It reads the given clock and nothing else, and expires keys when they are next looked at. */
export function createKeyspace({
  clock,
  startUnixMs,
  usedBytesMax = usedBytesDefault,
}: KeyspaceOptions): Keyspace {
  const read = (): bigint => BigInt(Math.floor(startUnixMs + clock.nowNs() / 1e6));
  let now = read();
  const nowMs = (): bigint => now;
  const usage = { bytes: 0 };
  return {
    databases: Array.from({ length: databaseCount }, () => createDatabase({ nowMs, usage })),
    tick: () => {
      now = read();
    },
    nowMs,
    usedBytes: () => usage.bytes,
    usedBytesMax,
  };
}
