import type { CachedThings } from './cached.ts';
import { digestOf } from './digests.ts';
import type { DevicesEntry, EventEntry, ListedEvent } from './entries.ts';
import type { Mitigations } from './mitigations.ts';
import type { Part } from './multipart.ts';
import type { Cached, OnLoad, ReadThrough } from './read-through.ts';
import { Refusal } from './refusal.ts';
import type { Picture, SourceOfTruth } from './source-of-truth.ts';

/** What everything that answers one request is given. */
export interface Visit {
  readonly read: ReadThrough;
  readonly things: CachedThings;
  readonly truth: SourceOfTruth;
  readonly mitigations: Mitigations;
  /** Notes what was loaded from the source of truth without asking the cache. */
  readonly onLoad: OnLoad;
}

/** Whose session it is. Refuses with 401 where there is none. */
export async function userOfSession(visit: Visit, token: string): Promise<string> {
  const session = await mapped(visit, visit.things.session(token));
  if (session === undefined || session.epoch !== visit.truth.sessionEpoch())
    throw new Refusal(401, 'no such session');
  return session.userId;
}

/** Who owns the device. Refuses with 404 where there is no such device. */
export async function ownerOfDevice(visit: Visit, deviceId: string): Promise<string> {
  const owner = await mapped(visit, visit.things.owner(deviceId));
  if (owner === undefined) throw new Refusal(404, 'no such device');
  return owner.ownerId;
}

/** The newest `limit` events that the user may see. */
export async function listEvents(
  visit: Visit,
  userId: string,
  limit: number,
): Promise<readonly ListedEvent[]> {
  const list = await visit.read.one(visit.things.events(userId));
  const events = (list?.events ?? []).slice(0, limit);
  if (visit.mitigations.has('verify-owner')) {
    const foreign = events.some(({ eventId }) => !visit.truth.maySee(userId, eventId));
    if (foreign) throw new Refusal(503, 'the cached list holds events that are not yours');
  }
  return events;
}

/** A page of thumbnails, in the order asked: the relations with one `getMany`, then what may be seen with one more. */
export async function readThumbnails(
  visit: Visit,
  userId: string,
  eventIds: readonly string[],
): Promise<readonly Part[]> {
  const devices = await devicesOf(visit, userId);
  const relations = await eventRelations(visit, eventIds);
  const seen = eventIds.map((eventId, index) => {
    const relation = relations[index];
    if (relation === undefined) return 404;
    if (relation instanceof Refusal) return 503;
    return maySee(visit, { userId, eventId, devices, relation }) ? 200 : 403;
  });
  const shown = eventIds.filter((_eventId, index) => seen[index] === 200);
  const pictures = await visit.read.many(
    shown.map((eventId) => visit.things.picture('thumbnail', eventId)),
  );
  let next = 0;
  return eventIds.map((eventId, index) => {
    const status = seen[index] ?? 503;
    if (status !== 200) return { eventId, status, bytes: nothing };
    const bytes = pictures[next];
    next += 1;
    if (bytes === undefined) return { eventId, status: 404, bytes: nothing };
    if (bytes instanceof Refusal || !isRightPicture(visit, { kind: 'thumbnail', eventId, bytes })) {
      return { eventId, status: 503, bytes: nothing };
    }
    return { eventId, status, bytes };
  });
}

/** One thumbnail or clip, by single gets. Refuses with 403 and 404. */
export async function readPicture(
  visit: Visit,
  userId: string,
  { kind, eventId }: { readonly kind: Picture; readonly eventId: string },
): Promise<Uint8Array> {
  const devices = await devicesOf(visit, userId);
  const relation = await mapped(visit, visit.things.event(eventId));
  if (relation === undefined) throw new Refusal(404, 'no such event');
  if (!maySee(visit, { userId, eventId, devices, relation }))
    throw new Refusal(403, 'not your event');
  const bytes = await visit.read.one(visit.things.picture(kind, eventId));
  if (bytes === undefined) throw new Refusal(404, 'no such event');
  if (!isRightPicture(visit, { kind, eventId, bytes }))
    throw new Refusal(503, 'the cache gave another picture');
  return bytes;
}

/** Refuses with 404 or 403 unless the user may see what the device sees now. */
export async function requireSight(visit: Visit, userId: string, deviceId: string): Promise<void> {
  const { devices } = await devicesOf(visit, userId);
  const entry = devices.find((device) => device.deviceId === deviceId);
  const { mitigations, truth } = visit;
  if (truth.deviceOwner(deviceId) === undefined) throw new Refusal(404, 'no such device');
  const maySee =
    entry !== undefined &&
    (!mitigations.has('verify-owner') ||
      truth.userDevices(userId).devices.some((device) => device.deviceId === deviceId));
  if (!maySee) throw new Refusal(403, 'not your device');
}

const nothing = new Uint8Array();

/** Reads who belongs to whom: through the cache, or past it when that mitigation is on. */
async function mapped<T>(visit: Visit, cached: Cached<T>): Promise<T | undefined> {
  if (!visit.mitigations.has('bypass-mapping-cache')) return visit.read.one(cached);
  return loadedPastCache(visit, cached);
}

async function devicesOf(visit: Visit, userId: string): Promise<DevicesEntry> {
  return (await mapped(visit, visit.things.devices(userId))) ?? { devices: [] };
}

async function eventRelations(
  visit: Visit,
  eventIds: readonly string[],
): Promise<readonly (EventEntry | Refusal | undefined)[]> {
  const cached = eventIds.map((eventId) => visit.things.event(eventId));
  if (!visit.mitigations.has('bypass-mapping-cache')) return visit.read.many(cached);
  return cached.map((each) => loadedPastCache(visit, each));
}

function loadedPastCache<T>({ onLoad }: Visit, { key, load, encode }: Cached<T>): T | undefined {
  const loaded = load();
  onLoad(key, loaded === undefined ? undefined : encode(loaded));
  return loaded;
}

interface Sight {
  readonly userId: string;
  readonly eventId: string;
  readonly devices: DevicesEntry;
  readonly relation: EventEntry;
}

/** An event is seen by whom it is filed under, and by those whom that owner lets see the device. */
function maySee(visit: Visit, { userId, eventId, devices, relation }: Sight): boolean {
  const related =
    relation.ownerId === userId ||
    devices.devices.some(
      ({ deviceId, ownerId }) => deviceId === relation.deviceId && ownerId === relation.ownerId,
    );
  if (!related || !visit.mitigations.has('verify-owner')) return related;
  return visit.truth.maySee(userId, eventId);
}

/** With `verify-owner`, bytes are served only as the event that the source of truth holds them for. */
function isRightPicture(
  { mitigations, truth }: Visit,
  { kind, eventId, bytes }: { kind: Picture; eventId: string; bytes: Uint8Array },
): boolean {
  return !mitigations.has('verify-owner') || truth.isPictureOf(kind, eventId, digestOf(bytes));
}
