/** One picture of a page, or the status in its place. */
export interface Part {
  readonly eventId: string;
  readonly status: 200 | 403 | 404 | 503;
  readonly bytes: Uint8Array;
}

const boundary = 'crosswire-thumbnail-boundary';

export const multipartType: string = `multipart/mixed; boundary=${boundary}`;

/** The parts as one body (RFC 2046, 5.1). Each announces its length, so picture bytes that look like a boundary split nothing. */
export function multipartBody(parts: readonly Part[]): Buffer {
  const pieces: Uint8Array[] = [];
  for (const { eventId, status, bytes } of parts) {
    pieces.push(
      Buffer.from(
        `--${boundary}\r\nx-event-id: ${eventId}\r\nx-status: ${status}\r\ncontent-type: image/jpeg\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`,
        'latin1',
      ),
      bytes,
      lineEnd,
    );
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`, 'latin1'));
  return Buffer.concat(pieces);
}

const lineEnd = Buffer.from('\r\n');
