import type { ServiceFault } from './service-fault.ts';

/** What can be broken. Each is one that a correct server on a real network can show. */
export type Fault = ServiceFault | WireFault;

/** A rule on the wire between backend and cache. */
export interface WireFault {
  readonly kind: 'wire';
  readonly rule: WireRule;
}

/** How a connection is ended: an orderly FIN, or an RST that the peer sees as ECONNRESET. */
export type CutKind = 'fin' | 'rst';

/** `read`: its reply holds stored values, as of GET, MGET, gets, mg, GETKQ. `write`: it changes what is stored. GETEX is both. */
export type CommandKind = 'read' | 'write';

/** Which replies (or commands) a rule acts on. Absent fields match everything. Phases are the timeline's: a rule is installed for one. */
export interface ReplySelector {
  /** What the command does, whatever its protocol calls it; the better choice in a plan that is not for one protocol. */
  readonly kind?: CommandKind;
  /** Upper-case command names, for example `GET`. */
  readonly commands?: readonly string[];
  /** The first key starts with this. */
  readonly keyPrefix?: string;
  /** The whole first key: `*` stands for any characters, `?` for one. */
  readonly keyPattern?: string;
  /** Only commands that arrived in a burst (bytes of one read of the client's stream) of at least this many. */
  readonly burstSizeMin?: number;
  /** Ordinals of connections, from 1, over the whole run. */
  readonly connections?: readonly number[];
  /** Places of the command on its connection, from 1, both ends included. */
  readonly positionMin?: number;
  readonly positionMax?: number;
  /** Only this one of all that match, counted from the rule's installation, from 1; those that an earlier rule decided are not counted. */
  readonly nth?: number;
}

/** How often a rule may act, and when. */
export interface RuleBudget {
  readonly timesMax: number;
  /** Milliseconds since the rule's installation; always when absent. */
  readonly window?: { readonly fromMs: number; readonly untilMs: number };
}

/** An error that a server gives without doing what it was asked. `502` to `504` are of HTTP, `SERVER_ERROR` of memcached. */
export type ErrorReplyName =
  | 'LOADING'
  | 'READONLY'
  | 'MASTERDOWN'
  | 'CLUSTERDOWN'
  | 'OOM'
  | 'NOAUTH'
  | 'SERVER_ERROR'
  | '502'
  | '503'
  | '504';

/** A rule that acts on a reply, and then only on those that its selector names. */
interface OnReplies extends RuleBudget {
  readonly selector: ReplySelector;
}

/** A rule that acts on whole connections: on these, by their ordinals, or on all. */
interface OnConnections extends RuleBudget {
  readonly connections?: readonly number[];
}

interface CutsReplies extends OnReplies {
  readonly how: CutKind;
}

export type WireRule =
  /** Forward `reply` replies of a run (commands side by side in one burst that all match), then end the connection. */
  | ({ readonly type: 'cut-after-reply'; readonly reply: number } & CutsReplies)
  /** End the connection when reply `reply` of a run, from 1, has come, and forward nothing of it. */
  | ({ readonly type: 'cut-before-reply'; readonly reply: number } & CutsReplies)
  /** Forward the first `elements` elements of a matching reply that is an array (set, map, push-like; in memcached's text protocol the values of a get), then end the connection. */
  | ({ readonly type: 'cut-in-array'; readonly elements: number } & CutsReplies)
  /**
   * Forward `values` values, two at least, then end the connection: single replies of a run, or elements of a reply that is a list, whichever way
   * the client asks for many at once.
   */
  | ({ readonly type: 'cut-between-values'; readonly values: number } & CutsReplies)
  /** Forward `byte` bytes of a matching reply, then end the connection. */
  | ({ readonly type: 'cut-in-reply'; readonly byte: number } & CutsReplies)
  /** End established connections on which nothing is outstanding, once the rule is installed. */
  | ({ readonly type: 'cut-idle'; readonly how: CutKind } & RuleBudget)
  /** Deliver a matching reply, and with it all later ones of that connection, `forMs` later. Order is kept. */
  | ({ readonly type: 'hold-reply'; readonly forMs: number } & OnReplies)
  /** Hold the first `replies` replies of each connection that is opened meanwhile for `forMs`: what a library says when it connects. */
  | ({
      readonly type: 'stall-handshake';
      readonly replies: number;
      readonly forMs: number;
    } & RuleBudget)
  /** Deliver a matching reply at `bytesPerSecond`, and later ones behind it. */
  | ({ readonly type: 'slow-replies'; readonly bytesPerSecond: number } & OnReplies)
  /** Write a matching reply in pieces that end at these offsets (bytes of the reply), `gapMs` apart. */
  | ({
      readonly type: 'split-replies';
      readonly offsets: readonly number[];
      readonly gapMs: number;
    } & OnReplies)
  /** Answer matching commands with an error, in their turn, and do not forward them. */
  | ({ readonly type: 'error-reply'; readonly error: ErrorReplyName } & OnReplies)
  /** Read nothing from clients, on these connections or on all, until healed; what they write piles up at their end. */
  | ({ readonly type: 'stop-reading' } & OnConnections)
  /** Close the listening port, so that connecting is refused, and cut what is established. */
  | { readonly type: 'refuse-connections'; readonly how: CutKind }
  /** Close the listening port, so that connecting is refused; what is established lives on. */
  | { readonly type: 'refuse-new-connections' }
  /** Let the system accept new connections and answer nothing on them; healing serves those that still wait. */
  | ({ readonly type: 'black-hole-connections' } & RuleBudget)
  /** Accept new connections and end them at once, silently or with the words of a server that has no room for another client. */
  | ({
      readonly type: 'close-new-connections';
      readonly how: CutKind;
      readonly says: 'nothing' | 'max-clients';
    } & RuleBudget)
  /**
   * Deliver each read of a matching reply, and with it all that follows on that connection, `delayMs` later, give or take up to
   * `jitterMs`. Order is kept.
   */
  | ({
      readonly type: 'delay-bytes';
      readonly delayMs: number;
      readonly jitterMs: number;
    } & OnReplies)
  /** When the server ends a connection, let its client know `delayMs` later. */
  | ({ readonly type: 'delay-close'; readonly delayMs: number } & OnConnections)
  /** Let no byte through to clients; end a connection (FIN) when none has come for `closeAfterMs`, and at the latest when healed. */
  | ({ readonly type: 'drop-bytes'; readonly closeAfterMs: number | null } & OnConnections)
  /** `afterMs` after a matching reply has begun to come, end the connection (RST), with nothing of that reply forwarded. */
  | ({ readonly type: 'reset-on-bytes'; readonly afterMs: number } & OnReplies)
  /** Write a matching reply in pieces of `bytes` bytes, give or take up to `variationBytes`, `gapMs` apart. */
  | ({
      readonly type: 'slice-bytes';
      readonly bytes: number;
      readonly variationBytes: number;
      readonly gapMs: number;
    } & OnReplies)
  /** End a connection (FIN) once it has got `bytes` bytes since the rule was installed, wherever in a reply that is. */
  | ({ readonly type: 'limit-bytes'; readonly bytes: number } & OnConnections);
