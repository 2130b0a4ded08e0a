import type { CacheCallRow, OpRow } from '../model/rows.ts';
import { bindingOf } from './binding.ts';
import { after, type Found, found } from './found.ts';
import type { Writer } from './meaning.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { keptBy } from './staleness.ts';
import { askedWords, at, keyWords } from './words.ts';

/**
 * An event is filed under whom the cache named as the owner of its camera when it was uploaded. Where that name was wrong the source
 * of truth holds a mistake that somebody else made, and everything later is read rightly.
 */
export function* misfiled(eventId: string): Inquiry<Found | null> {
  const uploads = yield* rowsWith('op', 'askedEventId', eventId);
  for (const upload of uploads.filter(({ kind }) => kind === 'upload')) {
    const wrong = yield* wrongOwnerRead(upload.requestId, upload.actorId);
    if (wrong !== null)
      return after(
        [
          `${eventId} was filed while ${upload.actorId} uploaded it (request ${upload.requestId}, ${at(upload.sentNs ?? upload.intendedNs)}), under the owner that the cache named.`,
        ],
        wrong,
        { table: 'op', id: upload.id },
      );
  }
  return null;
}

/** What the request was told of the camera's owner, where that was somebody else's value or one that had been replaced. */
function* wrongOwnerRead(requestId: string, deviceId: string): Inquiry<Found | null> {
  const reads = (yield* readsOf(requestId)).filter(({ key }) =>
    isKeyOf(key, `device:${deviceId}:owner`),
  );
  return yield* firstWrong(reads);
}

/** The first of these hand-overs that was not what belongs under its key now. */
export function* firstWrong(reads: readonly CacheCallRow[]): Inquiry<Found | null> {
  for (const read of reads) {
    const binding = yield* bindingOf(read);
    if (binding.state === 'astray') return binding.found;
    const kept = yield* keptBy(read, binding.writer);
    if (kept !== null) return kept;
  }
  return null;
}

/** Values that the request was handed. */
function* readsOf(requestId: string): Inquiry<readonly CacheCallRow[]> {
  return (yield* rowsWith('cache_call', 'requestId', requestId)).filter(isRead);
}

/** Whether the library handed a value over; a read-through does so also where it had to load it. */
export function isRead({
  call,
  outcome,
  digest,
}: Pick<CacheCallRow, 'call' | 'outcome' | 'digest'>): boolean {
  if (call === 'getOrLoad') return digest !== null && outcome !== 'error';
  return outcome === 'hit' && (call === 'get' || call === 'getMany');
}

/** Whether it is the key of that name, behind whatever stands before all keys of a run. */
export function isKeyOf(key: string, name: string): boolean {
  return (
    key === name ||
    (key.endsWith(name) && /[^A-Za-z0-9]/.test(key.charAt(key.length - name.length - 1)))
  );
}

/** Everything below handed over what was meant to be there: so whoever meant it was wrong. */
export function* writtenWrong(read: CacheCallRow, writer: Writer): Inquiry<Found> {
  const said = `The library handed over what was meant to be under ${keyWords(read.key)} (${askedWords(read)}).`;
  const evidence = [{ table: 'cache_call', id: read.id } as const, writer.evidence];
  if (writer.requestId === null)
    return found('unknown', [said, 'Who wrote it there is not in the record.'], ...evidence);
  const wrote = `It was put there for request ${writer.requestId} at ${at(writer.atNs)}`;
  if (writer.loaded)
    return found(
      'source-of-truth',
      [said, `${wrote}, and the source of truth had given exactly that for this key.`],
      ...evidence,
    );
  const reads = (yield* readsOf(writer.requestId)).filter(({ doneNs }) => doneNs <= writer.atNs);
  const wrong = yield* firstWrong(reads);
  if (wrong !== null)
    return after([said, `${wrote}, which had read the cache before.`], wrong, ...evidence);
  return found(
    'backend',
    [
      said,
      `${wrote}, and everything which that request had been handed was right: the backend made it so.`,
    ],
    ...evidence,
  );
}

/** The request of a viewer or camera by its id. */
export function* opOf(requestId: string): Inquiry<OpRow | null> {
  return (yield* rowsWith('op', 'requestId', requestId))[0] ?? null;
}
