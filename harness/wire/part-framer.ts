import type { Framer, Span } from './framing.ts';
import { joinedBytes } from './joined-bytes.ts';

/** The next part of a message, and what it leads to. A part of no bytes is over at once. */
export type Part =
  /** Up to and with a line feed; `next` gets the text before it, without a carriage return at its end. */
  | { readonly type: 'line'; readonly next: (line: Uint8Array) => Part }
  /** A few bytes that are only understood together. */
  | {
      readonly type: 'head';
      readonly bytes: number;
      readonly next: (head: Uint8Array) => Part;
    }
  /** Many bytes, shown piece by piece as they come. */
  | {
      readonly type: 'block';
      readonly bytes: number;
      readonly see?: See;
      readonly next: () => Part;
    }
  /** All that comes until the stream ends. */
  | { readonly type: 'rest'; readonly see: See }
  | { readonly type: 'end' }
  | { readonly type: 'lost'; readonly because: string };

/** Is shown a piece of a chunk, which stays as it is. */
export type See = (piece: Uint8Array) => void;

/** A message of which the first byte is there. */
export interface Begun<Frame> {
  readonly frame: Frame;
  readonly first: Part;
}

export interface PartFramerOptions<Frame> {
  /** Called with the first byte of each message. */
  readonly begin: (firstByte: number) => Begun<Frame>;
  /** Bytes of a line, its end included. */
  readonly lineBytesMax: number;
}

export const end: Part = { type: 'end' };

export function lost(because: string): Part {
  return { type: 'lost', because };
}

/**
 * Frames a stream whose messages are told as parts: each part says what comes behind it. This one knows about chunks and
 * spans, and nothing of any protocol.
 */
export class PartFramer<Frame> implements Framer<Frame> {
  lost: string | null = null;
  readonly #options: PartFramerOptions<Frame>;
  #frame: Frame | null = null;
  #part: Part = end;
  /** Bytes of the part at hand that came so far. */
  #bytes = 0;
  #kept: Uint8Array[] = [];

  constructor(options: PartFramerOptions<Frame>) {
    this.#options = options;
  }

  get atBoundary(): boolean {
    return this.#frame === null;
  }

  push(chunk: Uint8Array): Span<Frame>[] {
    const spans: Span<Frame>[] = [];
    let from = 0;
    let at = 0;
    while (at < chunk.length && this.lost === null) {
      if (this.#frame === null) this.#begin(chunk[at] ?? 0);
      at = this.#read(chunk, at);
      if (this.#part.type === 'lost') this.lost = this.#part.because;
      if (this.#part.type !== 'end') continue;
      spans.push({ frame: this.#frame, from, to: at, last: true });
      from = at;
      this.#frame = null;
    }
    if (from === chunk.length) return spans;
    const frame = this.lost === null ? this.#frame : null;
    spans.push({ frame, from, to: chunk.length, last: false });
    return spans;
  }

  end(): Frame | null {
    const frame = this.#part.type === 'rest' ? this.#frame : null;
    if (frame !== null) this.#frame = null;
    return frame;
  }

  #begin(firstByte: number): void {
    const { frame, first } = this.#options.begin(firstByte);
    this.#frame = frame;
    this.#go(first);
  }

  /** Reads what of the part at hand is in the chunk, and returns where the next byte is. */
  #read(chunk: Uint8Array, from: number): number {
    const part = this.#part;
    switch (part.type) {
      case 'line':
        return this.#readLine(chunk, from, part.next);
      case 'head': {
        const to = this.#endWithin(chunk, from, part.bytes);
        const isWhole = this.#bytes === part.bytes;
        if (isWhole) this.#go(part.next(this.#joinedWith(chunk.subarray(from, to))));
        else this.#kept.push(chunk.slice(from, to));
        return to;
      }
      case 'block': {
        const to = this.#endWithin(chunk, from, part.bytes);
        part.see?.(chunk.subarray(from, to));
        if (this.#bytes === part.bytes) this.#go(part.next());
        return to;
      }
      case 'rest':
        part.see(chunk.subarray(from));
        return chunk.length;
      case 'end':
      case 'lost':
        return chunk.length;
      default:
        return part satisfies never;
    }
  }

  #readLine(chunk: Uint8Array, from: number, next: (line: Uint8Array) => Part): number {
    const found = chunk.indexOf(LF, from);
    const to = found === -1 ? chunk.length : found + 1;
    this.#bytes += to - from;
    const { lineBytesMax } = this.#options;
    if (this.#bytes > lineBytesMax) {
      this.#go(lost(`a line is longer than lineBytesMax, ${lineBytesMax}`));
    } else if (found === -1) {
      this.#kept.push(chunk.slice(from, to));
    } else {
      this.#go(next(withoutReturn(this.#joinedWith(chunk.subarray(from, found)))));
    }
    return to;
  }

  #endWithin(chunk: Uint8Array, from: number, bytes: number): number {
    const to = Math.min(chunk.length, from + bytes - this.#bytes);
    this.#bytes += to - from;
    return to;
  }

  #joinedWith(last: Uint8Array): Uint8Array {
    return this.#kept.length === 0 ? last : joinedBytes([...this.#kept, last]);
  }

  /** Each part without bytes leads to another one, and a message has no two of those in a row that are the same. */
  #go(part: Part): void {
    let next = part;
    while (next.type === 'block' && next.bytes === 0) next = next.next();
    this.#part = next;
    this.#bytes = 0;
    if (this.#kept.length > 0) this.#kept = [];
  }
}

const CR = 13;
const LF = 10;

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}
