import type { AffectedPerson } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { type Leak, leaksOf } from './leaks.ts';
import { tileKey, tilesOf } from './taps.ts';

/**
 * Who must be told, on both sides, and of what: what was shown to the same person of the same event in the same place is one entry.
 * In the order of the first time; the one who received it comes before the one who was exposed. Memory grows with the entries, not
 * with how often they were shown. Canaries and whoever showed no session are left out.
 */
export function* affectedPeople(record: RecordReader): Generator<AffectedPerson> {
  const canaries = new Set(
    record
      .plan()
      .population.users.filter(({ role }) => role === 'canary')
      .map(({ userId }) => userId),
  );
  const tiles = tilesOf();
  const entries = new Map<string, Entry>();
  for (const leak of leaksOf(record)) {
    tiles.add(leak);
    for (const stranger of leak.strangers) gather(entries, leak, stranger);
  }
  const tapped = new Set([...tiles.tapped(record)].map(tileKey));
  for (const entry of [...entries.values()].sort((one, other) => one.firstNs - other.firstNs)) {
    const { viewerId, ownerId, deviceId, eventId, surface } = entry;
    const what = {
      deviceId,
      eventId,
      surface,
      firstAtMs: entry.firstNs / 1e6,
      times: entry.times,
      tapped:
        surface === 'enlarge' || surface === 'clip' || entry.tiles.some((tile) => tapped.has(tile)),
    };
    yield { userId: viewerId, side: 'received', counterpartId: ownerId ?? null, ...what };
    if (ownerId !== undefined && !canaries.has(ownerId))
      yield { userId: ownerId, side: 'exposed', counterpartId: viewerId, ...what };
  }
}

interface Entry {
  readonly viewerId: string;
  readonly ownerId: string | undefined;
  readonly deviceId: string;
  readonly eventId: string | null;
  readonly surface: Leak['row']['surface'];
  firstNs: number;
  times: number;
  /** The tiles that it stood on. */
  readonly tiles: string[];
}

function gather(
  entries: Map<string, Entry>,
  { row }: Leak,
  { deviceId, ownerId }: Leak['strangers'][number],
): void {
  const { viewerId, surface, shownNs, askedEventId } = row;
  // The event is the head's; of the tail of a blend only the device is known.
  const eventId = deviceId === row.deviceId ? row.eventId : null;
  const key = JSON.stringify([viewerId, ownerId ?? null, deviceId, eventId, surface]);
  const entry = entries.get(key) ?? {
    viewerId,
    ownerId,
    deviceId,
    eventId,
    surface,
    firstNs: shownNs,
    times: 0,
    tiles: [],
  };
  entry.firstNs = Math.min(entry.firstNs, shownNs);
  entry.times += 1;
  if (surface === 'thumbnail' && askedEventId !== null) {
    const tile = tileKey({ viewerId, eventId: askedEventId });
    if (!entry.tiles.includes(tile)) entry.tiles.push(tile);
  }
  entries.set(key, entry);
}
