import type { CacheCallRow, WireRow } from '../model/rows.ts';
import { type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { isError, storesUnder } from './wire-view.ts';
import { capital, wireEvidence } from './wire-words.ts';
import { at, commandWords, keyWords, replyWords, valueWords } from './words.ts';

/** The cache itself gave that value for that key: who put it there? */
export function* wireSaid(
  call: CacheCallRow,
  said: WireRow,
  meant: CacheCallRow | undefined,
): Inquiry<Found> {
  const evidence = wireEvidence(said);
  if (isError(said))
    return found(
      'client-library',
      [`${capital(replyWords(said))} was an error, and the library took it for a value.`],
      ...evidence,
    );
  const saying = `The cache itself answered ${commandWords(said)} with it (${replyWords(said)}, ${at(said.replyNs ?? said.commandNs)}).`;
  const stores = yield* storesUnder(call.key);
  const before = stores.filter(({ commandNs }) => commandNs <= (said.replyNs ?? call.doneNs));
  const crossed = before.findLast(({ valueDigest }) => valueDigest === call.digest);
  if (crossed !== undefined) {
    const where = `command ${crossed.position} on connection ${crossed.connection}, ${at(crossed.commandNs)}`;
    const asked =
      meant === undefined
        ? 'no call asked for that'
        : `the call was a set of ${keyWords(meant.key)}`;
    return found(
      'library-write',
      [
        saying,
        `The library had written it there: ${commandWords(crossed)} carried that value (${where}), and ${asked}.`,
      ],
      ...evidence,
      { table: 'wire', id: crossed.id },
    );
  }
  const lost = yield* lostDatabase(said);
  if (lost !== null) return found('client-library', [saying, lost], ...evidence);
  const last = before.at(-1);
  if (before.some(({ valueDigest }) => valueDigest === null))
    return found(
      'unknown',
      [
        saying,
        'The record does not say which values the commands before it stored under that key.',
      ],
      ...evidence,
    );
  const wrote =
    last === undefined
      ? 'no command ever stored anything under that key'
      : `the last command that stored under that key carried ${valueWords(last.valueDigest)} (${at(last.commandNs)})`;
  return found(
    'cache-server',
    [saying, `No command ever stored that value under that key: ${wrote}.`],
    ...evidence,
  );
}

/** A connection that never chose its database, where others of the same client did. */
function* lostDatabase({ connection }: WireRow): Inquiry<string | null> {
  const chosen = yield* rowsWith('wire', 'command', 'SELECT');
  const [first] = chosen;
  if (first === undefined || chosen.some((row) => row.connection === connection)) return null;
  return `Connection ${first.connection} chose its database with SELECT (${at(first.commandNs)}), and connection ${connection} never did: the library reads from another database than it wrote to.`;
}
