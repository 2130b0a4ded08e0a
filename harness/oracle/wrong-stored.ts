import type { SweepRow } from '../model/rows.ts';
import type { Known } from './known.ts';
import { type StoredKey, storedKey, unsealed } from './stored-key.ts';

export type SweptValue = Pick<
  SweepRow,
  'key' | 'atNs' | 'state' | 'deviceId' | 'eventId' | 'tailDeviceId' | 'value'
>;

/** `not-ours`: under a key that is none of the backend's. `unread`: too long for the sweep to keep. */
export type Judged =
  | { readonly is: 'right' | 'not-ours' | 'unread' }
  | { readonly is: 'wrong'; readonly says: string };

export function judgeStored(row: SweptValue, known: Known): Judged {
  const key = storedKey(row.key);
  if (key === undefined) return { is: 'not-ours' };
  if (key.kind !== 'picture' && row.value === null && row.state === null) return { is: 'unread' };
  const says = key.kind === 'picture' ? wrongPicture(row, key) : wrongText(row, key, known);
  return says === null ? { is: 'right' } : { is: 'wrong', says };
}

type EntryKey = Exclude<StoredKey, { readonly kind: 'picture' }>;

function wrongText(row: SweptValue, key: EntryKey, known: Known): string | null {
  if (row.value === null) return `${row.key} holds a picture`;
  const { text, sealedFor } = unsealed(row.value);
  if (sealedFor !== undefined && sealedFor !== row.key)
    return `${row.key} holds a value that is sealed for ${sealedFor}`;
  const entry = fieldsOf(parsed(text));
  if (entry === undefined) return `${row.key} holds something that cannot be read`;
  return wrongEntry({ row, entry, known }, key);
}

function wrongPicture(
  { key, state, deviceId, eventId, tailDeviceId }: SweptValue,
  { eventId: named }: Extract<StoredKey, { readonly kind: 'picture' }>,
): string | null {
  if (state === 'blended')
    return `${key} holds a blend of ${deviceId ?? 'nobody'} and ${tailDeviceId ?? 'nobody'}`;
  if (eventId !== null && eventId !== named)
    return `${key} holds the picture of ${eventId} of ${deviceId ?? 'nobody'}`;
  if (state === 'intact' || state === 'recoded') return null;
  return `${key} holds ${state === null || state === 'unstamped' ? 'no picture of ours' : `a ${state} picture`}`;
}

interface Entry {
  readonly userId?: unknown;
  readonly ownerId?: unknown;
  readonly deviceId?: unknown;
  readonly eventId?: unknown;
  readonly devices?: unknown;
  readonly events?: unknown;
}

interface StoredEntry {
  readonly row: SweptValue;
  readonly entry: Entry;
  readonly known: Known;
}

function wrongEntry(stored: StoredEntry, key: EntryKey): string | null {
  switch (key.kind) {
    case 'session':
      return wrongSession(stored, key.token);
    case 'owner':
      return wrongOwner(stored, key.deviceId);
    case 'event':
      return wrongEvent(stored, key.eventId);
    case 'devices':
      return wrongDevices(stored, key.userId);
    case 'events':
      return wrongEvents(stored, key.userId);
    default:
      return key satisfies never;
  }
}

/** A token begins with the user to whom it was issued. */
function wrongSession({ row, entry }: StoredEntry, token: string): string | null {
  const { userId } = entry;
  if (!isText(userId)) return notOfItsShape(row);
  const issuedTo = /^(?<user>.+)\.[0-9a-f]{32}$/u.exec(token)?.groups?.['user'];
  if (issuedTo === undefined || issuedTo === userId) return null;
  return `a session of ${issuedTo} names ${userId}`;
}

function wrongOwner({ row, entry, known }: StoredEntry, deviceId: string): string | null {
  const { ownerId } = entry;
  if (!isText(ownerId)) return notOfItsShape(row);
  const owned = known.ownership().owned(ownerId, deviceId, momentOf(row));
  return owned ? null : `${row.key} names ${ownerId}, who does not own it`;
}

function wrongEvent({ row, entry, known }: StoredEntry, eventId: string): string | null {
  const { deviceId, ownerId } = entry;
  if (!isText(deviceId) || !isText(ownerId)) return notOfItsShape(row);
  const recordedBy = known.uploads().of(eventId)?.deviceId;
  if (recordedBy !== undefined && recordedBy !== deviceId)
    return `${row.key} names ${deviceId}, and ${recordedBy} recorded it`;
  const filed = known.ownership().filedUnder(ownerId, { deviceId, eventId });
  return filed ? null : `${row.key} is filed under ${ownerId}, who did not own ${deviceId}`;
}

function wrongDevices({ row, entry, known }: StoredEntry, userId: string): string | null {
  if (!Array.isArray(entry.devices)) return notOfItsShape(row);
  const ownership = known.ownership();
  for (const each of entry.devices) {
    const { deviceId, ownerId } = fieldsOf(each) ?? {};
    if (!isText(deviceId) || !isText(ownerId)) return notOfItsShape(row);
    if (!ownership.mayWatch(userId, deviceId, momentOf(row)))
      return `${row.key} names ${deviceId}, which ${userId} may not see`;
    if (!ownership.owned(ownerId, deviceId, momentOf(row)))
      return `${row.key} says that ${deviceId} is ${ownerId}'s, who does not own it`;
  }
  return null;
}

function wrongEvents({ row, entry, known }: StoredEntry, userId: string): string | null {
  if (!Array.isArray(entry.events)) return notOfItsShape(row);
  for (const each of entry.events) {
    const { deviceId, eventId } = fieldsOf(each) ?? {};
    if (!isText(deviceId) || !isText(eventId)) return notOfItsShape(row);
    const recordedBy = known.uploads().of(eventId)?.deviceId ?? deviceId;
    if (recordedBy !== deviceId)
      return `${row.key} says that ${deviceId} recorded ${eventId}, and ${recordedBy} did`;
    if (!known.ownership().maySee(userId, { deviceId, eventId }, momentOf(row)))
      return `${row.key} lists ${eventId} of ${deviceId}, which ${userId} may not see`;
  }
  return null;
}

function momentOf({ atNs }: SweptValue): { readonly fromNs: number; readonly toNs: number } {
  return { fromNs: atNs, toNs: atNs };
}

function notOfItsShape({ key }: SweptValue): string {
  return `${key} holds a value that is not of its key's shape`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Entry | undefined {
  return typeof value === 'object' && value !== null ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
