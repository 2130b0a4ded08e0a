import type { Keys } from './keys.ts';
import type { Kept } from './read-through.ts';
import { Refusal } from './refusal.ts';
import type { Upload } from './upload.ts';
import { ownerOfDevice, type Visit } from './visit.ts';

/** A visit that changes something knows the names of what it makes stale. */
export interface ChangingVisit extends Visit {
  readonly keys: Keys;
}

/**
 * Files an upload under the owner that the cache names, stores it, then puts it into the cache and drops the lists that lack it.
 * Answers with that owner. An older version than what is there changes nothing. Refuses with 403 when the event is another device's,
 * 404 when the device is gone, 503 when the cache fails; it may be stored by then.
 */
export async function storeUpload(
  visit: ChangingVisit,
  deviceId: string,
  upload: Upload,
): Promise<string> {
  const { read, things, truth } = visit;
  const { eventId } = upload;
  const ownerId = await presentOwner(visit, deviceId);
  const known = truth.filed(eventId);
  if (known !== undefined && known.deviceId !== deviceId)
    throw new Refusal(403, 'another device recorded this event');
  if (known !== undefined && known.version > upload.version) return known.ownerId;
  const filers = known === undefined ? [ownerId] : [ownerId, known.ownerId];
  const watchers = new Set([...filers, ...truth.sharers(deviceId)]);
  await read.change({
    commit: () => truth.store({ ...upload, deviceId, ownerId }),
    put: [
      things.picture('thumbnail', eventId),
      things.picture('clip', eventId),
      things.event(eventId),
    ],
    drop: [...watchers].map((user) => things.events(user)),
  });
  return ownerId;
}

/** Lookups of an owner that may be overtaken by a change, one after the other, until the upload is refused. */
const lookupsMax = 3;

/** Who owns the device, looked up again when the device changed hands, or went, while the cache was asked. */
async function presentOwner(visit: ChangingVisit, deviceId: string): Promise<string> {
  const { read, keys } = visit;
  const key = keys.deviceOwner(deviceId);
  for (let lookups = 0; lookups < lookupsMax; lookups += 1) {
    const generation = read.generation(key);
    const ownerId = await ownerOfDevice(visit, deviceId);
    if (read.generation(key) === generation) return ownerId;
  }
  throw new Refusal(503, 'the device is changing hands');
}

/** Lets another user see the device. Refuses with 403 unless `userId` owns it, 404 where device or user are not there. */
export async function shareDevice(
  visit: ChangingVisit,
  { userId, deviceId, with: other }: { userId: string; deviceId: string; with: string },
): Promise<void> {
  requireUser(visit, other);
  await changeRelations(visit, { userId, deviceId, others: [other] }, () => {
    visit.truth.addShare(other, deviceId);
  });
}

/** Ends a share; one that is not there is ended already. */
export async function unshareDevice(
  visit: ChangingVisit,
  { userId, deviceId, with: other }: { userId: string; deviceId: string; with: string },
): Promise<void> {
  await changeRelations(visit, { userId, deviceId, others: [other] }, () => {
    visit.truth.dropShare(other, deviceId);
  });
}

/** Gives the device and its future events to another user; shares end. */
export async function transferDevice(
  visit: ChangingVisit,
  { userId, deviceId, to }: { userId: string; deviceId: string; to: string },
): Promise<void> {
  requireUser(visit, to);
  await changeRelations(visit, { userId, deviceId, others: [to] }, () => {
    visit.truth.transfer(deviceId, to);
  });
}

/** The device and its events are gone. */
export async function removeDevice(
  visit: ChangingVisit,
  { userId, deviceId }: { userId: string; deviceId: string },
): Promise<void> {
  await changeRelations(visit, { userId, deviceId, others: [], withEvents: true }, () => {
    visit.truth.removeDevice(deviceId);
  });
}

interface RelationChange {
  readonly userId: string;
  readonly deviceId: string;
  readonly others: readonly string[];
  /** Whether its events and pictures are stale too. */
  readonly withEvents?: boolean;
}

/**
 * Drops what the change makes stale before it is made, so that with a cache that does not answer nothing changes at all, and again
 * with the change.
 */
async function changeRelations(
  visit: ChangingVisit,
  relation: RelationChange,
  commit: () => void,
): Promise<void> {
  requireOwner(visit, relation);
  await visit.read.drop(staleThings(visit, relation));
  requireOwner(visit, relation);
  await visit.read.change({ commit, drop: staleThings(visit, relation) });
}

function staleThings(
  { truth, things }: ChangingVisit,
  { userId, deviceId, others, withEvents = false }: RelationChange,
): readonly Kept[] {
  const former = withEvents ? truth.everOwners(deviceId) : [];
  const concerned = new Set([userId, ...others, ...former, ...truth.sharers(deviceId)]);
  const events = withEvents ? truth.eventsOfDevice(deviceId) : [];
  return [
    things.owner(deviceId),
    ...[...concerned].flatMap((user) => [things.devices(user), things.events(user)]),
    ...events.flatMap((eventId) => [
      things.event(eventId),
      things.picture('thumbnail', eventId),
      things.picture('clip', eventId),
    ]),
  ];
}

function requireOwner({ truth }: ChangingVisit, { userId, deviceId }: RelationChange): void {
  const ownerId = truth.deviceOwner(deviceId);
  if (ownerId === undefined) throw new Refusal(404, 'no such device');
  if (ownerId !== userId) throw new Refusal(403, 'not your device');
}

function requireUser({ truth }: ChangingVisit, userId: string): void {
  if (!truth.isUser(userId)) throw new Refusal(404, 'no such user');
}
