import type { Population } from '../model/population.ts';
import type { ChangeRow } from '../model/rows.ts';
import type { Nanoseconds } from '../model/world.ts';
import { type DeviceHistory, historyOf, overlaps } from './device-history.ts';

/**
 * Who may see which device, and when. A question about an interval is answered for any moment of it, and a right counts when it
 * was possibly held: `docs/oracle.md` says what that means while a change is under way or failed.
 */
export interface Ownership {
  /**
   * Whether the user was possibly allowed to see this event of this device at some moment of the interval: those under whom it was
   * filed are, and those with whom that owner shared the device. An event that nobody uploaded counts as filed under any owner so far.
   */
  maySee(userId: string, seen: Seen, during: Interval): boolean;
  /** Whether the user possibly owned the device, or it was shared with them, at some moment of the interval: what it sees now. */
  mayWatch(userId: string, deviceId: string, during: Interval): boolean;
  /** Whether the user possibly owned the device at some moment of the interval. */
  owned(userId: string, deviceId: string, during: Interval): boolean;
  /** Whether the event, uploaded when it was, was possibly filed under this user. */
  filedUnder(userId: string, seen: Seen): boolean;
  /** Who owned the device at that moment, as far as is known; undefined for a device that the plan does not know. */
  ownerAt(deviceId: string, atNs: Nanoseconds): string | undefined;
  /** Whether the device was possibly removed by then. */
  mayBeRemoved(deviceId: string, atNs: Nanoseconds): boolean;
  /** Whether anything about the device was ever asked to change. */
  changes(deviceId: string): boolean;
}

/** What was shown: an event of a device, or the device alone where no event is named. */
export interface Seen {
  readonly deviceId: string;
  readonly eventId: string | null;
}

export interface Interval {
  readonly fromNs: Nanoseconds;
  readonly toNs: Nanoseconds;
}

/** When an event was on its way from its camera into the source of truth; undefined for one that nobody uploaded. */
export type UploadedWhen = (eventId: string) => Interval | undefined;

/** Changes are applied in the order in which they were asked for. */
export function ownershipOf(
  { devices }: Population,
  changes: readonly ChangeRow[] = [],
  uploadedWhen: UploadedWhen = () => undefined,
): Ownership {
  const known = new Map(devices.map((device) => [device.deviceId, device]));
  const guests = new Map(devices.map((device) => [device.deviceId, new Set(device.sharedWith)]));
  const histories = historiesOf(devices, changes);
  const isOwner = (userId: string, deviceId: string): boolean =>
    known.get(deviceId)?.ownerId === userId;
  const sees = (userId: string, deviceId: string): boolean =>
    isOwner(userId, deviceId) || guests.get(deviceId)?.has(userId) === true;
  const uploadOf = (eventId: string | null, untilNs: Nanoseconds): Interval =>
    (eventId === null ? undefined : uploadedWhen(eventId)) ?? { fromNs: longAgo, toNs: untilNs };
  return {
    maySee: (userId, { deviceId, eventId }, during) => {
      const history = histories.get(deviceId);
      if (history === undefined) return sees(userId, deviceId);
      return maySeeEvent(history, { userId, during, upload: uploadOf(eventId, during.toNs) });
    },
    mayWatch: (userId, deviceId, during) => {
      const history = histories.get(deviceId);
      if (history === undefined) return sees(userId, deviceId);
      return [...history.owners, ...history.guests].some(
        (holding) => holding.userId === userId && overlaps(holding, during),
      );
    },
    owned: (userId, deviceId, during) => {
      const history = histories.get(deviceId);
      if (history === undefined) return isOwner(userId, deviceId);
      return history.owners.some(
        (holding) => holding.userId === userId && overlaps(holding, during),
      );
    },
    filedUnder: (userId, { deviceId, eventId }) => {
      const history = histories.get(deviceId);
      if (history === undefined) return isOwner(userId, deviceId);
      return filersOf(history, uploadOf(eventId, forever)).has(userId);
    },
    ownerAt: (deviceId, atNs) => {
      const at = { fromNs: atNs, toNs: atNs };
      const holding = histories.get(deviceId)?.owners.findLast((each) => overlaps(each, at));
      return holding?.userId ?? known.get(deviceId)?.ownerId;
    },
    mayBeRemoved: (deviceId, atNs) => (histories.get(deviceId)?.removedFromNs ?? forever) <= atNs,
    changes: (deviceId) => histories.has(deviceId),
  };
}

const longAgo = Number.NEGATIVE_INFINITY;
const forever = Number.POSITIVE_INFINITY;

function historiesOf(
  devices: Population['devices'],
  changes: readonly ChangeRow[],
): ReadonlyMap<string, DeviceHistory> {
  const byDevice = new Map<string, ChangeRow[]>();
  for (const change of changes) {
    if (change.outcome === 'unsent') continue;
    byDevice.set(change.deviceId, [...(byDevice.get(change.deviceId) ?? []), change]);
  }
  const changed = devices.filter(({ deviceId }) => byDevice.has(deviceId));
  return new Map(
    changed.map((device) => [
      device.deviceId,
      historyOf(device, byDevice.get(device.deviceId) ?? []),
    ]),
  );
}

interface Sight {
  readonly userId: string;
  readonly during: Interval;
  readonly upload: Interval;
}

function maySeeEvent(history: DeviceHistory, { userId, during, upload }: Sight): boolean {
  if (during.fromNs > goneNs(history, upload)) return false;
  const filers = filersOf(history, upload);
  return (
    filers.has(userId) ||
    history.guests.some(
      (holding) =>
        holding.userId === userId && filers.has(holding.grantedBy) && overlaps(holding, during),
    )
  );
}

/** Under whom an event was possibly filed: whoever possibly owned the device while it was on its way. */
function filersOf({ owners }: DeviceHistory, upload: Interval): ReadonlySet<string> {
  return new Set(owners.filter((holding) => overlaps(holding, upload)).map(({ userId }) => userId));
}

/** A removal takes every event with it that was certainly there when it was asked for. */
function goneNs({ removals }: DeviceHistory, { toNs }: Interval): Nanoseconds {
  return Math.min(
    forever,
    ...removals.filter(({ fromNs }) => fromNs > toNs).map((removal) => removal.toNs),
  );
}
