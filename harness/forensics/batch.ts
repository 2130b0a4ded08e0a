import type { CacheCallRow, WireRow } from '../model/rows.ts';
import { type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { isDuring, isRead } from './wire-view.ts';
import { capital, ownWords, wireEvidence } from './wire-words.ts';
import { commandWords, replyWords } from './words.ts';

/**
 * Gets of several callers were gathered and asked as one batch, in another order than they came in, and the values were handed out
 * in the order of the callers. A queue that has slipped keeps the order of its callers on the wire.
 */
export function* outOfOrder(own: readonly WireRow[], handed: WireRow): Inquiry<Found | null> {
  const first = own.find((row) => isNear(row, handed));
  if (first === undefined) return null;
  const burst = yield* around(first, handed);
  const callers = yield* callersOf(burst);
  const places = [first, handed].map((row) => burst.findIndex(({ id }) => id === row.id));
  const batch = batchAround(burst, callers, places);
  if (batch === null) return null;
  return found(
    'coalescer',
    [
      ownWords(first),
      `${capital(replyWords(handed))} answered ${commandWords(handed)}, and was handed to the caller of ${commandWords(first)}.`,
      `Both were asked as one batch of ${batch} gets, in another order than their callers came in, and the values were handed out in the order of the callers.`,
    ],
    ...wireEvidence(first, handed),
  );
}

/** Both bursts and those beside them: what is written at once may arrive in several reads. */
function* around(one: WireRow, other: WireRow): Inquiry<readonly WireRow[]> {
  const rows: WireRow[] = [];
  const low = Math.min(one.burst, other.burst) - 1;
  for (let burst = low; burst <= Math.max(one.burst, other.burst) + 1; burst += 1)
    rows.push(...(yield* rowsWith('wire', 'burst', burst)));
  const [from, to] = [
    Math.min(one.position, other.position) - beside,
    Math.max(one.position, other.position) + beside,
  ];
  return rows
    .filter(
      ({ connection, position }) =>
        connection === one.connection && position >= from && position <= to,
    )
    .sort((first, second) => first.position - second.position);
}

/** Who asked for each of these by a single get, the first who came first; undefined for everything else. */
function* callersOf(rows: readonly WireRow[]): Inquiry<readonly (CacheCallRow | undefined)[]> {
  const waiting = new Map<string, CacheCallRow[]>();
  for (const [key, same] of Map.groupBy(rows.filter(isRead), (row) => row.key ?? '')) {
    const calls = underWay(yield* rowsWith('cache_call', 'key', key), same).filter(
      (each) => each.call === 'get' && same.some((row) => isDuring(row, each)),
    );
    // Where more have asked than there are commands, the earlier ones were asked for by earlier commands.
    calls.sort((one, other) => one.startedNs - other.startedNs);
    waiting.set(key, calls.slice(-same.length));
  }
  return rows.map((row) => {
    const calls = isRead(row) ? (waiting.get(row.key ?? '') ?? []) : [];
    const index = calls.findIndex((each) => isDuring(row, each));
    return index < 0 ? undefined : calls.splice(index, 1)[0];
  });
}

/** Calls that may have been under way then, of calls in the order of their ends: a key that everybody reads has thousands. */
function underWay(
  calls: readonly CacheCallRow[],
  rows: readonly WireRow[],
): readonly CacheCallRow[] {
  const times = rows.map(({ commandNs }) => commandNs);
  const [first, last] = [Math.min(...times), Math.max(...times) + callNsMax];
  let [low, high] = [0, calls.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((calls[middle]?.doneNs ?? 0) < first) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < calls.length && (calls[end]?.doneNs ?? 0) <= last) end += 1;
  return calls.slice(low, end);
}

/** No call is under way for longer: the backend gives up on one after 3 s. */
const callNsMax = 4_000_000_000;

/** A batch is looked for among so many commands on either side, and is this long at most. */
const beside = 16;
const batchMax = 128;

/**
 * How many gets in a row, with both of these places among them, were handed out in the order in which their callers came, which
 * was not the order on the wire; null when no such run is there.
 */
function batchAround(
  burst: readonly WireRow[],
  callers: readonly (CacheCallRow | undefined)[],
  places: readonly number[],
): number | null {
  const [low, high] = [Math.min(...places), Math.max(...places)];
  if (burst.length > batchMax || !isShuffled(callers)) return null;
  for (let from = low; from >= 0 && callers[from] !== undefined; from -= 1)
    for (let to = high; to < burst.length && callers[to] !== undefined; to += 1) {
      const asked = callers.slice(from, to + 1).filter((caller) => caller !== undefined);
      const came = asked.toSorted((one, other) => one.startedNs - other.startedNs);
      const isWhole = asked.length === to + 1 - from;
      const isAsCame = asked.every(({ startedNs }, index) => startedNs === came[index]?.startedNs);
      const isHandedAsCame = came.every(
        ({ digest }, index) => digest === burst[from + index]?.replyDigest,
      );
      if (isWhole && !isAsCame && isHandedAsCame) return asked.length;
    }
  return null;
}

/** Whether any of them came before one who stands before them on the wire. */
function isShuffled(callers: readonly (CacheCallRow | undefined)[]): boolean {
  const started = callers.flatMap((caller) => (caller === undefined ? [] : [caller.startedNs]));
  return started.some((startedNs, index) => startedNs < (started[index - 1] ?? 0));
}

function isNear(one: WireRow, other: WireRow): boolean {
  return (
    one.connection === other.connection &&
    one.id !== other.id &&
    Math.abs(one.burst - other.burst) <= burstsMax
  );
}

/** Bursts over which one batch is looked for. */
const burstsMax = 2;
