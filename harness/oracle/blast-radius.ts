import type { BlastRadius } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { calmOf } from './checker.ts';
import { leaksOf } from './leaks.ts';
import { tilesOf } from './taps.ts';

/** How far it went, counted over everything that people were shown; canaries and whoever showed no session are left out. */
export function blastRadiusOf(record: RecordReader): BlastRadius {
  const viewers = record.plan().population.users.filter((user) => user.role !== 'canary');
  const people = new Set(viewers.map((user) => user.userId));
  const calm = calmOf(record);
  const received = new Set<string>();
  const thumbnails = new Set<string>();
  const tapped = new Set<string>();
  /** Who saw something of each exposed user. */
  const strangers = new Map<string, Set<string>>();
  const tiles = tilesOf();
  let videosPlayed = 0;
  let firstNs = Number.POSITIVE_INFINITY;
  let lastNs = Number.NEGATIVE_INFINITY;
  let stillLeakingAfterCalm = false;
  for (const leak of leaksOf(record)) {
    const { viewerId, surface, requestedNs, shownNs } = leak.row;
    received.add(viewerId);
    if (surface !== 'list') thumbnails.add(viewerId);
    if (surface === 'enlarge' || surface === 'clip') tapped.add(viewerId);
    if (surface === 'clip') videosPlayed += 1;
    tiles.add(leak);
    for (const { ownerId } of leak.strangers)
      if (ownerId !== undefined && people.has(ownerId)) addTo(strangers, ownerId, viewerId);
    firstNs = Math.min(firstNs, shownNs);
    lastNs = Math.max(lastNs, shownNs);
    // What was asked for before the healing may still be on its way; what is asked for after it may not.
    if (calm !== undefined && requestedNs >= calm.fromNs) stillLeakingAfterCalm = true;
  }
  for (const { viewerId } of tiles.tapped(record)) tapped.add(viewerId);
  const affected = [...new Set([...received, ...strangers.keys()])].filter((userId) =>
    people.has(userId),
  );
  return {
    users: people.size,
    usersReceived: received.size,
    usersReceivedPictures: thumbnails.size,
    usersTapped: tapped.size,
    videosPlayed,
    usersExposed: strangers.size,
    strangersPerExposedUser: distributionOf([...strangers.values()].map(({ size }) => size)),
    usersAffected: affected.length,
    usersAffectedShare: people.size === 0 ? 0 : affected.length / people.size,
    firstAtMs: received.size === 0 ? null : firstNs / 1e6,
    lastAtMs: received.size === 0 ? null : lastNs / 1e6,
    stillLeakingAfterCalm,
  };
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const found = map.get(key);
  if (found === undefined) map.set(key, new Set([value]));
  else found.add(value);
}

/** The median of an even number of values is the mean of the middle two. */
function distributionOf(values: readonly number[]): BlastRadius['strangersPerExposedUser'] {
  const sorted = values.toSorted((one, other) => one - other);
  const max = sorted.at(-1);
  if (max === undefined) return null;
  const middle = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? max;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max };
}
