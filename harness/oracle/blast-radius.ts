import type { BlastRadius } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { calmOf } from './checker.ts';
import { foreignShown } from './foreign.ts';

/** How far it went, counted over everything that was shown, canaries left out. */
export function blastRadiusOf(record: RecordReader): BlastRadius {
  const viewers = record.plan().population.users.filter((user) => user.role !== 'canary');
  const people = new Set(viewers.map((user) => user.userId));
  const calm = calmOf(record);
  const received = new Set<string>();
  const tapped = new Set<string>();
  const exposed = new Set<string>();
  /** When a stranger's picture first stood on a tile, by who saw it and which tile it was. */
  const tiles = new Map<string, number>();
  let videosPlayed = 0;
  let firstNs = Number.POSITIVE_INFINITY;
  let lastNs = Number.NEGATIVE_INFINITY;
  let stillLeakingAfterCalm = false;
  for (const { row, ownerIds } of foreignShown(record)) {
    received.add(row.viewerId);
    if (row.surface === 'enlarge' || row.surface === 'clip') tapped.add(row.viewerId);
    if (row.surface === 'clip') videosPlayed += 1;
    if (row.surface === 'thumbnail' && row.askedEventId !== null) {
      const tile = tileOf(row.viewerId, row.askedEventId);
      tiles.set(tile, Math.min(row.shownNs, tiles.get(tile) ?? row.shownNs));
    }
    for (const ownerId of ownerIds) if (people.has(ownerId)) exposed.add(ownerId);
    firstNs = Math.min(firstNs, row.shownNs);
    lastNs = Math.max(lastNs, row.shownNs);
    // What was asked for before the healing may still be on its way; what is asked for after it may not.
    if (calm !== undefined && row.requestedNs >= calm.fromNs) stillLeakingAfterCalm = true;
  }
  for (const userId of tappers(record, tiles)) tapped.add(userId);
  const affected = [...new Set([...received, ...exposed])].filter((userId) => people.has(userId));
  return {
    usersReceived: received.size,
    usersTapped: tapped.size,
    videosPlayed,
    usersExposed: exposed.size,
    usersAffectedShare: people.size === 0 ? 0 : affected.length / people.size,
    firstAtMs: received.size === 0 ? null : firstNs / 1e6,
    lastAtMs: received.size === 0 ? null : lastNs / 1e6,
    stillLeakingAfterCalm,
  };
}

/** Who tapped a tile after a stranger's picture stood on it, whatever the tap was answered. */
function* tappers(record: RecordReader, tiles: ReadonlyMap<string, number>): Generator<string> {
  if (tiles.size === 0) return;
  const taps = record.rows('op', ['actorId', 'askedEventId', 'intendedNs'], {
    kind: 'enlarge',
    canary: false,
  });
  for (const { actorId, askedEventId, intendedNs } of taps) {
    const shownNs = tiles.get(tileOf(actorId, askedEventId ?? ''));
    if (shownNs !== undefined && shownNs <= intendedNs) yield actorId;
  }
}

function tileOf(viewerId: string, eventId: string): string {
  return `${viewerId} ${eventId}`;
}
