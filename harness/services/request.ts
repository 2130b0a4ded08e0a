import { splitInlineRequest } from './inline-request.ts';

/** Turns a client's bytes into requests, one argument vector at a time. */
export interface RequestReader {
  push(bytes: Uint8Array): void;
  next(): Request;
}

export type Request =
  | { readonly state: 'complete'; readonly arguments: readonly Buffer[] }
  | { readonly state: 'incomplete' }
  /** The stream cannot be followed any further: send the error, then close. */
  | { readonly state: 'broken'; readonly error: string };

/** A line of an inline request, or of a length, is never longer. */
const lineBytesMax = 65_536;
const bulkBytesMax = 512 * 1024 * 1024;
const argumentsMax = 2_147_483_647;
/** Redis closes a connection whose unread requests take more than this. */
const unreadBytesMax = 1024 * 1024 * 1024;

const incomplete: Request = { state: 'incomplete' };

/**
 * Reads requests as redis-server 7.0 does: arrays of bulk strings, or inline lines, with the same protocol errors.
 * Lengths are bounded (64 KiB a line, 512 MiB an argument, 1 GiB unread). A reader that broke stays broken.
 */
export function createRequestReader(): RequestReader {
  const input = createInput();
  let gathered: Buffer[] | null = null;
  let missing = 0;
  let bulkBytes = -1;
  let broken: Request | null = null;

  const fail = (error: string): Request => {
    broken = { state: 'broken', error: `ERR Protocol error: ${error}` };
    return broken;
  };
  const readLine = (kind: LineKind, tooLong: string): string | Request => {
    const text = input.line(kind);
    const length = text === null ? input.unread() : text.length;
    if (length > lineBytesMax) return fail(tooLong);
    return text ?? incomplete;
  };
  const readBulk = (): Buffer | Request => {
    if (bulkBytes < 0) {
      const header = readLine('header', 'too big bulk count string');
      if (typeof header !== 'string') return header;
      if (!header.startsWith('$')) return fail(`expected '$', got '${header[0] ?? '\r'}'`);
      bulkBytes = parseLength(header.slice(1), bulkBytesMax);
      if (bulkBytes < 0) return fail('invalid bulk length');
    }
    const bytes = input.take(bulkBytes);
    if (bytes === null) return incomplete;
    bulkBytes = -1;
    return bytes;
  };
  const readArray = (): Request => {
    if (gathered === null) {
      const header = readLine('header', 'too big mbulk count string');
      if (typeof header !== 'string') return header;
      missing = parseCount(header.slice(1));
      if (Number.isNaN(missing)) return fail('invalid multibulk length');
      gathered = [];
    }
    for (; missing > 0; missing -= 1) {
      const bulk = readBulk();
      if (!Buffer.isBuffer(bulk)) return bulk;
      gathered.push(bulk);
    }
    const complete: Request = { state: 'complete', arguments: gathered };
    gathered = null;
    return complete;
  };
  const readInline = (): Request => {
    const text = readLine('inline', 'too big inline request');
    if (typeof text !== 'string') return text;
    const words = splitInlineRequest(text);
    return words === null
      ? fail('unbalanced quotes in request')
      : { state: 'complete', arguments: words };
  };
  return {
    push: (bytes) => input.push(bytes),
    next: () => {
      if (broken !== null) return broken;
      if (input.unread() > unreadBytesMax) return fail('too many unread bytes');
      if (gathered === null && input.unread() === 0) return incomplete;
      return gathered !== null || input.peek() === '*' ? readArray() : readInline();
    },
  };
}

/** -1 for what is not a length. */
function parseLength(text: string, bytesMax: number): number {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) return -1;
  const length = Number(text);
  return length <= bytesMax ? length : -1;
}

/** NaN for what is not a count; a count of zero or less is an empty request, which is passed over. */
function parseCount(text: string): number {
  if (!/^(?:0|-?[1-9]\d{0,15})$/.test(text)) return Number.NaN;
  const count = Number(text);
  return count <= argumentsMax ? count : Number.NaN;
}

/** A header ends with the first CR, an inline request with the first LF. */
type LineKind = 'header' | 'inline';

interface Input {
  push(bytes: Uint8Array): void;
  unread(): number;
  peek(): string;
  /** The next line without its end, or null while that is missing. */
  line(kind: LineKind): string | null;
  /** The next `length` bytes, behind which two bytes of line end are passed over, or null while they are missing. */
  take(length: number): Buffer | null;
}

/** Chunks are joined only when enough has come, so that a large value is copied once and not once a chunk. */
function createInput(): Input {
  let chunks: Buffer[] = [];
  let unread = 0;
  let head = Buffer.alloc(0);
  let position = 0;
  let wanted = 0;

  const join = (): void => {
    if (chunks.length === 0) return;
    head = Buffer.concat([head.subarray(position), ...chunks]);
    chunks = [];
    position = 0;
  };
  const advance = (length: number): void => {
    position += length;
    unread -= length;
    wanted = 0;
  };
  return {
    unread: () => unread,
    push: (bytes) => {
      chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      unread += bytes.byteLength;
    },
    peek: () => {
      join();
      return String.fromCharCode(head[position] ?? 0);
    },
    line: (kind) => {
      join();
      const end = head.indexOf(kind === 'header' ? 13 : 10, position);
      const next = kind === 'header' ? end + 2 : end + 1;
      if (end < 0 || next > head.length) return null;
      const isCarriageReturn = kind === 'inline' && end > position && head[end - 1] === 13;
      const text = head.toString('latin1', position, isCarriageReturn ? end - 1 : end);
      advance(next - position);
      return text;
    },
    take: (length) => {
      wanted = length + 2;
      if (unread < wanted) return null;
      join();
      // A copy, so that a stored value does not hold on to the whole chunk that it came in.
      const bytes = Buffer.from(head.subarray(position, position + length));
      advance(wanted);
      return bytes;
    },
  };
}
