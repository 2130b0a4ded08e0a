/** What can be broken. Each is one that a correct server on a real network can show. */
export type Fault = KillFault | WireFault;

/** SIGKILL of a backing service; healing starts it again, empty, on the same stable port. */
export interface KillFault {
  readonly kind: 'kill';
  readonly service: 'cache';
}

/** A rule on the wire between backend and cache. */
export interface WireFault {
  readonly kind: 'wire';
  readonly rule: WireRule;
}

/** How a connection is ended: an orderly FIN, or an RST that the peer sees as ECONNRESET. */
export type CutKind = 'fin' | 'rst';

/** Which replies a rule acts on. Absent fields match everything. */
export interface ReplySelector {
  /** Upper-case command names, for example `GET`. */
  readonly commands?: readonly string[];
  /** The first key starts with this. */
  readonly keyPrefix?: string;
  /** Only commands that arrived in a burst (bytes of one read of the client's stream) of at least this many. */
  readonly burstSizeMin?: number;
}

export type WireRule =
  /** Forward `reply` replies of a run (commands side by side in one burst that all match), then end the connection. */
  | {
      readonly type: 'cut-after-reply';
      readonly reply: number;
      readonly how: CutKind;
      readonly selector: ReplySelector;
      readonly timesMax: number;
    }
  /** Forward `byte` bytes of a matching reply, then end the connection. */
  | {
      readonly type: 'cut-in-reply';
      readonly byte: number;
      readonly how: CutKind;
      readonly selector: ReplySelector;
      readonly timesMax: number;
    }
  /** End established connections on which nothing is outstanding, once the rule is installed. */
  | { readonly type: 'cut-idle'; readonly how: CutKind; readonly timesMax: number }
  /** Deliver a matching reply, and with it all later ones of that connection, `forMs` later. Order is kept. */
  | {
      readonly type: 'hold-reply';
      readonly forMs: number;
      readonly selector: ReplySelector;
      readonly timesMax: number;
    }
  /** Close the listening port, so that connecting is refused, and cut what is established. */
  | { readonly type: 'refuse-connections'; readonly how: CutKind };
