import type { RuleBudget } from '../model/fault.ts';
import type { Clock, Nanoseconds } from '../model/world.ts';

/** How often a rule may act and when, and how often it did. */
export class Budget {
  readonly #timesMax: number;
  readonly #clock: Clock;
  readonly #window: { readonly fromNs: Nanoseconds; readonly untilNs: Nanoseconds } | null;
  #taken = 0;
  #isClosed = false;

  constructor({ timesMax, window }: RuleBudget, clock: Clock) {
    this.#timesMax = timesMax;
    this.#clock = clock;
    const startNs = clock.nowNs();
    const at = (afterMs: number): Nanoseconds => startNs + afterMs * 1e6;
    this.#window =
      window === undefined ? null : { fromNs: at(window.fromMs), untilNs: at(window.untilMs) };
  }

  get taken(): number {
    return this.#taken;
  }

  /** Whether the rule was left. */
  get isLeft(): boolean {
    return this.#isClosed;
  }

  /** Whether the rule may act now: there is some left, it was not left, and its window is open. */
  get isOpen(): boolean {
    if (this.#isClosed || this.#taken >= this.#timesMax) return false;
    if (this.#window === null) return true;
    const nowNs = this.#clock.nowNs();
    return nowNs >= this.#window.fromNs && nowNs < this.#window.untilNs;
  }

  /** Takes one when it may act. */
  take(): boolean {
    if (!this.isOpen) return false;
    this.#taken += 1;
    return true;
  }

  close(): void {
    this.#isClosed = true;
  }
}
