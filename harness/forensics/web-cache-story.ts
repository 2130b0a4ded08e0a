import type { OpRow, ShownRow } from '../model/rows.ts';
import { after, type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { opOf } from './origin-story.ts';
import { at, valueWords } from './words.ts';

/** Whether the answer came out of a shared HTTP cache: from its store, or together with somebody else's. */
export function isStored({ webCache }: Pick<OpRow, 'webCache'>): boolean {
  return webCache !== null && /^(?:HIT|COALESCED|STALE|UPDATING|REVALIDATED)$/i.test(webCache);
}

/** What was wrong with a request that the backend did answer, as the rest of the inquiry finds it; null when nothing was. */
export type AnsweredWrong = (op: OpRow) => Inquiry<Found | null>;

/**
 * The answer was stored for another request. Where that one was answered rightly, the HTTP cache gave it to the wrong person;
 * where it was wrong already, whoever made it so comes first.
 */
export function* outOfTheStore(
  op: OpRow,
  shown: ShownRow | null,
  answeredWrong: AnsweredWrong,
): Inquiry<Found> {
  const says = `The shared HTTP cache answered request ${op.requestId} with what it had (x-cache: ${op.webCache ?? 'nothing'}); the backend never answered it.`;
  const evidence = { table: 'op', id: op.id } as const;
  const first = yield* storedFor(op, shown);
  if (first === null)
    return found(
      'http-cache',
      [says, 'For which request that was stored is not in the record.'],
      evidence,
    );
  const step = `The backend had given that answer to request ${first.requestId} of ${first.actorId} (${first.kind}, ${at(first.sentNs ?? first.intendedNs)})`;
  const before = { table: 'op', id: first.id } as const;
  const wrong = yield* answeredWrong(first);
  if (wrong !== null)
    return after([says, `${step}, and it was wrong already.`], wrong, evidence, before);
  return found('http-cache', [says, `${step}, for whom it was right.`], evidence, before);
}

/** The request whose answer was stored: by the bytes where they are known, else by whom the answer says it was for. */
function* storedFor(op: OpRow, shown: ShownRow | null): Inquiry<OpRow | null> {
  const until = op.doneNs ?? Number.MAX_SAFE_INTEGER;
  if (shown !== null && shown.surface !== 'list') {
    const answers =
      shown.digest === null
        ? yield* rowsWith('answer', 'askedEventId', shown.askedEventId ?? '')
        : yield* rowsWith('answer', 'digest', shown.digest);
    const answer = answers.findLast(
      ({ requestId, atNs }) => requestId !== op.requestId && atNs <= until,
    );
    if (answer !== undefined) return yield* opOf(answer.requestId);
  }
  if (op.toldUserId === null) return null;
  const told = yield* rowsWith('op', 'toldUserId', op.toldUserId);
  return (
    told.findLast(
      (row) =>
        row.kind === op.kind && row.id !== op.id && !isStored(row) && (row.sentNs ?? until) < until,
    ) ?? null
  );
}

/** What was shown is nothing that the backend sent for this request: it was changed on the way. */
export function changedOnTheWay(op: OpRow, shown: ShownRow): Found {
  const evidence = { table: 'op', id: op.id } as const;
  const says = `The viewer held ${valueWords(shown.digest)}, and the backend sent nothing like it for request ${op.requestId}`;
  if (op.webCache !== null)
    return found(
      'http-cache',
      [`${says}: the shared HTTP cache between them (x-cache: ${op.webCache}) put it there.`],
      evidence,
    );
  return found(
    'generator',
    [`${says}. Nothing is between them but ourselves: the load generator showed the wrong bytes.`],
    evidence,
  );
}
