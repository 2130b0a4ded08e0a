import {
  type DevicesEntry,
  type EventEntry,
  type EventsEntry,
  encodeEntry,
  type OwnerEntry,
  parseDevices,
  parseEvent,
  parseEvents,
  parseOwner,
  parsePicture,
  parseSession,
  type SessionEntry,
} from './entries.ts';
import type { Keys } from './keys.ts';
import type { Cached } from './read-through.ts';
import type { Picture, SourceOfTruth } from './source-of-truth.ts';

/** Everything that is read through the cache: where it lives there, and where it comes from. */
export interface CachedThings {
  session(token: string): Cached<SessionEntry>;
  owner(deviceId: string): Cached<OwnerEntry>;
  devices(userId: string): Cached<DevicesEntry>;
  events(userId: string): Cached<EventsEntry>;
  event(eventId: string): Cached<EventEntry>;
  picture(kind: Picture, eventId: string): Cached<Uint8Array>;
}

export function cachedThings(truth: SourceOfTruth, keys: Keys): CachedThings {
  return {
    session: (token) =>
      kept({
        key: keys.session(token),
        parse: parseSession,
        load: () => {
          const userId = truth.sessionUser(token);
          return userId === undefined ? undefined : { userId, epoch: truth.sessionEpoch() };
        },
        encode: encodeEntry,
      }),
    owner: (deviceId) =>
      kept({
        key: keys.deviceOwner(deviceId),
        parse: parseOwner,
        load: () => {
          const ownerId = truth.deviceOwner(deviceId);
          return ownerId === undefined ? undefined : { ownerId };
        },
        encode: encodeEntry,
      }),
    devices: (userId) =>
      kept({
        key: keys.userDevices(userId),
        parse: parseDevices,
        load: () => truth.userDevices(userId),
        encode: encodeEntry,
      }),
    events: (userId) =>
      kept({
        key: keys.userEvents(userId),
        parse: parseEvents,
        load: () => ({ events: truth.listedEvents(userId) }),
        encode: encodeEntry,
      }),
    event: (eventId) =>
      kept({
        key: keys.event(eventId),
        parse: parseEvent,
        load: () => truth.event(eventId),
        encode: encodeEntry,
      }),
    picture: (kind, eventId) =>
      kept({
        key: keys.picture(kind, eventId),
        parse: parsePicture,
        load: () => truth.picture(kind, eventId),
        encode: (bytes) => bytes,
      }),
  };
}

function kept<T>(parts: Omit<Cached<T>, 'bytes'>): Cached<T> {
  const bytes = (): Uint8Array | undefined => {
    const loaded = parts.load();
    return loaded === undefined ? undefined : parts.encode(loaded);
  };
  return { ...parts, bytes };
}
