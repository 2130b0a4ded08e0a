/** What the backend says on a camera's connection; see `docs/cloud-api.md`. */
export type BackendMessage =
  | ({ readonly type: 'hello' | 'owner'; readonly requestId: string } & Told)
  | ({ readonly type: 'stored'; readonly requestId: string; readonly eventId: string } & Told)
  | { readonly type: 'frame-please'; readonly requestId: string }
  | { readonly type: 'failed'; readonly requestId: string; readonly error: string };

interface Told {
  readonly deviceId: string;
  readonly ownerId: string;
}

/** Far above any message of the backend: cameras are sent text only. */
export const messageBytesMax = 65_536;

/** The message, or what is odd about it. */
export function readBackendMessage(bytes: Buffer, isBinary: boolean): BackendMessage | string {
  const fields = isBinary ? undefined : fieldsOf(bytes.toString());
  if (fields === undefined) return `an odd message of ${bytes.length} bytes: ${excerpt(bytes)}`;
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [type, requestId, error] = [text('type'), text('requestId'), text('error')];
  const [deviceId, ownerId, eventId] = [text('deviceId'), text('ownerId'), text('eventId')];
  if (requestId === undefined) return `a message that names no request: ${excerpt(bytes)}`;
  if (type === 'frame-please') return { type, requestId };
  if (type === 'failed') return { type, requestId, error: error ?? 'no reason given' };
  const told = deviceId !== undefined && ownerId !== undefined ? { deviceId, ownerId } : undefined;
  if (told !== undefined && (type === 'hello' || type === 'owner'))
    return { type, requestId, ...told };
  if (told !== undefined && type === 'stored' && eventId !== undefined)
    return { type, requestId, eventId, ...told };
  return `an odd message: ${excerpt(bytes)}`;
}

/** What a camera uploads, as one binary message. */
export interface Upload {
  readonly requestId: string;
  readonly eventId: string;
  readonly kind: 'motion' | 'sound';
  readonly version: number;
  readonly thumbnail: Uint8Array;
  readonly clip: Uint8Array;
}

/** Four bytes, big-endian, the length of a JSON header; the header; the thumbnail; the clip. */
export function uploadMessage({ thumbnail, clip, ...fields }: Upload): Buffer {
  const sizes = { thumbnailBytes: thumbnail.length, clipBytes: clip.length };
  return binaryMessage({ ...fields, ...sizes }, [thumbnail, clip]);
}

/** The answer to `frame-please`. */
export function frameMessage(requestId: string, frame: Uint8Array): Buffer {
  return binaryMessage({ type: 'frame', requestId }, [frame]);
}

function binaryMessage(fields: object, pictures: readonly Uint8Array[]): Buffer {
  const header = Buffer.from(JSON.stringify(fields));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header, ...pictures]);
}

export function heartbeatMessage(requestId: string): string {
  return JSON.stringify({ type: 'heartbeat', requestId });
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function excerpt(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1', 0, 120));
}
