import { encodeEntry } from './entries.ts';
import type { Keys } from './keys.ts';
import { Refusal } from './refusal.ts';
import type { Upload } from './upload.ts';
import { ownerOfDevice, type Visit } from './visit.ts';

/** A visit that changes something knows the names of what it makes stale. */
export interface ChangingVisit extends Visit {
  readonly keys: Keys;
}

/**
 * Files an upload under the owner that the cache names, stores it, then puts it into the cache and drops the lists that lack it.
 * Answers with that owner. Refuses with 403 when the event is another device's, 503 when the cache fails; it may be stored by then.
 */
export async function storeUpload(
  visit: ChangingVisit,
  deviceId: string,
  upload: Upload,
): Promise<string> {
  const { read, keys, truth } = visit;
  const { eventId } = upload;
  const ownerId = await ownerOfDevice(visit, deviceId);
  const known = truth.event(eventId);
  if (known !== undefined && known.deviceId !== deviceId)
    throw new Refusal(403, 'another device recorded this event');
  truth.store({ ...upload, deviceId, ownerId });
  const watchers = [ownerId, ...truth.sharers(deviceId)];
  await Promise.all([
    read.put(keys.picture('thumbnail', eventId), upload.thumbnail),
    read.put(keys.picture('clip', eventId), upload.clip),
    read.put(keys.event(eventId), encodeEntry({ deviceId, ownerId })),
    read.drop(watchers.map(keys.userEvents)),
  ]);
  return ownerId;
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
 * Drops what the change makes stale before and after it is made: with a cache that does not answer nothing changes at all, and
 * what was read between is dropped again.
 */
async function changeRelations(
  visit: ChangingVisit,
  relation: RelationChange,
  change: () => void,
): Promise<void> {
  requireOwner(visit, relation);
  await visit.read.drop(staleKeys(visit, relation));
  requireOwner(visit, relation);
  const stale = staleKeys(visit, relation);
  change();
  await visit.read.drop(stale);
}

function staleKeys(
  { truth, keys }: ChangingVisit,
  { userId, deviceId, others, withEvents = false }: RelationChange,
): readonly string[] {
  const concerned = new Set([userId, ...others, ...truth.sharers(deviceId)]);
  const events = withEvents ? truth.eventsOfDevice(deviceId) : [];
  return [
    keys.deviceOwner(deviceId),
    ...[...concerned].flatMap((user) => [keys.userDevices(user), keys.userEvents(user)]),
    ...events.flatMap((eventId) => [
      keys.event(eventId),
      keys.picture('thumbnail', eventId),
      keys.picture('clip', eventId),
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
