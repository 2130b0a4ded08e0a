import type { Clock, Nanoseconds } from '../model/world.ts';

/** Something that is to be woken. It may be woken for a moment that it no longer wants: it checks, and lets that pass. */
export interface Sleeper {
  wake(plannedNs: Nanoseconds): void;
}

/** One timer for a whole fleet: 20,000 cameras with a timer and a closure each would be the larger part of the memory. */
export interface Agenda {
  /** Wakes the sleeper at that moment, or at the next turn of the loop when that has passed. */
  at(atNs: Nanoseconds, sleeper: Sleeper): void;
  /** True at that moment; false as soon as the agenda is stopped. */
  sleepUntil(atNs: Nanoseconds): Promise<boolean>;
  /** Nobody is woken after this, but for those in `sleepUntil`, who are told. */
  stop(): void;
}

export interface AgendaOptions {
  readonly clock: Clock;
  /** A sleeper threw. The agenda goes on; whoever owns it decides. */
  readonly onFailure: (error: unknown) => void;
}

/** Woken in one turn of the loop at most, so that sockets are read between them however many are due at once. */
export const wakesPerTurnMax = 200;

/**
 * Wakes in the order of moments, then of asking. After its timer it lets the loop read its sockets once before it wakes anybody:
 * after a busy spell timers come first, and an answer that had arrived in time must not be given up as late.
 */
export function agenda({ clock, onFailure }: AgendaOptions): Agenda {
  const entries = entryHeap();
  const waiting = new Set<Promised>();
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  let armedForNs = Number.POSITIVE_INFINITY;
  let stopped = false;

  const arm = (): void => {
    const next = entries.peek();
    if (stopped || next === undefined || turn !== undefined) return;
    if (timer !== undefined && armedForNs <= next.atNs) return;
    clearTimeout(timer);
    armedForNs = next.atNs;
    timer = setTimeout(
      () => {
        timer = undefined;
        turn = setImmediate(wakeDue);
      },
      Math.min(timerMsMax, Math.max(0, Math.ceil((next.atNs - clock.nowNs()) / 1e6))),
    );
  };
  const wakeDue = (): void => {
    turn = undefined;
    const nowNs = clock.nowNs();
    for (let woken = 0; woken < wakesPerTurnMax; woken += 1) {
      const next = entries.peek();
      if (next === undefined || next.atNs > nowNs) break;
      entries.pop();
      try {
        next.sleeper.wake(next.atNs);
      } catch (error) {
        onFailure(error);
      }
    }
    const next = entries.peek();
    if (!stopped && next !== undefined && next.atNs <= nowNs) turn = setImmediate(wakeDue);
    else arm();
  };

  return {
    at: (atNs, sleeper) => {
      if (stopped) return;
      entries.push(atNs, sleeper);
      arm();
    },
    sleepUntil: (atNs) => {
      if (stopped) return Promise.resolve(false);
      return new Promise((resolve) => {
        const promised: Promised = {
          tell: resolve,
          wake: () => {
            waiting.delete(promised);
            resolve(true);
          },
        };
        waiting.add(promised);
        entries.push(atNs, promised);
        arm();
      });
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      clearImmediate(turn);
      entries.clear();
      for (const promised of waiting) promised.tell(false);
      waiting.clear();
    },
  };
}

interface Promised extends Sleeper {
  readonly tell: (reached: boolean) => void;
}

/** Longer waits are taken in stages: Node's timers hold 31 bits of milliseconds. */
const timerMsMax = 1_000_000_000;

interface Entry {
  readonly atNs: Nanoseconds;
  readonly order: number;
  readonly sleeper: Sleeper;
}

/** A binary heap: the earliest moment first, and of one moment the first that asked. */
function entryHeap() {
  const heap: Entry[] = [];
  let asked = 0;
  const before = (one: Entry, other: Entry): boolean =>
    one.atNs < other.atNs || (one.atNs === other.atNs && one.order < other.order);
  return {
    peek: (): Entry | undefined => heap[0],
    clear: (): void => void heap.splice(0),
    push: (atNs: Nanoseconds, sleeper: Sleeper): void => {
      const entry: Entry = { atNs, order: (asked += 1), sleeper };
      let index = heap.push(entry) - 1;
      while (index > 0) {
        const above = (index - 1) >> 1;
        const parent = heap[above];
        if (parent === undefined || !before(entry, parent)) break;
        heap[index] = parent;
        index = above;
      }
      heap[index] = entry;
    },
    pop: (): void => {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      let index = 0;
      for (;;) {
        const left = heap[2 * index + 1];
        const right = heap[2 * index + 2];
        const rightIsFirst = left !== undefined && right !== undefined && before(right, left);
        const child = rightIsFirst ? right : left;
        if (child === undefined || !before(child, last)) break;
        heap[index] = child;
        index = 2 * index + (rightIsFirst ? 2 : 1);
      }
      heap[index] = last;
    },
  };
}
