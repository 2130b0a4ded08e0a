import type { ReplySelector } from '../model/fault.ts';
import type { ReplyPosition } from './rule.ts';
import { matches } from './selection.ts';

/**
 * Counts replies within runs. A run is what a pipeline leaves on the wire: commands side by side in one burst, all of them
 * matching the selector. Other callers' commands often share a burst with a pipeline, which is why places are not counted
 * from the burst's start. `nth` counts the runs that got as far as `place`.
 */
export class Runs {
  readonly #selector: ReplySelector;
  readonly #place: number;
  readonly #runs = new Map<number, Run>();
  #reached = 0;

  constructor(selector: ReplySelector, place: number) {
    this.#selector = selector;
    this.#place = place;
  }

  /** Connections of which something is remembered. */
  get size(): number {
    return this.#runs.size;
  }

  watch(reply: ReplyPosition): void {
    if (!matches(this.#selector, reply)) return;
    const { connection, burst, position } = reply;
    const run = this.#runs.get(connection);
    const isNext = run?.burst === burst && run.position === position - 1;
    const length = isNext ? run.length + 1 : 1;
    if (length === this.#place) this.#reached += 1;
    this.#runs.set(connection, { burst, position, length });
  }

  /** Whether the reply that was watched last is the one at the place. */
  isAtPlace({ connection, position }: ReplyPosition): boolean {
    const run = this.#runs.get(connection);
    if (run?.position !== position || run.length !== this.#place) return false;
    return this.#selector.nth === undefined || this.#reached === this.#selector.nth;
  }

  forget(connection: number): void {
    this.#runs.delete(connection);
  }
}

interface Run {
  readonly burst: number;
  /** Of the last matching reply. */
  readonly position: number;
  readonly length: number;
}
