import type { CacheCallRow, WireRow } from '../model/rows.ts';
import { outOfOrder } from './batch.ts';
import { type Found, found } from './found.ts';
import { meantElsewhere } from './meaning.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { hasArrived, isDuring, isRead, ownReads, repliesWith, storesUnder } from './wire-view.ts';
import { capital, ownWords, wireEvidence } from './wire-words.ts';
import { at, commandWords, keyWords, replyWords } from './words.ts';

/** The wire did not give this call that value for its key: so somebody between the wire and the backend did. */
export function* aboveTheWire(call: CacheCallRow): Inquiry<Found> {
  const own = yield* ownReads(call);
  const replies = yield* repliesWith(call.digest ?? '', call);
  if (own.length === 0) return yield* withoutOwnRead(call, replies);
  const handed = nearest(replies, call, own);
  if (handed === undefined) return neverPassed(own, yield* meantElsewhere(call));
  const others = replies.filter((row) => row.id !== handed.id && cameDuring(row, call));
  for (const each of [handed, ...others].slice(0, batchesMax)) {
    const batched = yield* outOfOrder(own, each);
    if (batched !== null) return batched;
  }
  return misPaired({ call, own, handed });
}

/**
 * The reply that the call was handed: many may carry the same value, so the one that is nearest to the call's own command, on its
 * connection where there is one, else the last one before the call ended.
 */
function nearest(
  replies: readonly WireRow[],
  call: CacheCallRow,
  own: readonly WireRow[],
): WireRow | undefined {
  const during = replies.filter((row) => cameDuring(row, call));
  const beside = during
    .filter((row) => Number.isFinite(distance(row, own)))
    .sort((one, other) => distance(one, own) - distance(other, own));
  return beside[0] ?? during[0] ?? replies[0];
}

/** Commands between it and the nearest of these on its connection; infinite where none is. */
function distance({ position, connection }: WireRow, own: readonly WireRow[]): number {
  const same = own.filter((row) => row.connection === connection);
  return Math.min(...same.map((row) => Math.abs(position - row.position)));
}

function cameDuring({ replyNs }: WireRow, { startedNs }: CacheCallRow): boolean {
  return (replyNs ?? 0) >= startedNs;
}

interface MisPairing {
  readonly call: CacheCallRow;
  readonly own: readonly WireRow[];
  readonly handed: WireRow;
}

/** The reply belongs to another command than the call's, and the library handed it to the call. */
function misPaired({ call, own, handed }: MisPairing): Found {
  const [first = null] = own.toSorted(
    (one, other) => distance(handed, [one]) - distance(handed, [other]) || 0,
  );
  const caller = first === null ? keyWords(call.key) : commandWords(first);
  return {
    hop: 'client-library',
    steps: [
      ...(first === null ? [] : [ownWords(first)]),
      `${capital(replyWords(handed))} answered ${commandWords(handed)} and was handed to the caller of ${caller}.`,
    ],
    evidence: wireEvidence(first, handed),
    astray: { call, handed, own: first },
  };
}

/** The call's own command was answered, and what was handed over never passed as anybody's reply. */
function neverPassed(own: readonly WireRow[], meant: CacheCallRow | undefined): Found {
  const first = own.find(hasArrived) ?? own[0];
  const steps = first === undefined ? [] : [ownWords(first)];
  const evidence = wireEvidence(first);
  if (own.some((row) => row.replyType === '*'))
    return found(
      'unknown',
      [
        ...steps,
        'That reply held many values at once, and the wire cannot tell which came in which place.',
      ],
      ...evidence,
    );
  if (meant !== undefined)
    return found(
      'coalescer',
      [
        ...steps,
        `The value handed over never came over the wire before that: it was on its way to the cache for ${keyWords(meant.key)}, and was given to this caller as well.`,
      ],
      ...evidence,
      { table: 'cache_call', id: meant.id },
    );
  return found(
    'client-library',
    [
      ...steps,
      'The bytes handed over are no reply that ever passed the wire: they were made of others within the library.',
    ],
    ...evidence,
  );
}

/** Replies that may have been handed out as part of a batch; more of them carry the same value only by chance. */
const batchesMax = 4;

/** Replies that are looked at for one call; that many at once carry the same value only when it says next to nothing. */
const repliesMax = 32;

/** No command on the wire asked for this key for this call. */
function* withoutOwnRead(call: CacheCallRow, replies: readonly WireRow[]): Inquiry<Found> {
  const none = `No command on the wire asked for ${keyWords(call.key)} while that call was under way.`;
  const page = yield* pageOf(call);
  if (page !== null) return found('unknown', [none, page]);
  const during = replies.filter((row) => cameDuring(row, call)).slice(0, repliesMax);
  for (const handed of during) {
    const renamed = yield* underAnotherName(call, handed);
    if (renamed !== null) return renamed;
  }
  for (const handed of during) {
    const inPlace = yield* askedInPlace(call, handed);
    if (inPlace !== null) return inPlace;
  }
  const [nearestReply] = during.length > 0 ? during : replies;
  if (nearestReply !== undefined) {
    for (const handed of during.length > 0 ? during : [nearestReply])
      if (!(yield* isLeftOver(call, handed, replies))) return shared(none, handed);
    const { steps, ...pairing } = misPaired({ call, own: [], handed: nearestReply });
    return { ...pairing, steps: [none, ...steps, 'Its own caller never was.'] };
  }
  const meant = yield* meantElsewhere(call);
  if (meant === undefined && !(yield* wasWatched()))
    return found('unknown', [
      'The record has no traffic between the library and the cache, so it ends there.',
    ]);
  if (meant === undefined)
    return found('coalescer', [
      none,
      'The bytes handed over are no reply that had passed the wire: a layer above it had kept them, or made them.',
    ]);
  return found(
    'coalescer',
    [none, `The caller was given what was loaded or stored for ${keyWords(meant.key)}.`],
    { table: 'cache_call', id: meant.id },
  );
}

