/** One part of the thumbnails answer: what the backend says of it, and the bytes that it gave. */
export interface ThumbnailPart {
  readonly eventId: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly bytes: Uint8Array;
}

export type Multipart =
  | { readonly state: 'whole'; readonly parts: readonly ThumbnailPart[] }
  | { readonly state: 'odd'; readonly says: string };

/** Parts beyond which an answer is refused: a page of the Events tab is far smaller. */
const partsMax = 1_000;

const partHeadBytesMax = 4_096;

/**
 * Reads the `multipart/mixed` answer to `GET /v1/thumbnails` strictly (RFC 2046, 5.1): every part announces its length,
 * and the boundary must stand exactly where that length ends, so that picture bytes that look like a boundary split nothing.
 * A preamble, an epilogue and a part that does not name its event are odd.
 */
export function readMultipart(contentType: string | undefined, body: Uint8Array): Multipart {
  const boundary = boundaryOf(contentType ?? '');
  if (boundary === undefined)
    return odd(
      `content-type ${JSON.stringify(contentType ?? null)} where multipart/mixed with a boundary was expected`,
    );
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: ThumbnailPart[] = [];
  const delimiter = `--${boundary}`;
  if (!standsAt(bytes, 0, delimiter)) return odd('no boundary at the start');
  let offset = delimiter.length;
  while (!standsAt(bytes, offset, '--')) {
    if (parts.length === partsMax) return odd(`more than partsMax ${partsMax} parts`);
    if (!standsAt(bytes, offset, '\r\n'))
      return odd(`no line end after boundary ${parts.length + 1}`);
    const part = readPart(bytes, offset + 2);
    if (typeof part === 'string') return odd(`part ${parts.length + 1}: ${part}`);
    parts.push(part.part);
    if (!standsAt(bytes, part.end, `\r\n${delimiter}`))
      return odd(`part ${parts.length}: no boundary after its ${part.part.bytes.length} bytes`);
    offset = part.end + 2 + delimiter.length;
  }
  const rest = bytes.length - offset - 2;
  if (rest === 0 || (rest === 2 && standsAt(bytes, offset + 2, '\r\n')))
    return { state: 'whole', parts };
  return odd(`${rest} bytes after the last boundary`);
}

function boundaryOf(contentType: string): string | undefined {
  const found =
    /^multipart\/mixed[ \t]*;[ \t]*boundary=(?:"([^"\\\r\n]{1,70})"|([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,70}))[ \t]*$/i.exec(
      contentType,
    );
  return found?.[1] ?? found?.[2];
}

/** The part and where it ends, or what is odd about it. */
function readPart(bytes: Buffer, start: number): { part: ThumbnailPart; end: number } | string {
  // From two bytes before: a part without any header begins with its empty line.
  const headEnd = bytes.indexOf('\r\n\r\n', start - 2, 'latin1');
  if (headEnd === -1 || headEnd - start > partHeadBytesMax)
    return `no end of its head within ${partHeadBytesMax} bytes`;
  const headers = new Map<string, string>();
  for (const line of bytes.toString('latin1', start, headEnd).split('\r\n')) {
    const [, name, value] = /^([A-Za-z0-9-]+):[ \t]*([\x20-\x7e]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return `header line ${JSON.stringify(line)}`;
    if (headers.has(name.toLowerCase())) return `header ${name} twice`;
    headers.set(name.toLowerCase(), value.trimEnd());
  }
  const eventId = headers.get('x-event-id');
  const status = headers.get('x-status') ?? '';
  const length = headers.get('content-length') ?? '';
  if (eventId === undefined || eventId === '') return 'no x-event-id';
  if (!/^[1-5][0-9]{2}$/.test(status)) return `x-status ${JSON.stringify(status)}`;
  if (!/^[0-9]{1,9}$/.test(length)) return `content-length ${JSON.stringify(length)}`;
  const end = headEnd + 4 + Number(length);
  if (end > bytes.length)
    return `${length} bytes announced, and ${bytes.length - headEnd - 4} are there`;
  return {
    part: {
      eventId,
      status: Number(status),
      contentType: headers.get('content-type') ?? null,
      bytes: bytes.subarray(headEnd + 4, end),
    },
    end,
  };
}

function standsAt(bytes: Buffer, offset: number, text: string): boolean {
  return bytes.toString('latin1', offset, offset + text.length) === text;
}

function odd(says: string): Multipart {
  return { state: 'odd', says };
}
