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
  let videosPlayed = 0;
  let firstNs = Number.POSITIVE_INFINITY;
  let lastNs = Number.NEGATIVE_INFINITY;
  let stillLeakingAfterCalm = false;
  for (const { row, ownerIds } of foreignShown(record)) {
    received.add(row.viewerId);
    if (row.surface === 'enlarge' || row.surface === 'clip') tapped.add(row.viewerId);
    if (row.surface === 'clip') videosPlayed += 1;
    for (const ownerId of ownerIds) if (people.has(ownerId)) exposed.add(ownerId);
    firstNs = Math.min(firstNs, row.shownNs);
    lastNs = Math.max(lastNs, row.shownNs);
    // What was asked for before the healing may still be on its way; what is asked for after it may not.
    if (calm !== undefined && row.requestedNs >= calm.fromNs) stillLeakingAfterCalm = true;
  }
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
