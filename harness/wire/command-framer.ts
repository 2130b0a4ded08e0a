import { keyPlaceOf, valuePlaceOf } from './command-table.ts';
import type { CommandFrame, Framer, Span } from './framing.ts';
import { inlineWords } from './inline-words.ts';
import { joinedBytes } from './joined-bytes.ts';
import { isSubscription, type RespMode } from './resp-mode.ts';

export interface CommandLimits {
  /** Arguments of one command. */
  readonly argumentsMax: number;
  /** Bytes that one argument may announce. */
  readonly argumentBytesMax: number;
  /** Bytes of a command that is not an array but a line of words. */
  readonly inlineBytesMax: number;
  /** What is kept of a command's name, key and words. */
  readonly keyBytesMax: number;
  /** A longer value is framed as ever and not kept, so it gets no digest. */
  readonly valueBytesMax: number;
}

export const commandLimits: CommandLimits = {
  argumentsMax: 2_147_483_647,
  argumentBytesMax: 4_294_967_296,
  inlineBytesMax: 65_536,
  keyBytesMax: 1_024,
  valueBytesMax: 67_108_864,
};

const CR = 13;
const LF = 10;
const DOLLAR = 36;
const ASTERISK = 42;
/** As many as are ever looked at: the name, and a key behind at most two words. */
const inlineWordsMax = 4;
const LINE_FEED_MISSING = 'a carriage return was not followed by a line feed';

type Expects =
  | 'start'
  | 'count'
  | 'count-lf'
  | 'dollar'
  | 'length'
  | 'length-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'inline';

interface GrowingFrame {
  command: string;
  key: string | null;
  value?: Uint8Array[];
  expects: CommandFrame['expects'];
}

/**
 * Frames the commands of one connection: arrays of bulk strings, and inline commands, in chunks cut anywhere. Reads as a
 * Redis server does: `*0`, `*-1` and empty lines are no commands and get no reply.
 */
export class CommandFramer implements Framer<CommandFrame> {
  lost: string | null = null;
  readonly #limits: CommandLimits;
  readonly #mode: RespMode;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #frame: GrowingFrame = nothingYet();
  #expects: Expects = 'start';
  #begun = false;
  #whole = false;
  #number = 0;
  #digits = 0;
  #negative = false;
  #argumentsMissing = 0;
  /** Which argument is being read, from 0, the command's name. */
  #place = 0;
  #keyPlace = 0;
  #valuePlace = 0;
  #bytesMissing = 0;
  /** What the chunks before this one held of the argument or line at hand. */
  #kept: Uint8Array | null = null;
  #words: string[] = [];

  constructor(limits: CommandLimits, mode: RespMode) {
    this.#limits = limits;
    this.#mode = mode;
  }

  get atBoundary(): boolean {
    return !this.#begun;
  }

  push(chunk: Uint8Array): Span<CommandFrame>[] {
    const spans: Span<CommandFrame>[] = [];
    let from = 0;
    let at = 0;
    while (at < chunk.length && this.lost === null) {
      at = this.#read(chunk, at);
      if (!this.#whole) continue;
      spans.push({ frame: this.#frame, from, to: at, last: true });
      from = at;
      this.#startOver();
    }
    if (from === chunk.length) return spans;
    const frame = this.lost === null ? this.#frame : null;
    spans.push({ frame, from, to: chunk.length, last: false });
    return spans;
  }

  /** Reads and returns where the next byte is; only the first byte of an inline command is looked at twice. */
  #read(chunk: Uint8Array, at: number): number {
    switch (this.#expects) {
      case 'start':
        return this.#readStart(chunk[at] ?? 0, at);
      case 'count':
      case 'length':
        return this.#readNumber(chunk, at);
      case 'count-lf':
        if (chunk[at] !== LF) return this.#lose(LINE_FEED_MISSING);
        this.#endCount();
        return at + 1;
      case 'dollar':
        if (chunk[at] !== DOLLAR) return this.#lose('an argument does not begin with $');
        this.#expectNumber('length');
        return at + 1;
      case 'length-lf':
        if (chunk[at] !== LF) return this.#lose(LINE_FEED_MISSING);
        this.#endLength();
        return at + 1;
      case 'data':
        return this.#readData(chunk, at);
      case 'data-cr':
        if (chunk[at] !== CR) return this.#lose('an argument was longer than it announced');
        this.#expects = 'data-lf';
        return at + 1;
      case 'data-lf':
        if (chunk[at] !== LF) return this.#lose(LINE_FEED_MISSING);
        this.#endArgument();
        return at + 1;
      case 'inline':
        return this.#readInline(chunk, at);
      default:
        return this.#expects satisfies never;
    }
  }

  #readStart(byte: number, at: number): number {
    this.#begun = true;
    if (byte !== ASTERISK) {
      this.#expects = 'inline';
      return at;
    }
    this.#expectNumber('count');
    return at + 1;
  }

  #expectNumber(expects: 'count' | 'length'): void {
    this.#expects = expects;
    this.#number = 0;
    this.#digits = 0;
    this.#negative = false;
  }

