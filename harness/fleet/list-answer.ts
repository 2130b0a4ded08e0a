/** One line of the Events tab. */
export interface ListEntry {
  readonly eventId: string;
  readonly deviceId: string;
  readonly kind: 'motion' | 'sound';
  readonly version: number;
}

/** The entries of `GET /v1/events`, or what is odd about the answer. One odd entry makes the answer odd. */
export function readList(body: Uint8Array): readonly ListEntry[] | string {
  const events = fieldOf(jsonOf(body), 'events');
  if (!Array.isArray(events)) return 'an answer without a list of events';
  const entries: ListEntry[] = [];
  for (const [index, given] of (events as unknown[]).entries()) {
    const eventId = fieldOf(given, 'eventId');
    const deviceId = fieldOf(given, 'deviceId');
    const kind = fieldOf(given, 'kind');
    const version = fieldOf(given, 'version');
    if (typeof eventId !== 'string' || eventId === '') return `entry ${index}: no eventId`;
    if (typeof deviceId !== 'string') return `entry ${index}: no deviceId`;
    if (kind !== 'motion' && kind !== 'sound') return `entry ${index}: neither motion nor sound`;
    if (typeof version !== 'number') return `entry ${index}: no version`;
    entries.push({ eventId, deviceId, kind, version });
  }
  return entries;
}

/** The token of `POST /v1/sessions`, or what is odd about the answer. */
export function readToken(body: Uint8Array): { readonly token: string } | string {
  const token = fieldOf(jsonOf(body), 'token');
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)
    ? { token }
    : 'an answer without a token';
}

/** The reason in `{"error": "..."}`, shortened; null when there is none. */
export function readError(body: Uint8Array): string | null {
  const error = fieldOf(jsonOf(body), 'error');
  return typeof error === 'string' ? error.slice(0, 200) : null;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
