import { type EventKind, isPicture } from './entries.ts';

export interface Upload {
  readonly requestId: string;
  readonly eventId: string;
  readonly kind: EventKind;
  readonly version: number;
  readonly thumbnail: Uint8Array;
  readonly clip: Uint8Array;
}

/** What a camera sees at the moment at which it is asked. */
export interface Frame {
  /** Of the one who asked. */
  readonly requestId: string;
  readonly frame: Uint8Array;
}

/** An id that may stand in a path, a header and a key. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(value);
}

/** What a request may be called: it is echoed in a header. */
export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value);
}

/**
 * Reads one binary message of a camera: four bytes, big-endian, the length of a JSON header; the header; then the thumbnail and the
 * clip of an upload, or one frame. Answers with a sentence when it is anything else; then with the request's id, where that can be told.
 */
export function readCameraMessage(
  message: Uint8Array,
): Upload | Frame | { readonly odd: string; readonly requestId: string | null } {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const start = bytes.byteLength < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt32BE(0);
  if (start > bytes.byteLength) return { odd: 'the header is cut short', requestId: null };
  const header = headerOf(bytes.toString('utf8', 4, start));
  const requestId = isRequestId(header.requestId) ? header.requestId : null;
  const { type, eventId, kind, version, thumbnailBytes, clipBytes } = header;
  if (type === 'frame' && requestId !== null) {
    const frame = bytes.subarray(start);
    return isPicture(frame) ? { requestId, frame } : { odd: 'a frame is JPEG', requestId };
  }
  if (requestId === null || !isId(eventId))
    return { odd: 'the header names no request or event', requestId };
  if (kind !== 'motion' && kind !== 'sound')
    return { odd: 'kind is neither motion nor sound', requestId };
  if (!isCount(version) || !isCount(thumbnailBytes) || !isCount(clipBytes)) {
    return { odd: 'version, thumbnailBytes and clipBytes are whole numbers from 0', requestId };
  }
  if (start + thumbnailBytes + clipBytes !== bytes.byteLength) {
    return { odd: 'thumbnailBytes and clipBytes do not add up to the message', requestId };
  }
  const thumbnail = bytes.subarray(start, start + thumbnailBytes);
  const clip = bytes.subarray(start + thumbnailBytes);
  if (!isPicture(thumbnail) || !isPicture(clip))
    return { odd: 'thumbnail and clip are JPEG', requestId };
  return { requestId, eventId, kind, version, thumbnail, clip };
}

type Header = Partial<
  Readonly<
    Record<
      'type' | 'requestId' | 'eventId' | 'kind' | 'version' | 'thumbnailBytes' | 'clipBytes',
      unknown
    >
  >
>;

function headerOf(text: string): Header {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
