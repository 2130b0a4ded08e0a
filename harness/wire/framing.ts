/**
 * What the wire needs to know of a protocol. A framer is fed the chunks of one direction of one connection and says
 * where messages begin and end in them; it copies nothing. RESP is the first protocol; another one is another `Protocol`.
 */
export interface Protocol {
  /** For log lines, for example `RESP`. */
  readonly name: string;
  /** The framers of one new connection. */
  converse(): Conversation;
}

/** Both directions of one connection. What a reply is can depend on what was asked, so the two may know of each other. */
export interface Conversation {
  /** For the client-to-server bytes. A command is shown to it before the replies that it causes are shown to the other. */
  readonly commands: Framer<CommandFrame>;
  /** For the server-to-client bytes. */
  readonly replies: Framer<ReplyFrame>;
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
  /** The stream has ended. Returns the frame that only its end completes, if there is one. */
  end?(): Frame | null;
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
   * Pieces of the chunks: the value that the command stores under its key. Null or absent for a command that stores none, or
   * one that is not known before the server has made it, and for a value that is longer than is kept.
   */
  readonly value?: readonly Uint8Array[] | null;
  /**
   * `reply`: exactly one. `maybe`: one or none, as the command asks for (memcached's quiet ones). `silence`: none ever, or it came
   * early, before the command was complete. `nothing`: the server ignores these bytes. `stream`: from here on replies cannot be
   * counted (replication), so the connection is no longer paired.
   */
  readonly expects: 'reply' | 'maybe' | 'silence' | 'nothing' | 'stream';
  /** The command is not forwarded after all, so its reply will not be shown. Absent where replies are read without the commands. */
  readonly withdraw?: () => void;
}

/**
 * One message of a server. `type`, `answers` and `skips` hold once its head was read, which is nearly always with its first
 * span: until then it is taken for an answer to the oldest command.
 */
export interface ReplyFrame {
  /** First byte of a RESP value, for example `$`; first word of a memcached reply, or its status in binary; status of an HTTP response. */
  readonly type: string | null;
  /** False for a message that answers no command, such as a RESP3 push. */
  readonly answers: boolean;
  /** How many of the oldest commands, all of them `maybe`, got no reply because this one answers a later command; 0 when absent. */
  readonly skips?: number;
  /**
   * Pieces of the chunks: a string's bytes, a line's text, all that follows an aggregate's header. Null for a null, and for
   * one longer than `payloadBytesMax`. Complete with the last span.
   */
  readonly payload: readonly Uint8Array[] | null;
}
