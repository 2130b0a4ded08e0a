/**
 * What the wire needs to know of a protocol. A framer is fed the chunks of one direction of one connection and says
 * where messages begin and end in them; it copies nothing. RESP is the first protocol; another one is another `Protocol`.
 */
export interface Protocol {
  /** For log lines, for example `RESP`. */
  readonly name: string;
  /** For one connection's client-to-server bytes. */
  commands(): Framer<CommandFrame>;
  /** For one connection's server-to-client bytes. */
  replies(): Framer<ReplyFrame>;
}

export interface Framer<Frame> {
  /**
   * Takes the next chunk and returns the spans that tile it, in order and without a gap. Work is linear in the chunk,
   * however many chunks a message is spread over. Never throws.
   */
  push(chunk: Uint8Array): readonly Span<Frame>[];
  /** Why the stream can no longer be read, or null. From then on every span has no frame. */
  readonly lost: string | null;
  /** True when no message is half read. */
  readonly atBoundary: boolean;
}

/** A piece of one chunk that belongs to one frame. */
export interface Span<Frame> {
  /** The same object for every piece of one frame; null for bytes that could not be read. */
  readonly frame: Frame | null;
  /** First byte within the chunk. */
  readonly from: number;
  /** One past the last byte within the chunk. */
  readonly to: number;
  /** True when the frame is complete with this span. */
  readonly last: boolean;
}

/** One command of a client. Only its last span may be looked at: before that the fields are not complete. */
export interface CommandFrame {
  /** Upper case, for example `GET`. */
  readonly command: string;
  /** The first key, cut at `keyBytesMax`, or null when the command has none. Never an argument of AUTH or HELLO. */
  readonly key: string | null;
  /**
   * `reply`: exactly one. `nothing`: the server ignores these bytes. `stream`: from here on replies cannot be counted
   * (subscriptions, MONITOR, replication, replies switched off), so the connection is no longer paired.
   */
  readonly expects: 'reply' | 'nothing' | 'stream';
}

/** One message of a server. `type` and `answers` hold from the first span on, unless attributes come before the value. */
export interface ReplyFrame {
  /** First byte of the value, for example `$`; null while only attributes were seen. */
  readonly type: string | null;
  /** False for a message that answers no command, such as a RESP3 push. */
  readonly answers: boolean;
  /**
   * Pieces of the chunks: a string's bytes, a line's text, all that follows an aggregate's header. Null for a null, and for
   * one longer than `payloadBytesMax`. Complete with the last span.
   */
  readonly payload: readonly Uint8Array[] | null;
}
