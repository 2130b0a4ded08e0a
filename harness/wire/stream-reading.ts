import type { CommandFrame, Framer, Protocol, ReplyFrame } from './framing.ts';
import { joinedBytes } from './joined-bytes.ts';
import { latin1 } from './text-words.ts';

/** A frame as it was found, in words that do not depend on where the chunks were cut. */
export interface FrameRead<Frame> {
  readonly frame: Frame;
  /** Bytes of the stream that belong to it. */
  readonly bytes: number;
  /** Of a reply its payload, of a command the value that it stores: one character a byte; null when there is or is kept none. */
  readonly payload: string | null;
}

/** What a framer made of one direction of a connection. */
export interface StreamRead<Frame> {
  readonly frames: readonly FrameRead<Frame>[];
  readonly lost: string | null;
  readonly atBoundary: boolean;
}

/**
 * Feeds chunks to a framer, and checks what every framer owes: spans that tile each chunk, and one object for all the pieces of a
 * frame. Throws an error that says where it does not keep that.
 */
function readStream<Frame extends CommandFrame | ReplyFrame>(
  framer: Framer<Frame>,
  chunks: readonly Uint8Array[],
): StreamRead<Frame> {
  const frames: FrameRead<Frame>[] = [];
  let open: Frame | null = null;
  let bytes = 0;
  for (const chunk of chunks) {
    let at = 0;
    for (const { frame, from, to, last } of framer.push(chunk)) {
      if (from !== at || to <= from)
        throw new Error(`a span from ${from} to ${to} stands at ${at}`);
      if (open !== null && frame !== null && frame !== open) throw new Error('a frame has no end');
      at = to;
      bytes += to - from;
      open = last ? null : frame;
      if (frame !== null && last) {
        frames.push({ frame: withoutValue(frame), bytes, payload: payloadIn(frame) });
        bytes = 0;
      }
    }
    if (at !== chunk.length) throw new Error(`spans end at ${at} of a chunk of ${chunk.length}`);
  }
  return { frames, lost: framer.lost, atBoundary: framer.atBoundary };
}

/** Both directions of one connection, whole. */
export interface Dialogue {
  readonly commands: Uint8Array;
  readonly replies: Uint8Array;
}

export interface DialogueRead {
  readonly commands: StreamRead<CommandFrame>;
  readonly replies: StreamRead<ReplyFrame>;
}

/** Reads all the commands and then all the replies of a connection, in chunks of these sizes, over and over; whole without any. */
export function readDialogue(
  protocol: Protocol,
  { commands, replies }: Dialogue,
  sizes: readonly number[] = [],
): DialogueRead {
  const conversation = protocol.converse();
  return {
    commands: readStream(conversation.commands, chunksOf(commands, sizes)),
    replies: readStream(conversation.replies, chunksOf(replies, sizes)),
  };
}

/** Two readings as one text each, to be compared: payloads may be in other pieces, and joined they are the same. */
export function comparable({ commands, replies }: DialogueRead): string {
  const plain = replies.frames.map(({ frame, ...rest }) => ({ ...frame, ...rest }));
  return JSON.stringify([commands, { ...replies, frames: plain }]);
}

function payloadIn(frame: CommandFrame | ReplyFrame): string | null {
  const pieces = 'payload' in frame ? frame.payload : (frame.value ?? null);
  return pieces === null ? null : latin1(joinedBytes(pieces));
}

/** Its pieces are where the chunks were cut; `payload` has them joined. */
function withoutValue<Frame extends CommandFrame | ReplyFrame>(frame: Frame): Frame {
  return 'value' in frame ? { ...frame, value: null } : { ...frame };
}

function chunksOf(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
