import type { ShownRow } from '../model/rows.ts';
import type { RecordReader } from '../record/reader.ts';
import { type Ownership, ownershipOf } from './ownership.ts';

/** What the predicate needs to know of a shown row. */
export type SeenBytes = Pick<
  ShownRow,
  'viewerId' | 'deviceId' | 'tailDeviceId' | 'requestedNs' | 'shownNs'
>;

/**
 * The devices named by the bytes that this viewer may not see: the heart of the oracle, and what the canaries prove to be
 * awake. A picture that is cut off or damaged counts by what can still be read from it; one that names nobody is nobody's.
 */
export function foreignDevices(row: SeenBytes, ownership: Ownership): readonly string[] {
  const { viewerId, deviceId, tailDeviceId } = row;
  const during = { fromNs: row.requestedNs, toNs: row.shownNs };
  const isForeign = (device: string | null): device is string =>
    device !== null && !ownership.maySee(viewerId, device, during);
  if (!isForeign(tailDeviceId) || tailDeviceId === deviceId)
    return isForeign(deviceId) ? [deviceId] : [];
  return isForeign(deviceId) ? [deviceId, tailDeviceId] : [tailDeviceId];
}

/** A picture or list entry that somebody was given who may not see the devices that it names. */
export interface ForeignShown {
  readonly row: Pick<ShownRow, (typeof columns)[number]>;
  readonly devices: readonly string[];
  /** Whose devices they are, as far as the plan knows them. */
  readonly ownerIds: readonly string[];
}

const columns = [
  'id',
  'opId',
  'viewerId',
  'surface',
  'requestedNs',
  'shownNs',
  'askedEventId',
  'state',
  'deviceId',
  'eventId',
  'tailDeviceId',
] as const;

/**
 * Everything that viewers were shown, canaries and swapped bytes left out, row by row: `onRow` is told each, and the foreign ones
 * come out.
 */
export function* foreignShown(
  record: RecordReader,
  onRow: (row: SeenBytes & Pick<ShownRow, 'state'>) => void = () => {},
): Generator<ForeignShown> {
  const ownership = ownershipOf(record.plan().population);
  for (const row of record.rows('shown', columns, { canary: false, swapped: false })) {
    onRow(row);
    const devices = foreignDevices(row, ownership);
    if (devices.length === 0) continue;
    const owners = devices.map((device) => ownership.ownerAt(device, row.shownNs));
    yield { row, devices, ownerIds: owners.filter((owner) => owner !== undefined) };
  }
}
