import type { CutKind, ReplySelector } from '../model/fault.ts';
import type { Nanoseconds } from '../model/world.ts';

/** Where a reply stands: known at its first byte, before its size is. */
export interface ReplyPosition {
  /** Ordinal of the client's connection, from 1. */
  readonly connection: number;
  /** Ordinal of the command on its connection, from 1. */
  readonly position: number;
  /** Commands that were complete in one read of the client's stream share a burst; ordinal from 1. */
  readonly burst: number;
  readonly burstPlace: number;
  readonly burstSize: number;
  readonly command: string;
  readonly key: string | null;
}

/**
 * What becomes of a reply. The law of this seam: a rule may delay bytes and may end a connection, and nothing else. No
 * fate reorders, doubles, changes or skips bytes on a connection that lives on, so whatever crosses, crossed elsewhere.
 */
export type Fate =
  | { readonly type: 'pass' }
  /** This reply and all that follow on the connection wait until then. */
  | { readonly type: 'hold'; readonly untilNs: Nanoseconds }
  /** The connection ends once this many bytes of the reply were forwarded and more were to come; Infinity: once all were. */
  | { readonly type: 'cut'; readonly afterBytes: number; readonly how: CutKind };

export const pass: Fate = { type: 'pass' };

/** One kind of fault on the wire. Everything is optional: a rule says only what it acts on. */
export interface Rule {
  /** Shown each reply at its first byte, also those that another rule decides. */
  watch?(reply: ReplyPosition): void;
  /** Asked at the first byte of each reply that answers a command. A cut takes from the budget when it happens. */
  onReply?(reply: ReplyPosition): Fate;
  /** How to end a connection on which nothing is outstanding; null leaves it. */
  readonly onIdle?: CutKind;
  /** How to end connections while new ones are refused. */
  readonly refuses?: CutKind;
}

/** How often a rule may act, and how often it did. */
export class Budget {
  readonly #timesMax: number;
  #taken = 0;
  #isClosed = false;

  constructor(timesMax: number) {
    this.#timesMax = timesMax;
  }

  get taken(): number {
    return this.#taken;
  }

  get isSpent(): boolean {
    return this.#isClosed || this.#taken >= this.#timesMax;
  }

  /** Takes one when there is one left. False also once the rule was left. */
  take(): boolean {
    if (this.isSpent) return false;
    this.#taken += 1;
    return true;
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** @returns true when every field that the selector has agrees with the reply */
export function matches(selector: ReplySelector, reply: ReplyPosition): boolean {
  const { commands, keyPrefix, burstSizeMin } = selector;
  if (commands !== undefined && !commands.includes(reply.command)) return false;
  if (keyPrefix !== undefined && reply.key?.startsWith(keyPrefix) !== true) return false;
  return burstSizeMin === undefined || reply.burstSize >= burstSizeMin;
}
