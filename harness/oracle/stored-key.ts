/** What a key in the cache is for; see "Keys in the cache" in `docs/cloud-api.md`. */
export type StoredKey =
  | { readonly kind: 'session'; readonly token: string }
  | { readonly kind: 'owner'; readonly deviceId: string }
  | { readonly kind: 'devices' | 'events'; readonly userId: string }
  | { readonly kind: 'event'; readonly eventId: string }
  | { readonly kind: 'picture'; readonly surface: 'thumb' | 'clip'; readonly eventId: string };

const shapes =
  /(?:^|[^A-Za-z0-9_-])(?:session:(?<token>[^:]+)|device:(?<owned>[^:]+):owner|user:(?<user>[^:]+):(?<list>devices|events)|event:(?<event>[^:]+)|(?<surface>thumb|clip):(?<pictured>[^:]+))$/u;

/** Reads a key, whatever prefix of the run stands before it; undefined for a key of no known shape. */
export function storedKey(key: string): StoredKey | undefined {
  const named = shapes.exec(key)?.groups;
  if (named === undefined) return undefined;
  const { token, owned, user, list, event, surface, pictured } = named;
  if (token !== undefined) return { kind: 'session', token };
  if (owned !== undefined) return { kind: 'owner', deviceId: owned };
  if (user !== undefined && (list === 'devices' || list === 'events'))
    return { kind: list, userId: user };
  if (event !== undefined) return { kind: 'event', eventId: event };
  if (pictured !== undefined && (surface === 'thumb' || surface === 'clip'))
    return { kind: 'picture', surface, eventId: pictured };
  return undefined;
}

/** The value itself and the key that its seal names, when it has one: two bytes of length, the key, the value. */
export function unsealed(value: string): { readonly text: string; readonly sealedFor?: string } {
  if (value.startsWith('{') || value.length < 2) return { text: value };
  const length = value.charCodeAt(0) * 256 + value.charCodeAt(1);
  if (length + 2 > value.length) return { text: value };
  return { sealedFor: value.slice(2, 2 + length), text: value.slice(2 + length) };
}