/** The value went to whom it belonged as well: somebody above the wire gave one answer to two. */
function shared(none: string, handed: WireRow): Found {
  return found(
    'coalescer',
    [
      none,
      `${capital(replyWords(handed))} answered ${commandWords(handed)} (${at(handed.replyNs ?? handed.commandNs)}) and was handed to its own caller, and to this one as well.`,
    ],
    ...wireEvidence(handed),
  );
}

/** Whether more such replies had come by then than were handed to callers of that key: then this call was handed one of those. */
function* isLeftOver(
  call: CacheCallRow,
  handed: WireRow,
  replies: readonly WireRow[],
): Inquiry<boolean> {
  if (handed.key === null) return true;
  const calls = yield* rowsWith('cache_call', 'key', handed.key);
  const given = calls.filter(
    (each) =>
      each.digest === call.digest &&
      each.outcome === 'hit' &&
      each.call !== 'set' &&
      each.startedNs <= call.doneNs,
  );
  const recent = replies.filter(
    (row) => row.key === handed.key && row.commandNs >= call.startedNs - leftOverNs,
  );
  const taken = new Set<CacheCallRow>();
  return recent.some((row) => {
    const taker = given.find((each) => isDuring(row, each) && !taken.has(each));
    if (taker !== undefined) taken.add(taker);
    return taker === undefined;
  });
}

/** A reply that nobody took is not looked for further back than this. */
const leftOverNs = 5_000_000_000;

/** The value came under a key that no caller asked for: the library had turned one key into another. */
function* underAnotherName(call: CacheCallRow, handed: WireRow): Inquiry<Found | null> {
  const name = handed.key;
  if (name === null || !isDuring(handed, call)) return null;
  const askers = yield* rowsWith('cache_call', 'key', name);
  if (askers.length > 0) return null;
  const asked = `It asked for ${keyWords(name)} in its place (${replyWords(handed)}), a key that no caller ever named.`;
  const meant = yield* meantElsewhere(call);
  const stored = (yield* storesUnder(name)).findLast(
    (row) => row.valueDigest === call.digest && row.commandNs <= (handed.replyNs ?? 0),
  );
  if (stored === undefined || meant === undefined)
    return found('client-library', [asked], ...wireEvidence(handed));
  return found(
    'library-write',
    [
      asked,
      `Under that name it had also stored the value of ${keyWords(meant.key)} (command ${stored.position} on connection ${stored.connection}, ${at(stored.commandNs)}).`,
    ],
    ...wireEvidence(handed, stored),
  );
}

/** The key was asked for more often on the wire than its own callers asked: once in place of this call's key. */
function* askedInPlace(call: CacheCallRow, handed: WireRow): Inquiry<Found | null> {
  if (handed.key === null || !isDuring(handed, call)) return null;
  const callers = new Set(yield* rowsWith('cache_call', 'key', handed.key));
  const reads = (yield* rowsWith('wire', 'key', handed.key)).filter(
    (row) => isRead(row) && isDuring(row, call),
  );
  const spare = reads.find((row) => {
    const caller = [...callers].find((each) => isDuring(row, each));
    return caller === undefined || !callers.delete(caller);
  });
  if (spare === undefined) return null;
  return found(
    'client-library',
    [
      `No command on the wire asked for ${keyWords(call.key)}: the library asked for ${keyWords(handed.key)} in its place (command ${spare.position} on connection ${spare.connection}, ${at(spare.commandNs)}), once more than its own callers did.`,
    ],
    ...wireEvidence(spare),
  );
}

/** A page that was read with one command names its first key only. */
function* pageOf(call: CacheCallRow): Inquiry<string | null> {
  if (call.call !== 'getMany') return null;
  const first = (yield* rowsWith('cache_call', 'callId', call.callId))[0];
  if (first === undefined || first.key === call.key) return null;
  const rows = yield* ownReads({ ...call, key: first.key });
  const page = rows.find(({ command, replyType }) => command === 'MGET' || replyType === '*');
  if (page === undefined) return null;
  return `It was read together with ${keyWords(first.key)} by one command (${replyWords(page)}), and the wire cannot tell which value came in which place.`;
}

/** Whether any reply carried this value while the call was under way. */
export function* cameByWire(call: CacheCallRow): Inquiry<boolean> {
  const replies = yield* repliesWith(call.digest ?? '', call);
  return replies.some((row) => cameDuring(row, call));
}

/** Whether the wire saw anything at all. */
export function* wasWatched(): Inquiry<boolean> {
  return (yield* rowsWith('wire_connection', 'connection', 1)).length > 0;
}
