import type { AnswerRow, CacheCallRow, OpRow, ShownRow } from '../model/rows.ts';
import { bindingOf } from './binding.ts';
import { after, type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { firstWrong, isKeyOf, isRead, misfiled, writtenWrong } from './origin-story.ts';
import { wrongSession } from './session-story.ts';
import { keptBy } from './staleness.ts';
import { changedOnTheWay, isStored, outOfTheStore } from './web-cache-story.ts';
import { askedWords, at, keyWords, valueWords } from './words.ts';

/** A picture or list entry that should not have been shown: from the viewer back to whoever bound it wrongly. */
export function* followShown(shown: ShownRow): Inquiry<Found> {
  const op = (yield* rowsWith('op', 'id', shown.opId))[0];
  const evidence = { table: 'shown', id: shown.id } as const;
  if (shown.swapped)
    return found(
      'generator',
      [
        'The load generator swapped these bytes itself, on purpose, and they reached a viewer who is no canary.',
      ],
      evidence,
    );
  if (op === undefined)
    return found('unknown', ['The request that brought it is not in the record.'], evidence);
  if (op.outcome === 'wrong-echo')
    return found(
      'generator',
      [`The answer named another request than ${op.requestId}, and was shown all the same.`],
      evidence,
    );
  const step = shownWords(shown, op);
  return after([step], yield* behindTheDoor(op, shown), evidence, { table: 'op', id: op.id });
}

function shownWords(shown: ShownRow, op: OpRow): string {
  const what = shown.eventId === null ? 'bytes that name no event' : shown.eventId;
  const asked =
    shown.askedEventId === null || shown.askedEventId === shown.eventId
      ? ''
      : ` in place of ${shown.askedEventId}`;
  const bytes = shown.digest === null ? '' : ` (${valueWords(shown.digest)})`;
  return `${shown.viewerId} was shown ${what}${asked}${bytes} as ${surfaceWords[shown.surface]} in answer to request ${op.requestId}, at ${at(shown.shownNs)}.`;
}

const surfaceWords: Readonly<Record<ShownRow['surface'], string>> = {
  list: 'an entry of the list',
  thumbnail: 'a thumbnail',
  enlarge: 'an enlarged picture',
  clip: 'a clip',
  live: 'a live view',
};

function* behindTheDoor(op: OpRow, shown: ShownRow): Inquiry<Found> {
  const answers = yield* rowsWith('answer', 'requestId', op.requestId);
  const calls = yield* rowsWith('cache_call', 'requestId', op.requestId);
  if (isStored(op) && answers.length === 0)
    return yield* outOfTheStore(op, shown, (first) => answeredWrong(first, shown));
  const isOther = shown.digest !== null && shown.surface !== 'list';
  const answer = answerFor(answers, shown);
  if (isOther && answers.length > 0 && answer?.digest !== shown.digest)
    return changedOnTheWay(op, shown);
  if (calls.length === 0) return yield* withoutCalls(op, shown);
  if (shown.surface === 'list') return yield* listed(op, shown, calls);
  // A live view comes from the camera itself; only who may see it is read through the cache.
  if (shown.surface === 'live') return (yield* permitted(op, shown, calls)) ?? allRight(op);
  const wrong = yield* servedPicture({ op, shown, calls, answer });
  if (wrong !== null) return wrong;
  return (yield* permitted(op, shown, calls)) ?? allRight(op);
}

/** The answer in this place; by the bytes where they are known. */
function answerFor(answers: readonly AnswerRow[], shown: ShownRow): AnswerRow | undefined {
  const asked = answers.filter(({ askedEventId }) => askedEventId === shown.askedEventId);
  return asked.find(({ digest }) => digest === shown.digest) ?? asked[0];
}

/** Whether what the backend answered to that request was wrong, and by whom; null when it was right for whom it was made. */
function* answeredWrong(op: OpRow, shown: ShownRow): Inquiry<Found | null> {
  const session = yield* wrongSession(op);
  if (session !== null) return session;
  const calls = yield* rowsWith('cache_call', 'requestId', op.requestId);
  const answers = yield* rowsWith('answer', 'requestId', op.requestId);
  const answer = answers.find(({ digest }) => digest === shown.digest);
  if (answer === undefined || answer.askedEventId === null) return null;
  const name = answer.askedEventId;
  const read = calls.findLast((row) => isRead(row) && isPictureOf(row.key, name));
  if (read === undefined) return null;
  const binding = yield* bindingOf(read);
  return binding.state === 'astray' ? binding.found : null;
}

function isPictureOf(key: string, eventId: string): boolean {
  return isKeyOf(key, `thumb:${eventId}`) || isKeyOf(key, `clip:${eventId}`);
}

interface Served {
  readonly op: OpRow;
  readonly shown: ShownRow;
  readonly calls: readonly CacheCallRow[];
  readonly answer: AnswerRow | undefined;
}

/** The bytes themselves: null when they are what belongs under the key that was asked for. */
function* servedPicture({ op, shown, calls, answer }: Served): Inquiry<Found | null> {
  const kind = shown.surface === 'clip' ? 'clip' : 'thumb';
  const asked = shown.askedEventId ?? '';
  const named = calls.filter(({ key }) => isKeyOf(key, `${kind}:${asked}`));
  const read = named.findLast(isRead);
  const evidence = named.map(({ id }) => ({ table: 'cache_call', id }) as const);
  const digest = shown.digest ?? answer?.digest ?? null;
  if (read === undefined) return yield* loadedPicture({ op, shown, named, digest });
  const binding = yield* bindingOf(read);
  const isSealed = calls.every((row) => row.digest !== digest) && (yield* isSealing(read));
  if (digest !== null && read.digest !== digest && !isSealed)
    return yield* handedOtherwise({ read, digest, calls, op, answer });
  if (binding.state === 'astray') return binding.found;
  const kept = yield* keptBy(read, binding.writer);
  if (kept !== null) return kept;
  if (shown.digest === null && shown.eventId === shown.askedEventId) return null;
  return after(
    [`The backend answered with what it had been handed for ${keyWords(read.key)}.`],
    yield* writtenWrong(read, binding.writer),
    ...evidence,
  );
}

/** With the mitigation `seal-values` what is stored is longer than what is answered, and the two cannot be compared. */
function* isSealing(read: CacheCallRow): Inquiry<boolean> {
  const loads = yield* rowsWith('origin', 'key', read.key);
  const sets = (yield* rowsWith('cache_call', 'key', read.key)).filter(
    ({ call }) => call === 'set',
  );
  const loaded = loads.find(({ digest }) => digest !== null);
  return (
    loaded !== undefined &&
    sets.length > 0 &&
    sets.every(({ digest }) => loads.every((load) => load.digest !== digest))
  );
}

interface Otherwise {
  readonly read: CacheCallRow;
  readonly digest: string;
  readonly calls: readonly CacheCallRow[];
  readonly op: OpRow;
  readonly answer: AnswerRow | undefined;
}

/** The backend answered with other bytes than it was handed for the key: its own mistake, unless they changed in its hands. */
function* handedOtherwise({ read, digest, calls, op, answer }: Otherwise): Inquiry<Found> {
  const says = `The library had handed over ${valueWords(read.digest)} for ${keyWords(read.key)} (${askedWords(read)}), and the backend answered with ${valueWords(digest)}`;
  const evidence = [
    { table: 'cache_call', id: read.id } as const,
    ...(answer === undefined ? [] : [{ table: 'answer', id: answer.id } as const]),
  ];
  const other = calls.find((row) => isRead(row) && row.digest === digest);
  if (other !== undefined)
    return found(
      'backend',
      [`${says}, which it had been handed for ${keyWords(other.key)}.`],
      ...evidence,
    );
  const untilNs = answer?.atNs ?? op.doneNs ?? read.doneNs;
  const passing = (yield* rowsWith('wire', 'replyDigest', digest)).find(
    ({ replyNs }) =>
      replyNs !== null && replyNs >= read.doneNs - overwriteNs && replyNs <= untilNs + overwriteNs,
  );
  const known = yield* rowsWith('cache_call', 'digest', digest);
  if (passing !== undefined || known.length === 0)
    return found(
      'client-library',
      [
        `${says}.`,
        `The bytes changed after they were handed over: ${passing === undefined ? 'they are no value that anybody ever stored or was handed' : `they are now what passed as reply ${passing.position} on connection ${passing.connection} (${at(passing.replyNs ?? 0)})`}. The library had used their memory again.`,
      ],
      ...evidence,
    );
  return found('backend', [`${says}, which nobody had handed it for this request.`], ...evidence);
}

/** A buffer is used again within moments of being handed out. */
const overwriteNs = 50_000_000;

interface Loaded {
  readonly op: OpRow;
  readonly shown: ShownRow;
  readonly named: readonly CacheCallRow[];
  readonly digest: string | null;
}

/** The library handed nothing over for the key: then the backend had it from elsewhere. Null when it is what was asked for. */
function* loadedPicture({ op, shown, named, digest }: Loaded): Inquiry<Found | null> {
  const failed = named.at(-1);
  const loads = yield* rowsWith('origin', 'requestId', op.requestId);
  const load = loads.find((row) => row.digest !== null && row.digest === digest);
  if (shown.digest === null && shown.eventId === shown.askedEventId) return null;
  const evidence = { table: 'op', id: op.id } as const;
  if (load !== undefined)
    return found(
      'source-of-truth',
      [
        `The cache had nothing, and the source of truth gave ${valueWords(digest)} for ${keyWords(load.key)} (${at(load.atNs)}).`,
      ],
      evidence,
      { table: 'origin', id: load.id },
    );
  if (failed !== undefined && failed.outcome === 'error')
    return found(
      'backend',
      [
        `The library gave an error for ${keyWords(failed.key)} (${askedWords(failed)}), and the backend answered with a picture all the same.`,
      ],
      evidence,
      { table: 'cache_call', id: failed.id },
    );
  return found(
    'backend',
    [
      `The library handed over no such picture for request ${op.requestId}, and the backend answered with one.`,
    ],
    evidence,
  );
}

/** The bytes are what was asked for, so the question is why this person was let see them. Null when everything said they may. */
function* permitted(
  op: OpRow,
  shown: ShownRow,
  calls: readonly CacheCallRow[],
): Inquiry<Found | null> {
  const session = yield* wrongSession(op);
  if (session !== null) return session;
  const eventId = shown.eventId ?? shown.askedEventId ?? '';
  const relations = calls.filter(
    ({ key }) =>
      isKeyOf(key, `event:${eventId}`) ||
      isKeyOf(key, `device:${shown.askedDeviceId ?? ''}:owner`) ||
      /(?:^|[^A-Za-z0-9])user:[^:]+:devices$/.test(key),
  );
  const wrong = yield* firstWrong(relations.filter(isRead));
  if (wrong !== null) return wrong;
  const failed = relations.find(({ outcome }) => outcome === 'error');
  if (failed !== undefined)
    return found(
      'backend',
      [
        `The library gave an error for ${keyWords(failed.key)} (${askedWords(failed)}), and the backend let them see it all the same.`,
      ],
      { table: 'cache_call', id: failed.id },
    );
  return yield* misfiled(eventId);
}

function* listed(op: OpRow, shown: ShownRow, calls: readonly CacheCallRow[]): Inquiry<Found> {
  const session = yield* wrongSession(op);
  if (session !== null) return session;
  const lists = calls.filter(({ key }) => /(?:^|[^A-Za-z0-9])user:[^:]+:events$/.test(key));
  const read = lists.findLast(isRead);
  const wrong = yield* firstWrong(read === undefined ? [] : [read]);
  if (wrong !== null) return wrong;
  const filed = shown.eventId === null ? null : yield* misfiled(shown.eventId);
  if (filed !== null) return filed;
  if (read === undefined) {
    const failed = lists.find(({ outcome }) => outcome === 'error');
    if (failed === undefined) return yield* listLoaded(op);
    return found(
      'backend',
      [
        `The library gave an error for ${keyWords(failed.key)} (${askedWords(failed)}), and the backend answered with a list all the same.`,
      ],
      { table: 'cache_call', id: failed.id },
    );
  }
  const binding = yield* bindingOf(read);
  return binding.state === 'meant' ? yield* writtenWrong(read, binding.writer) : binding.found;
}

function* listLoaded(op: OpRow): Inquiry<Found> {
  const load = (yield* rowsWith('origin', 'requestId', op.requestId)).find(({ key }) =>
    key.endsWith(':events'),
  );
  if (load === undefined) return allRight(op);
  return found(
    'source-of-truth',
    [
      `The cache had nothing, and the source of truth gave that list for ${keyWords(load.key)} (${at(load.atNs)}).`,
    ],
    { table: 'origin', id: load.id },
  );
}

/** Everything that the library handed over for the request was right. */
function allRight(op: OpRow): Found {
  return found(
    'backend',
    [
      `Everything that the library had handed over for request ${op.requestId} was right, and the backend answered with what this person may not see.`,
    ],
    { table: 'op', id: op.id },
  );
}

/** A system that does not say what it asks of its cache. */
function* withoutCalls(op: OpRow, shown: ShownRow): Inquiry<Found> {
  const session = op.kind === 'login' ? yield* wrongSession(op) : null;
  if (session !== null) return session;
  const evidence = { table: 'op', id: op.id } as const;
  const says = `The record does not say what the system under test asked of its cache for request ${op.requestId}, so its cache library cannot be told from what is above it.`;
  const replies = shown.digest === null ? [] : yield* rowsWith('wire', 'replyDigest', shown.digest);
  const during = replies.findLast(
    ({ replyNs }) => replyNs !== null && replyNs >= shown.requestedNs && replyNs <= shown.shownNs,
  );
  if (during === undefined)
    return found(
      'unknown',
      [says, 'No reply of its cache that passed our wire meanwhile carried these bytes.'],
      evidence,
    );
  const wrote =
    during.key === null ? [] : yield* rowsWith('wire', 'valueDigest', shown.digest ?? '');
  const under = wrote.some(({ key }) => key === during.key)
    ? 'which is where they had been stored: the cache is not to blame'
    : 'and no command is known to have stored them there';
  return found(
    'unknown',
    [
      says,
      `The cache gave these bytes as reply ${during.position} on connection ${during.connection} (${at(during.replyNs ?? 0)}), to a command for ${keyWords(during.key ?? 'no key')}, ${under}.`,
    ],
    evidence,
    { table: 'wire', id: during.id },
  );
}
