import { Refusal } from './refusal.ts';

/** Who is allowed to see what, as the cache holds it: small JSON objects. Pictures and clips are stored as they are. */

/** `session:<token>`. The epoch grows when all sessions are revoked. */
export interface SessionEntry {
  readonly userId: string;
  readonly epoch: number;
}

/** `device:<deviceId>:owner`. */
export interface OwnerEntry {
  readonly ownerId: string;
}

/** `user:<userId>:devices`: those the user owns or may see, and whose they are. */
export interface DevicesEntry {
  readonly devices: readonly { readonly deviceId: string; readonly ownerId: string }[];
}

export type EventKind = 'motion' | 'sound';

/** One line of the Events tab. */
export interface ListedEvent {
  readonly eventId: string;
  readonly deviceId: string;
  readonly kind: EventKind;
  readonly version: number;
}

/** `user:<userId>:events`, newest first. */
export interface EventsEntry {
  readonly events: readonly ListedEvent[];
}

/** `event:<eventId>`: which device saw it, and under whom it is filed. */
export interface EventEntry {
  readonly deviceId: string;
  readonly ownerId: string;
}

/** Turns a cached value into what it must be, or refuses with 503: never a guess at what it might have been. */
export type Parser<T> = (value: Uint8Array) => T;

export const parseSession: Parser<SessionEntry> = parser('session', (entry) => {
  const { userId, epoch } = entry;
  return isText(userId) && isNumber(epoch) ? { userId, epoch } : undefined;
});

export const parseOwner: Parser<OwnerEntry> = parser('owner', (entry) => {
  // An event entry names an owner too; a value of another type is not taken for what it was not written as.
  const { ownerId, deviceId } = entry;
  return isText(ownerId) && deviceId === undefined ? { ownerId } : undefined;
});

export const parseDevices: Parser<DevicesEntry> = parser('list of devices', ({ devices }) => {
  if (!Array.isArray(devices)) return undefined;
  const parsed = devices.map(asEventEntry);
  return parsed.every((device) => device !== undefined) ? { devices: parsed } : undefined;
});

export const parseEvent: Parser<EventEntry> = parser('event', asEventEntry);

export const parseEvents: Parser<EventsEntry> = parser('list of events', ({ events }) => {
  if (!Array.isArray(events)) return undefined;
  const parsed = events.map(asListedEvent);
  return parsed.every((event) => event !== undefined) ? { events: parsed } : undefined;
});

/** Pictures and clips are JPEG frames; anything that does not begin like one is a value of another type. */
export const parsePicture: Parser<Uint8Array> = (value) => {
  if (isPicture(value)) return value;
  throw new Refusal(503, 'the cache holds something else in place of a picture');
};

/** Whether the bytes begin as JPEG does: SOI and the start of a marker (ITU-T T.81, B.1.1). */
export function isPicture(value: Uint8Array): boolean {
  return value[0] === 0xff && value[1] === 0xd8 && value[2] === 0xff;
}

/** What is stored for an entry. */
export function encodeEntry(entry: object): Uint8Array {
  return Buffer.from(JSON.stringify(entry));
}

function parser<T>(what: string, shape: (entry: EntryFields) => T | undefined): Parser<T> {
  return (value) => {
    const entry = shape(fieldsOf(parsedJson(value)));
    if (entry === undefined)
      throw new Refusal(503, `the cache holds something else in place of a ${what}`);
    return entry;
  };
}

interface EntryFields {
  readonly userId?: unknown;
  readonly epoch?: unknown;
  readonly ownerId?: unknown;
  readonly deviceId?: unknown;
  readonly eventId?: unknown;
  readonly kind?: unknown;
  readonly version?: unknown;
  readonly devices?: unknown;
  readonly events?: unknown;
}

function parsedJson(value: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString());
  } catch (cause) {
    throw new Refusal(503, 'the cache holds a value that cannot be read', { cause });
  }
}

function fieldsOf(value: unknown): EntryFields {
  return typeof value === 'object' && value !== null ? value : {};
}

function asEventEntry(value: unknown): EventEntry | undefined {
  const { deviceId, ownerId } = fieldsOf(value);
  return isText(deviceId) && isText(ownerId) ? { deviceId, ownerId } : undefined;
}

function asListedEvent(value: unknown): ListedEvent | undefined {
  const { eventId, deviceId, kind, version } = fieldsOf(value);
  if (!isText(eventId) || !isText(deviceId) || !isNumber(version)) return undefined;
  return kind === 'motion' || kind === 'sound' ? { eventId, deviceId, kind, version } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
