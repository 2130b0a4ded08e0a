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
  const first = own.find((row) => isSameBurst(row, handed));
  if (first === undefined) return null;
  const burst = (yield* rowsWith('wire', 'burst', handed.burst))
    .filter((row) => row.connection === handed.connection)
    .sort((one, other) => one.position - other.position);
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

/** Who asked for each of these by a single get; undefined for everything else. */
function* callersOf(burst: readonly WireRow[]): Inquiry<readonly (CacheCallRow | undefined)[]> {
  const taken = new Set<CacheCallRow>();
  const callers: (CacheCallRow | undefined)[] = [];
  for (const row of burst) {
    const calls = isRead(row) ? yield* rowsWith('cache_call', 'key', row.key ?? '') : [];
    const caller = calls.find(
      (each) => each.call === 'get' && isDuring(row, each) && !taken.has(each),
    );
    if (caller !== undefined) taken.add(caller);
    callers.push(caller);
  }
  return callers;
}

/** A batch has at most so many commands. */
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
  if (burst.length > batchMax) return null;
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

function isSameBurst(one: WireRow, other: WireRow): boolean {
  return one.connection === other.connection && one.burst === other.burst && one.id !== other.id;
}
