import type { Clock, Nanoseconds } from '../model/world.ts';

/** A clock that stands still until it is told how far to go. */
export interface ManualClock extends Clock {
  /** Goes on by that many milliseconds, from one sleeper to the next, and lets what they cause happen in between. */
  advance(forMs: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
}

interface Sleeper {
  readonly atNs: Nanoseconds;
  readonly wake: () => void;
}

export function manualClock(): ManualClock {
  let nowNs = 0;
  const sleepers = new Set<Sleeper>();
  const settle = async (): Promise<void> => {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
  const nextBy = (atNs: Nanoseconds): Sleeper | undefined =>
    [...sleepers].filter((one) => one.atNs <= atNs).sort((a, b) => a.atNs - b.atNs)[0];
  return {
    nowNs: () => nowNs,
    sleepUntil: (atNs, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const sleeper = { atNs, wake: resolve };
        sleepers.add(sleeper);
        if (atNs <= nowNs) {
          sleepers.delete(sleeper);
          resolve();
        }
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        });
      }),
    settle,
    advance: async (forMs) => {
      const untilNs = nowNs + forMs * 1e6;
      await settle();
      for (let next = nextBy(untilNs); next !== undefined; next = nextBy(untilNs)) {
        sleepers.delete(next);
        nowNs = Math.max(nowNs, next.atNs);
        next.wake();
        await settle();
      }
      nowNs = untilNs;
    },
  };
}
