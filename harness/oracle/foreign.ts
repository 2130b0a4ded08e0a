import type { ShownRow } from '../model/rows.ts';
import type { Ownership } from './ownership.ts';

/** What the predicate needs to know of a shown row. */
export type SeenBytes = Pick<
  ShownRow,
  'viewerId' | 'surface' | 'deviceId' | 'eventId' | 'tailDeviceId' | 'requestedNs' | 'shownNs'
>;

/**
 * The devices named by the bytes that this viewer may not see: the heart of the oracle, and what the canaries prove to be
 * awake. A picture that is cut off or damaged counts by what can still be read from it; one that names nobody is nobody's.
 */
export function foreignDevices(row: SeenBytes, ownership: Ownership): readonly string[] {
  const { deviceId, eventId, tailDeviceId } = row;
  const isForeignHead = deviceId !== null && !maySee(row, { deviceId, eventId }, ownership);
  const isForeignTail =
    tailDeviceId !== null &&
    tailDeviceId !== deviceId &&
    !maySee(row, { deviceId: tailDeviceId, eventId: null }, ownership);
  if (!isForeignTail) return isForeignHead ? [deviceId] : nobody;
  return isForeignHead ? [deviceId, tailDeviceId] : [tailDeviceId];
}

const nobody: readonly string[] = [];

function maySee(
  { viewerId, surface, requestedNs, shownNs }: SeenBytes,
  seen: { readonly deviceId: string; readonly eventId: string | null },
  ownership: Ownership,
): boolean {
  const during = { fromNs: requestedNs, toNs: shownNs };
  return surface === 'live'
    ? ownership.mayWatch(viewerId, seen.deviceId, during)
    : ownership.maySee(viewerId, seen, during);
}

/** Whose devices they were at that moment, where that is known. */
export function ownersOf(
  devices: readonly string[],
  atNs: number,
  ownership: Ownership,
): readonly string[] {
  const owners = devices.map((device) => ownership.ownerAt(device, atNs));
  return owners.filter((owner) => owner !== undefined);
}
