/**
 * What the cloud can switch on against a cache that mixes people up; each was done, or could have been, in the incident.
 *
 * - `verify-owner`: before a list entry, picture or clip is served, the source of truth is asked whether this user may see
 *   it, and whether these bytes are that event's. It does not help a user whose session is somebody else's.
 * - `bypass-mapping-cache`: session, device -> owner, user -> devices and event -> device come from the source of truth;
 *   lists, pictures and clips still come from the cache.
 * - `seal-values`: a stored value names its own key, and is an error under any other.
 * - `events-off`: list, thumbnails, picture and clip answer 503.
 * - `revoke-sessions`: an operator may end all sessions (`Backend.revokeSessions`); everyone has to log in again, whatever
 *   the cache still holds.
 */
export type Mitigation = (typeof mitigationNames)[number];

/** All mitigations, by the words that switch them on. */
export const mitigationNames = [
  'verify-owner',
  'bypass-mapping-cache',
  'seal-values',
  'events-off',
  'revoke-sessions',
] as const;

/** The mitigations that are on. */
export type Mitigations = ReadonlySet<Mitigation>;
