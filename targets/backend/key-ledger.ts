import type { Clock } from '../../harness/model/world.ts';
import { digestOf } from './digests.ts';

/**
 * What one backend process remembers of the keys whose values have changed, so that a copy which the change has overtaken is not
 * taken for the truth.
 *
 * A change ends with a confirmed write of each key that it makes stale, and as long as the cache answers everything at once that is
 * all there is to it: what the cache gives is believed. After trouble it may hold again what it held before:
 *
 * 1. A set is given up on after a second; the client still has it in a queue and sends it after the outage.
 * 2. A set was under way on a connection that was cut; it arrives after the delete that went over the next connection.
 * 3. A delete was confirmed by a server whose replica did not have it yet when it took over, or that came back with an older dump.
 *
 * So for a key whose last confirmed write is older than the last trouble, values that the key had before the change are taken for a
 * miss. Every other value is believed all the same: whatever a client mixes up stays visible.
 */
export interface KeyLedger {
  /** Grows with each change of what belongs under the key. */
  generation(key: string): number;
  /** What belongs under the key is something else from now on; `former` is what did until now. */
  supersede(key: string, former: Uint8Array | undefined): void;
  /** Whether what the cache gave was superseded, and may have come back. */
  isStale(key: string, value: Uint8Array): boolean;
  /** Runs a call of the cache, and notes whether it was in trouble. */
  watched<T>(call: () => Promise<T>): Promise<T>;
  /** Whether a set of the key is under way. */
  isBeingSet(key: string): boolean;
  /** Sets of one key follow one another; the first starts in this tick. */
  set(key: string, call: () => Promise<void>): Promise<void>;
  /**
   * Runs a read-through of the client. From the moment that its loader calls `loaded`, it counts as a set of the key that is under way,
   * until it settles: what was loaded before a change may land in the cache at any time until then.
   */
  loading<T>(key: string, call: (loaded: () => void) => Promise<T>): Promise<T>;
  /** Follows the sets of the key that are under way, in whatever order the client's connections carry them out. */
  delete(key: string, call: () => Promise<void>): Promise<void>;
}

/** A call without an answer for longer may have met a connection that was lost and made anew. */
export const slowMs = 40;
/** How long after trouble what was under way before it may still arrive. */
export const lingerMs = 2_000;

interface Entry {
  generation: number;
  /** Digests of what belonged under the key before. */
  readonly former: Set<string>;
  /** When the confirmed write began that ended the last change. */
  confirmedNs: number;
  /** A set of this key has failed: it may be carried out at any time. */
  isUnsure: boolean;
}

/** Keys and former values beyond which the eldest are forgotten. */
const entriesMax = 500_000;
const formerMax = 100;

export function createKeyLedger(clock: Clock): KeyLedger {
  const entries = new Map<string, Entry>();
  const setting = new Map<string, Promise<void>>();
  let troubleNs = Number.NEGATIVE_INFINITY;
  /** Calls that are slow already, and not over. */
  let slowCalls = 0;

  const entryOf = (key: string): Entry => {
    const known = entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      generation: 0,
      former: new Set(),
      confirmedNs: Number.NEGATIVE_INFINITY,
      isUnsure: false,
    };
    entries.set(key, entry);
    forgetEldest(entries, entriesMax);
    return entry;
  };
  const isTrusted = ({ confirmedNs, isUnsure }: Entry): boolean =>
    slowCalls === 0 && !isUnsure && confirmedNs > troubleNs + lingerMs * 1e6;

  const watched = async <T>(call: () => Promise<T>): Promise<T> => {
    let isSlow = false;
    let grace: NodeJS.Immediate | undefined;
    // After a busy spell of our own timers come before sockets: a call whose answer is there by then was not slow.
    const timer = setTimeout(() => {
      grace = setImmediate(() => {
        isSlow = true;
        slowCalls += 1;
      });
    }, slowMs);
    try {
      return await call();
    } catch (error) {
      troubleNs = clock.nowNs();
      throw error;
    } finally {
      clearTimeout(timer);
      clearImmediate(grace);
      if (isSlow) {
        slowCalls -= 1;
        troubleNs = clock.nowNs();
      }
    }
  };
  /** A write of what belongs under the key ends a change of it, unless the next change has begun meanwhile. */
  const confirmed = async (key: string, call: () => Promise<void>): Promise<void> => {
    const startedNs = clock.nowNs();
    const generation = entries.get(key)?.generation;
    await watched(call);
    const entry = entries.get(key);
    if (entry !== undefined && entry.generation === generation) entry.confirmedNs = startedNs;
  };

  const countAsSet = (key: string, over: Promise<unknown>): void => {
    const earlier = setting.get(key);
    const all = Promise.allSettled([earlier, over]).then(ignore);
    setting.set(key, all);
    const forget = async (): Promise<void> => {
      await all;
      if (setting.get(key) === all) setting.delete(key);
    };
    void forget();
  };

  return {
    watched,
    loading: async (key, call) => {
      const flight: { state: 'asking' | 'loaded' | 'settled' } = { state: 'asking' };
      const over = Promise.withResolvers<void>();
      const loaded = (): void => {
        // Nobody waits for it any more, and the library goes on all the same: it stores what it is given, at a time of its own.
        if (flight.state === 'settled') entryOf(key).isUnsure = true;
        if (flight.state !== 'asking') return;
        flight.state = 'loaded';
        countAsSet(key, over.promise);
      };
      try {
        return await watched(async () => call(loaded));
      } catch (error) {
        if (flight.state === 'loaded') entryOf(key).isUnsure = true;
        throw error;
      } finally {
        flight.state = 'settled';
        over.resolve();
      }
    },
    generation: (key) => entries.get(key)?.generation ?? 0,
    supersede: (key, former) => {
      const entry = entryOf(key);
      entry.generation += 1;
      entry.confirmedNs = Number.NEGATIVE_INFINITY;
      if (former === undefined) return;
      entry.former.add(digestOf(former));
      forgetEldest(entry.former, formerMax);
    },
    isStale: (key, value) => {
      const entry = entries.get(key);
      if (entry === undefined || entry.former.size === 0 || isTrusted(entry)) return false;
      return entry.former.has(digestOf(value));
    },
    isBeingSet: (key) => setting.has(key),
    set: async (key, call) => {
      const earlier = setting.get(key);
      const own = (async () => {
        if (earlier !== undefined) await earlier;
        try {
          await confirmed(key, call);
        } catch (error) {
          entryOf(key).isUnsure = true;
          throw error;
        }
      })();
      const over = own.then(ignore, ignore);
      setting.set(key, over);
      try {
        await own;
      } finally {
        if (setting.get(key) === over) setting.delete(key);
      }
    },
    delete: async (key, call) => {
      const earlier = setting.get(key);
      if (earlier !== undefined) await earlier;
      await confirmed(key, call);
    },
  };
}

function ignore(): void {}

function forgetEldest(entries: Map<string, unknown> | Set<string>, sizeMax: number): void {
  if (entries.size <= sizeMax) return;
  const [eldest] = entries.keys();
  if (eldest !== undefined) entries.delete(eldest);
}
