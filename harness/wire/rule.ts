import type { CutKind } from '../model/fault.ts';
import type { Clock, Nanoseconds, Rng } from '../model/world.ts';
import type { Budget } from './budget.ts';

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

/** A command that a rule may answer. */
export interface WholeCommand extends ReplyPosition {
  /** Of its bytes; tells the binary form of memcached from its text. */
  readonly firstByte: number;
}

/**
 * What becomes of a reply. The law of this seam: a rule may delay bytes, may end a connection, and may answer a command that
 * was never forwarded with an error in its turn, and nothing else. No fate reorders, doubles, changes or skips bytes on a
 * connection that lives on, so whatever crosses, crossed elsewhere.
 */
export type Fate =
  | { readonly type: 'pass' }
  /** This reply and all that follow on the connection wait until then. */
  | { readonly type: 'hold'; readonly untilNs: Nanoseconds }
  /** What there is of this reply, and of each later read of it, waits until a moment that is asked for anew each time. */
  | { readonly type: 'delay'; untilNs(): Nanoseconds }
  /** The connection ends once this many bytes of the reply were forwarded and more were to come; Infinity: once all were. */
  | {
      readonly type: 'cut';
      readonly afterBytes: number;
      readonly how: CutKind;
      /** Not before this moment; at once when absent. */
      readonly untilNs?: Nanoseconds;
    }
  /** The connection ends once this many elements of an array were forwarded and more were to come. */
  | { readonly type: 'cut-in-array'; readonly afterElements: number; readonly how: CutKind }
  /** The reply goes on in pieces, each some time after what went before it. */
  | { readonly type: 'pace'; readonly pace: Pace };

export interface Pace {
  /** Where the piece ends that byte `from` of the reply is in: an offset within the reply, or Infinity. */
  pieceEnd(from: number): number;
  /** Nanoseconds between what went before and the piece of these bytes. */
  gapNs(from: number, bytes: number): Nanoseconds;
}

export const pass: Fate = { type: 'pass' };

/** What the wire says in the server's place. */
export interface ErrorReply {
  readonly bytes: Uint8Array;
  /** First byte of the reply, and what of it the record's digest is made of. */
  readonly type: string;
  readonly payload: Uint8Array | null;
}

/** A connection to whose client nothing goes any more. */
export interface Silence {
  /** It ends when the server has said nothing for so long; null: only when the rule is left. */
  readonly closeAfterNs: Nanoseconds | null;
}

/** What becomes of a new connection. */
export type Arrival =
  /** Nothing is read from it and nothing said to it until the rule is left; then it is served. */
  | { readonly type: 'wait' }
  | { readonly type: 'close'; readonly how: CutKind; readonly words: Uint8Array };

/** One kind of fault on the wire. Everything is optional: a rule says only what it acts on. */
export interface Rule {
  /** Shown each reply at its first byte, also those that another rule decides. */
  watch?(reply: ReplyPosition): void;
  /** Asked at the first byte of each reply that answers a command. A cut takes from the budget when it happens. */
  onReply?(reply: ReplyPosition): Fate;
  /** Asked when a command is complete, before it is forwarded. Not null: it is not, and this is its answer. */
  onCommand?(command: WholeCommand): ErrorReply | null;
  /** How to end a connection on which nothing is outstanding; null leaves it. */
  readonly onIdle?: CutKind;
  /** Whether clients of this connection are not read. */
  stopsReading?(connection: number): boolean;
  /** How long after a close by the server the client of this connection is told; null: at once. */
  delaysClose?(connection: number): Nanoseconds | null;
  /** Not null: from now on the client of this connection gets nothing, and leaving the rule ends it. */
  silences?(connection: number): Silence | null;
  /** How many more bytes the client of this connection may get before it ends; null: any number. */
  bytesLeft?(connection: number): number | null;
  /** Told how many bytes were let through to a client. */
  passed?(connection: number, bytes: number): void;
  readonly onArrival?: Arrival;
  /** The port is closed meanwhile. `established` says how connections that are there end; null lets them live. */
  readonly refuses?: { readonly established: CutKind | null };
  /** A connection is gone for good. */
  forget?(connection: number): void;
}

/** What a rule may use while it is installed. */
export interface RuleSurroundings {
  readonly clock: Clock;
  /** The rule's own lots. */
  readonly rng: Rng;
  readonly budget: Budget;
  /** Name of the wire's protocol. */
  readonly protocol: string;
  /** Connections with a greater ordinal were accepted after the installation. */
  readonly acceptedBefore: number;
}
