import type { Picture } from './source-of-truth.ts';

/** The names of everything in the cache, behind the run's prefix; see `docs/cloud-api.md`. */
export interface Keys {
  session(token: string): string;
  deviceOwner(deviceId: string): string;
  userDevices(userId: string): string;
  userEvents(userId: string): string;
  event(eventId: string): string;
  picture(kind: Picture, eventId: string): string;
}

export function keysBehind(prefix: string): Keys {
  return {
    session: (token) => `${prefix}session:${token}`,
    deviceOwner: (deviceId) => `${prefix}device:${deviceId}:owner`,
    userDevices: (userId) => `${prefix}user:${userId}:devices`,
    userEvents: (userId) => `${prefix}user:${userId}:events`,
    event: (eventId) => `${prefix}event:${eventId}`,
    picture: (kind, eventId) => `${prefix}${kind === 'clip' ? 'clip' : 'thumb'}:${eventId}`,
  };
}
