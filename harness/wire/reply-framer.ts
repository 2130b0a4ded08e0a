import type { Framer, ReplyFrame, Span } from './framing.ts';
import type { RespMode } from './resp-mode.ts';

export interface ReplyLimits {
  /** Aggregates within aggregates. */
  readonly depthMax: number;
  /** Bytes of a simple string, error, number or big number. */
  readonly lineBytesMax: number;
  /** Bytes that a bulk string may announce. */
  readonly bulkBytesMax: number;
  /** A reply with more payload than this is framed as ever, and its payload is not kept, so it gets no digest. */
  readonly payloadBytesMax: number;
}

export const replyLimits: ReplyLimits = {
  depthMax: 128,
  lineBytesMax: 1_048_576,
  bulkBytesMax: 4_294_967_296,
  payloadBytesMax: 67_108_864,
};

const CR = 13;
const LF = 10;
const NOWHERE = -1;
const LINE_FEED_MISSING = 'a carriage return was not followed by a line feed';

type Expects =
  | 'type'
  | 'number'
  | 'number-lf'
  | 'line'
  | 'line-lf'
  | 'data'
  | 'data-cr'
  | 'data-lf';

/** One aggregate (or streamed string) whose end has not been seen. */
interface Open {
  /** Values still to come; Infinity for a streamed one, which ends by a marker. */
  missing: number;
  /** Attributes come before a value and are not one. */
  readonly kind: 'values' | 'attributes' | 'string';
}

interface GrowingFrame {
  type: string | null;
  answers: boolean;
  payload: Uint8Array[] | null;
}

/** Frames the replies of one connection: every RESP2 and RESP3 type, streamed ones included, in chunks cut anywhere. */
export class ReplyFramer implements Framer<ReplyFrame> {
  lost: string | null = null;
  readonly #limits: ReplyLimits;
  readonly #mode: RespMode;
  readonly #open: Open[] = [];
  #frame: GrowingFrame = { type: null, answers: true, payload: null };
  #expects: Expects = 'type';
  #begun = false;
  #whole = false;
  /** The type byte whose number is being read. */
  #header = '';
  #number = 0;
  #digits = 0;
  #sign: '' | '-' | '?' = '';
  /** Bytes of data still to come, or bytes of a line so far. */
  #bytes = 0;
  /** Where the payload begins within the chunk at hand. */
  #payloadFrom: number = NOWHERE;
  #payloadBytes = 0;

  constructor(limits: ReplyLimits, mode: RespMode) {
    this.#limits = limits;
    this.#mode = mode;
  }

  get atBoundary(): boolean {
    return !this.#begun;
  }

