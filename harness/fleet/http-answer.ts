/** One whole answer, framed by its own head. Names of headers are in lower case; repeated ones are joined by a comma. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** False when the server said that it closes the connection after this answer. */
  readonly keepsAlive: boolean;
}

/** `odd` is final: whatever comes after it cannot be trusted, and the connection must be destroyed. */
export type AnswerProgress =
  | { readonly state: 'more' }
  | { readonly state: 'whole'; readonly answer: HttpAnswer }
  | { readonly state: 'odd'; readonly says: string };

/** Reads exactly one answer. A new one is made for each request, so no state outlives the answer it belongs to. */
export interface AnswerReader {
  /** Bytes that follow the end of the answer make it odd: nobody asked for them. */
  push(bytes: Uint8Array): AnswerProgress;
  /** How many bytes came so far, for error messages. */
  readonly received: number;
}

export const headBytesMax = 16_384;
export const bodyBytesMax = 67_108_864;

/**
 * A strict reader of one HTTP/1.1 answer to a GET or POST (RFC 9112). Where the RFC lets a recipient guess, it does not:
 * a body needs one content-length or chunked, and never both; a body that only the end of the connection
 * would delimit, interim answers, folded lines, bare line feeds, chunk extensions and trailers are odd.
 */
export function answerReader(): AnswerReader {
  let received = 0;
  let head = Buffer.alloc(0);
  let body: BodyReader | undefined;
  let ended: AnswerProgress | undefined;

  const readHead = (bytes: Uint8Array): AnswerProgress => {
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1 && head.length <= headBytesMax) return { state: 'more' };
    if (end === -1 || end > headBytesMax) return odd(`a head of more than ${headBytesMax} bytes`);
    const parsed = parseHead(head.toString('latin1', 0, end));
    if (typeof parsed === 'string') return odd(parsed);
    body = bodyReader(parsed);
    return body.push(head.subarray(end + 4));
  };

  return {
    get received() {
      return received;
    },
    push: (bytes) => {
      received += bytes.length;
      if (ended !== undefined) return odd(`${bytes.length} bytes after the end of the answer`);
      const progress = body === undefined ? readHead(bytes) : body.push(Buffer.from(bytes));
      if (progress.state !== 'more') ended = progress;
      return progress;
    },
  };
}

interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly framing: { readonly by: 'length'; readonly bytes: number } | { readonly by: 'chunks' };
}

interface BodyReader {
  push(bytes: Buffer): AnswerProgress;
}

const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/** The parsed head, or what is odd about it. */
function parseHead(text: string): Head | string {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(statusLine)?.[1];
  if (status === undefined) return `a status line ${excerpt(statusLine)}`;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return `a header line ${excerpt(line)}`;
    const known = headers.get(name.toLowerCase());
    const trimmed = value.trimEnd();
    headers.set(name.toLowerCase(), known === undefined ? trimmed : `${known}, ${trimmed}`);
  }
  const framing = framingOf(Number(status), headers);
  return typeof framing === 'string' ? framing : { status: Number(status), headers, framing };
}

function framingOf(status: number, headers: ReadonlyMap<string, string>): Head['framing'] | string {
  const length = headers.get('content-length');
  const coding = headers.get('transfer-encoding');
  if (status < 200) return `an interim answer, status ${status}`;
  if (length !== undefined && coding !== undefined)
    return `both content-length ${excerpt(length)} and transfer-encoding ${excerpt(coding)}`;
  if (status === 204 || status === 304) {
    if (coding !== undefined || (length !== undefined && length !== '0' && status === 204))
      return `a body announced under status ${status}`;
    return { by: 'length', bytes: 0 };
  }
  if (coding !== undefined)
    return coding.toLowerCase() === 'chunked'
      ? { by: 'chunks' }
      : `transfer-encoding ${excerpt(coding)}`;
  if (length === undefined) return 'no content-length and not chunked: a cut could not be seen';
  if (!/^[0-9]{1,10}$/.test(length)) return `content-length ${excerpt(length)}`;
  if (Number(length) > bodyBytesMax)
    return `content-length ${length} above bodyBytesMax ${bodyBytesMax}`;
  return { by: 'length', bytes: Number(length) };
}

function bodyReader(head: Head): BodyReader {
  const whole = (parts: readonly Uint8Array[]): AnswerProgress => ({
    state: 'whole',
    answer: {
      status: head.status,
      headers: head.headers,
      body: Buffer.concat(parts),
      keepsAlive: !/(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(head.headers.get('connection') ?? ''),
    },
  });
  return head.framing.by === 'length'
    ? lengthReader(head.framing.bytes, whole)
    : chunkReader(whole);
}

type Whole = (parts: readonly Uint8Array[]) => AnswerProgress;

function lengthReader(bytesAnnounced: number, whole: Whole): BodyReader {
  const parts: Uint8Array[] = [];
  let missing = bytesAnnounced;
  return {
    push: (bytes) => {
      if (bytes.length > missing)
        return odd(`${bytes.length - missing} bytes after the ${bytesAnnounced} announced`);
      parts.push(bytes);
      missing -= bytes.length;
      return missing === 0 ? whole(parts) : { state: 'more' };
    },
  };
}

/** Longest line between chunks: eight hexadecimal digits, CR, LF. */
const sizeLineBytesMax = 10;

function chunkReader(whole: Whole): BodyReader {
  const parts: Uint8Array[] = [];
  let total = 0;
  let rest: Buffer = Buffer.alloc(0);
  let awaits: 'size' | 'data' | 'last-line' = 'size';
  let chunkBytes = 0;

  /** One step over `rest`; undefined when a further step may be possible at once. */
  const step = (): AnswerProgress | undefined => {
    switch (awaits) {
      case 'size': {
        const end = rest.indexOf('\r\n');
        if (end === -1 && rest.length < sizeLineBytesMax) return { state: 'more' };
        const line = rest.toString('latin1', 0, Math.max(end, 0));
        if (!/^[0-9a-fA-F]{1,8}$/.test(line))
          return odd(`a chunk size line ${excerpt(rest.toString('latin1', 0, 24))}`);
        chunkBytes = Number.parseInt(line, 16);
        total += chunkBytes;
        if (total > bodyBytesMax) return odd(`chunks above bodyBytesMax ${bodyBytesMax}`);
        rest = rest.subarray(end + 2);
        awaits = chunkBytes === 0 ? 'last-line' : 'data';
        return undefined;
      }
      case 'data': {
        if (rest.length < chunkBytes + 2) return { state: 'more' };
        if (rest.toString('latin1', chunkBytes, chunkBytes + 2) !== '\r\n')
          return odd(`a chunk of ${chunkBytes} bytes that does not end where it said`);
        parts.push(rest.subarray(0, chunkBytes));
        rest = rest.subarray(chunkBytes + 2);
        awaits = 'size';
        return undefined;
      }
      case 'last-line': {
        if (rest.length < 2) return { state: 'more' };
        if (rest.toString('latin1', 0, 2) !== '\r\n') return odd('a trailer after the last chunk');
        if (rest.length > 2) return odd(`${rest.length - 2} bytes after the last chunk`);
        return whole(parts);
      }
      default:
        return awaits satisfies never;
    }
  };

  return {
    push: (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      // Each step takes at least two bytes off `rest`, or ends.
      for (;;) {
        const progress = step();
        if (progress !== undefined) return progress;
      }
    },
  };
}

function odd(says: string): AnswerProgress {
  return { state: 'odd', says };
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