  #readNumber(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte >= 48 && byte <= 57 && this.#digits < 15) {
        this.#number = this.#number * 10 + byte - 48;
        this.#digits += 1;
      } else if (byte === 45 && this.#digits === 0 && this.#expects === 'count') {
        this.#negative = true;
      } else if (byte === CR && this.#digits > 0) {
        this.#expects = this.#expects === 'count' ? 'count-lf' : 'length-lf';
        return at + 1;
      } else {
        return this.#lose(`byte ${byte} stands in the ${this.#expects} of a command`);
      }
    }
    return chunk.length;
  }

  #endCount(): void {
    if (this.#number > this.#limits.argumentsMax) {
      this.#lose(
        `${this.#number} arguments are more than argumentsMax, ${this.#limits.argumentsMax}`,
      );
    } else if (this.#negative || this.#number === 0) {
      this.#whole = true;
    } else {
      this.#argumentsMissing = this.#number;
      this.#expects = 'dollar';
    }
  }

  #endLength(): void {
    if (this.#number > this.#limits.argumentBytesMax) {
      this.#lose(
        `${this.#number} bytes are more than argumentBytesMax, ${this.#limits.argumentBytesMax}`,
      );
      return;
    }
    this.#bytesMissing = this.#number;
    this.#expects = this.#number === 0 ? 'data-cr' : 'data';
    if (this.#isValue() && this.#number <= this.#limits.valueBytesMax) this.#frame.value = [];
    if (this.#number === 0 && this.#isWanted()) this.#understand('');
  }

  #readData(chunk: Uint8Array, from: number): number {
    const to = Math.min(chunk.length, from + this.#bytesMissing);
    this.#bytesMissing -= to - from;
    const complete = this.#bytesMissing === 0;
    if (this.#isValue()) {
      this.#frame.value?.push(chunk.subarray(from, to));
    } else if (this.#isWanted()) {
      if (complete) this.#understand(this.#textOf(chunk, from, to));
      else this.#keep(chunk, from, to);
    }
    if (complete) this.#expects = 'data-cr';
    return to;
  }

  /** Whether the argument at hand is the name, the key, or one of the words that decide what replies there will be. */
  #isWanted(): boolean {
    if (this.#place === 0 || this.#place === this.#keyPlace) return true;
    if (this.#place <= 2 && this.#frame.command === 'CLIENT') return true;
    return this.#argumentsMissing === 1 && isSubscription(this.#frame.command);
  }

  #isValue(): boolean {
    return this.#valuePlace !== 0 && this.#place === this.#valuePlace;
  }

  #understand(text: string): void {
    if (this.#place === 0) {
      this.#frame.command = text.toUpperCase();
      this.#keyPlace = keyPlaceOf(this.#frame.command);
      this.#valuePlace = valuePlaceOf(this.#frame.command);
    } else if (this.#place === this.#keyPlace) {
      this.#frame.key = text;
    } else {
      this.#words.push(text);
    }
  }

  #endArgument(): void {
    this.#place += 1;
    this.#argumentsMissing -= 1;
    this.#expects = 'dollar';
    if (this.#argumentsMissing > 0) return;
    this.#frame.expects = this.#mode.expectationOf(this.#frame.command, this.#words);
    this.#whole = true;
  }

  #readInline(chunk: Uint8Array, from: number): number {
    const found = chunk.indexOf(LF, from);
    const to = found === -1 ? chunk.length : found;
    if ((this.#kept?.length ?? 0) + to - from > this.#limits.inlineBytesMax) {
      return this.#lose(
        `a line of words is longer than inlineBytesMax, ${this.#limits.inlineBytesMax}`,
      );
    }
    const line = joinedBytes([this.#kept ?? new Uint8Array(), chunk.slice(from, to)]);
    this.#kept = found === -1 ? line : null;
    if (found === -1) return to;
    const words = inlineWords(this.#decoder.decode(line));
    const wanted = isSubscription((words[0] ?? '').toUpperCase()) ? words.length : inlineWordsMax;
    this.#argumentsMissing = words.length;
    for (const word of words.slice(0, wanted)) {
      // What escapes and other encodings stand for is not told by the text.
      if (this.#isValue() && /^[ -[\]-~]*$/u.test(word)) {
        this.#frame.value = [this.#encoder.encode(word)];
      }
      if (this.#isWanted()) this.#understand(word.slice(0, this.#limits.keyBytesMax));
      this.#place += 1;
      this.#argumentsMissing -= 1;
    }
    if (words.length > 0) {
      this.#frame.expects = this.#mode.expectationOf(this.#frame.command, this.#words);
    }
    this.#whole = true;
    return to + 1;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const kept = this.#kept ?? new Uint8Array();
    const room = this.#limits.keyBytesMax - kept.length;
    if (room > 0) this.#kept = joinedBytes([kept, chunk.slice(from, Math.min(to, from + room))]);
  }

  /** Names and keys are nearly always short and ASCII: for those this is several times faster than the decoder. */
  #textOf(chunk: Uint8Array, from: number, to: number): string {
    if (this.#kept !== null || to - from > Math.min(64, this.#limits.keyBytesMax)) {
      this.#keep(chunk, from, to);
      const text = this.#decoder.decode(this.#kept ?? new Uint8Array());
      this.#kept = null;
      return text;
    }
    let text = '';
    for (let at = from; at < to; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte > 127) return this.#decoder.decode(chunk.subarray(from, to));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #startOver(): void {
    this.#frame = nothingYet();
    this.#expects = 'start';
    this.#begun = false;
    this.#whole = false;
    this.#place = 0;
    this.#keyPlace = 0;
    if (this.#words.length > 0) this.#words = [];
  }

  #lose(because: string): number {
    this.lost ??= because;
    return 0;
  }
}

function nothingYet(): GrowingFrame {
  return { command: '', key: null, expects: 'nothing' };
}