  push(chunk: Uint8Array): Span<ReplyFrame>[] {
    const spans: Span<ReplyFrame>[] = [];
    let from = 0;
    let at = 0;
    if (this.#payloadFrom !== NOWHERE) this.#payloadFrom = 0;
    while (at < chunk.length && this.lost === null) {
      at = this.#read(chunk, at);
      if (!this.#whole) continue;
      this.#keepPayload(chunk, at);
      if (this.#mode.hasNotes) this.#frame.answers = this.#mode.answers(this.#frame);
      spans.push({ frame: this.#frame, from, to: at, last: true });
      from = at;
      this.#startOver();
    }
    if (from === chunk.length) return spans;
    if (this.#payloadFrom !== NOWHERE) {
      this.#keepPayload(chunk, chunk.length);
      this.#payloadFrom = 0;
    }
    const frame = this.lost === null ? this.#frame : null;
    spans.push({ frame, from, to: chunk.length, last: false });
    return spans;
  }

  /** Reads at least one byte and returns where the next one is. */
  #read(chunk: Uint8Array, at: number): number {
    switch (this.#expects) {
      case 'type':
        return this.#readType(chunk[at] ?? 0, at + 1);
      case 'number':
        return this.#readNumber(chunk, at);
      case 'number-lf':
        if (chunk[at] !== LF) return this.#lose(LINE_FEED_MISSING);
        this.#endHeader(at + 1);
        return at + 1;
      case 'line':
        return this.#readLine(chunk, at);
      case 'line-lf':
        if (chunk[at] !== LF) return this.#lose(LINE_FEED_MISSING);
        this.#endLine();
        return at + 1;
      case 'data':
        return this.#readData(chunk, at);
      case 'data-cr':
        if (chunk[at] !== CR) return this.#lose('a string was longer than it announced');
        this.#expects = 'data-lf';
        return at + 1;
      case 'data-lf':
        if (chunk[at] !== LF) return this.#lose(LINE_FEED_MISSING);
        this.#endData();
        return at + 1;
      default:
        return this.#expects satisfies never;
    }
  }

  #readType(byte: number, next: number): number {
    const type = String.fromCharCode(byte);
    this.#begun = true;
    const top = this.#open.at(-1);
    if ((top?.kind === 'string') !== (type === ';')) {
      return this.#lose(`byte ${byte} stands where a part of a streamed string would or cannot`);
    }
    if (this.#open.length === 0 && type !== '|') {
      this.#frame.type = type;
      this.#frame.answers = type !== '>';
    }
    this.#header = type;
    if ('+-:,#(_'.includes(type)) {
      if (this.#open.length === 0 && type !== '_') this.#payloadFrom = next;
      this.#bytes = 0;
      this.#expects = 'line';
    } else if (type === '.' && top?.missing === Infinity) {
      this.#bytes = 0;
      this.#expects = 'line';
    } else if ('$!=*%~|;'.includes(type) || (type === '>' && this.#open.length === 0)) {
      this.#number = 0;
      this.#digits = 0;
      this.#sign = '';
      this.#expects = 'number';
    } else {
      this.#lose(`no reply begins with byte ${byte}`);
    }
    return next;
  }

  #readNumber(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte >= 48 && byte <= 57 && this.#sign !== '?' && this.#digits < 15) {
        this.#number = this.#number * 10 + byte - 48;
        this.#digits += 1;
      } else if ((byte === 45 || byte === 63) && this.#digits === 0 && this.#sign === '') {
        this.#sign = byte === 45 ? '-' : '?';
      } else if (byte === CR && (this.#digits > 0 || this.#sign === '?')) {
        this.#expects = 'number-lf';
        return at + 1;
      } else {
        return this.#lose(`byte ${byte} stands in the length after ${this.#header}`);
      }
    }
    return chunk.length;
  }

  #readLine(chunk: Uint8Array, from: number): number {
    const found = chunk.indexOf(CR, from);
    const to = found === -1 ? chunk.length : found;
    this.#bytes += to - from;
    if (this.#bytes > this.#limits.lineBytesMax) {
      return this.#lose(`a line is longer than lineBytesMax, ${this.#limits.lineBytesMax}`);
    }
    if (found === -1) return to;
    if (this.#open.length === 0) this.#keepPayload(chunk, to);
    this.#expects = 'line-lf';
    return to + 1;
  }

  #readData(chunk: Uint8Array, from: number): number {
    const to = Math.min(chunk.length, from + this.#bytes);
    this.#bytes -= to - from;
    if (this.#bytes > 0) return to;
    if (this.#onSurface()) this.#keepPayload(chunk, to);
    this.#expects = 'data-cr';
    return to;
  }

  #endLine(): void {
    const isMark = this.#header === '.' || this.#header === '_';
    if (isMark && this.#bytes > 0) this.#lose(`${this.#header} stands with text behind it`);
    else if (this.#header === '.') this.#closeTop();
    else this.#endValue();
  }

  #endData(): void {
    if (this.#header === ';') this.#expects = 'type';
    else this.#endValue();
  }

  /** The number after a type byte is complete; `next` is where the bytes behind it begin. */
  #endHeader(next: number): void {
    const type = this.#header;
    const isNull = this.#sign === '-' && this.#number === 1 && (type === '$' || type === '*');
    if (isNull) return this.#endValue();
    const canStream = '$*%~|'.includes(type);
    if (this.#sign === '-' || (this.#sign === '?' && !canStream)) {
      this.#lose(`${type} cannot announce ${this.#sign}${this.#number}`);
    } else if ('$!=;'.includes(type)) {
      this.#openString(type, next);
    } else {
      this.#openAggregate(type, next);
    }
  }

  #openString(type: string, next: number): void {
    if (this.#number > this.#limits.bulkBytesMax) {
      this.#lose(`${this.#number} bytes are more than bulkBytesMax, ${this.#limits.bulkBytesMax}`);
    } else if (this.#sign === '?') {
      if (this.#open.length === 0) this.#frame.payload = [];
      this.#push({ missing: Infinity, kind: 'string' });
    } else if (type === ';' && this.#number === 0) {
      this.#closeTop();
    } else {
      if (this.#onSurface()) this.#payloadFrom = next;
      this.#bytes = this.#number;
      this.#expects = this.#bytes === 0 ? 'data-cr' : 'data';
      if (this.#bytes === 0 && this.#onSurface()) this.#keepEmptyPayload();
    }
  }

  #openAggregate(type: string, next: number): void {
    const perItem = type === '%' || type === '|' ? 2 : 1;
    const missing = this.#sign === '?' ? Infinity : this.#number * perItem;
    const kind = type === '|' ? 'attributes' : 'values';
    if (this.#open.length === 0 && kind === 'values') this.#payloadFrom = next;
    this.#push({ missing, kind });
    if (missing === 0) this.#closeTop();
  }

  #push(open: Open): void {
    if (this.#open.length >= this.#limits.depthMax) {
      this.#lose(`a reply is nested deeper than depthMax, ${this.#limits.depthMax}`);
    }
    this.#open.push(open);
    this.#expects = 'type';
  }

  /** The innermost aggregate has all its values. Attributes are followed by the value that they describe. */
  #closeTop(): void {
    const closed = this.#open.pop();
    if (closed?.kind === 'attributes') this.#expects = 'type';
    else this.#endValue();
  }

  /** A value is complete, and with it perhaps the aggregates around it: at most `depthMax` rounds. */
  #endValue(): void {
    this.#expects = 'type';
    const top = this.#open.at(-1);
    if (top === undefined) {
      this.#whole = true;
      return;
    }
    top.missing -= 1;
    if (top.missing === 0) this.#closeTop();
  }

  /** Whether string data that comes now is the reply itself, not a part of an aggregate. */
  #onSurface(): boolean {
    return this.#open.length === 0 || (this.#open.length === 1 && this.#header === ';');
  }

  #keepPayload(chunk: Uint8Array, to: number): void {
    const from = this.#payloadFrom;
    if (from === NOWHERE) return;
    this.#payloadFrom = NOWHERE;
    this.#payloadBytes += to - from;
    if (this.#payloadBytes > this.#limits.payloadBytesMax) {
      this.#frame.payload = null;
      return;
    }
    this.#frame.payload ??= [];
    if (to > from) this.#frame.payload.push(chunk.subarray(from, to));
  }

  #keepEmptyPayload(): void {
    this.#payloadFrom = NOWHERE;
    this.#frame.payload = [];
  }

  #startOver(): void {
    this.#frame = { type: null, answers: true, payload: null };
    this.#begun = false;
    this.#whole = false;
    this.#payloadFrom = NOWHERE;
    this.#payloadBytes = 0;
  }

  #lose(because: string): number {
    this.lost ??= because;
    return 0;
  }
}
