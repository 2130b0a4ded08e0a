/** A share of a whole, from 0 to 1. */
export type Ratio = number;

/** Nanoseconds since the start of the run on the machine's one monotonic clock; the same in every process of a run. */
export type Nanoseconds = number;

/** Everything a room may not do by itself. The real one is made by a process entry, a virtual one by a test. */
export interface World {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: (line: string) => void;
}

export interface Clock {
  /** Nanoseconds since the start of the run. Each process is told the same start, so their rows can be laid side by side. */
  nowNs(): Nanoseconds;
  /** Resolves at `atNs`, or at once when that has passed; rejects with the signal's reason when aborted. */
  sleepUntil(atNs: Nanoseconds, signal: AbortSignal): Promise<void>;
}

/** A seeded source of choices. Nothing else in the house draws lots. */
export interface Rng {
  /** A whole number, both ends included. Throws RangeError when the range is empty or not of safe integers. */
  integer(minInclusive: number, maxInclusive: number): number;
  /** True for the given share of calls. */
  chance(ratio: Ratio): boolean;
  /** A number from 0 (included) to 1 (excluded). */
  unit(): number;
  /** An independent source that depends on this one's seed and the label alone, never on how many draws were made. */
  fork(label: string): Rng;
}
