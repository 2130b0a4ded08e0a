import type { SweepRow } from '../model/rows.ts';
import { bindingOf } from './binding.ts';
import { after, type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { misfiled, writtenWrong } from './origin-story.ts';
import { storesUnder } from './wire-view.ts';
import { at, keyWords, valueWords } from './words.ts';

/** What lay where it does not belong when all was calm: who put it there? */
export function* followSweep(row: SweepRow): Inquiry<Found> {
  const evidence = { table: 'sweep', id: row.id } as const;
  const where = row.store === 'cache' ? 'in the cache' : 'in the source of truth';
  const step = `${valueWords(row.digest)} was found ${where} under ${keyWords(row.key)}${row.eventId === null ? '' : `: ${row.eventId}`}.`;
  for (const eventId of eventsIn(row)) {
    const filed = yield* misfiled(eventId);
    if (filed !== null) return after([step], filed, evidence);
  }
  if (row.store === 'database') {
    return found(
      'backend',
      [step, 'Everything that the library had handed over when it was filed was right.'],
      evidence,
    );
  }
  return after([step], yield* storedInCache(row), evidence);
}

/** The events that the key or the value names: each may have been filed wrongly when it was uploaded. */
function eventsIn({ key, value }: SweepRow): readonly string[] {
  const named = /(?:^|[^A-Za-z0-9])(?:event|thumb|clip):([^:]+)$/.exec(key)?.[1];
  const listed = [...(value ?? '').matchAll(/"eventId":"([^"\\]{1,128})"/g)].map(([, id]) => id);
  return [named, ...listed].filter((id) => id !== undefined);
}

function* storedInCache(row: SweepRow): Inquiry<Found> {
  // The harness read it itself, so it is judged as a call that was handed this value.
  const read = {
    id: row.id,
    callId: row.id,
    requestId: null,
    call: 'get',
    key: row.key,
    startedNs: row.atNs,
    doneNs: row.atNs,
    outcome: 'hit',
    bytes: row.bytes,
    digest: row.digest,
    error: null,
  } as const;
  const stores = yield* storesUnder(row.key);
  const crossed = stores.findLast(
    ({ valueDigest, commandNs }) => valueDigest === row.digest && commandNs <= row.atNs,
  );
  const meant = (yield* rowsWith('cache_call', 'digest', row.digest)).filter(
    ({ call }) => call === 'set',
  );
  const isMeantHere = meant.some(({ key }) => key === row.key);
  if (crossed !== undefined && !isMeantHere)
    return found(
      'library-write',
      [
        `The library had written it there: command ${crossed.position} on connection ${crossed.connection}, ${at(crossed.commandNs)}; ${meant[0] === undefined ? 'no call had asked for that' : `the call was a set of ${keyWords(meant[0].key)}`}.`,
      ],
      { table: 'wire', id: crossed.id },
      ...meant.slice(0, 1).map(({ id }) => ({ table: 'cache_call', id }) as const),
    );
  const binding = yield* bindingOf(read);
  if (binding.state === 'meant') return yield* writtenWrong(read, binding.writer);
  const last = stores.at(-1);
  if (last === undefined || stores.some(({ valueDigest }) => valueDigest === null))
    return found('unknown', ['Which command stored it there is not in the record.']);
  return found(
    'cache-server',
    [
      `No command ever stored that value under that key: the last one that stored there carried ${valueWords(last.valueDigest)} (${at(last.commandNs)}).`,
    ],
    { table: 'wire', id: last.id },
  );
}
