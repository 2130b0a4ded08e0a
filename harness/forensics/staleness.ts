import type { CacheCallRow, WireRow } from '../model/rows.ts';
import { aboveTheWire, cameByWire, wasWatched } from './above-the-wire.ts';
import { after, type Found, found } from './found.ts';
import type { Writer } from './meaning.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { hasArrived, isDuring, isWrite, ownReads } from './wire-view.ts';
import {
  askedWords,
  at,
  callWords,
  commandWords,
  keyWords,
  replyWords,
  valueWords,
} from './words.ts';

/**
 * A value that was once right for its key and had been replaced before it was asked for: who kept it? Null when the backend had
 * not replaced it by then.
 */
export function* keptBy(call: CacheCallRow, writer: Writer): Inquiry<Found | null> {
  const calls = yield* rowsWith('cache_call', 'key', call.key);
  const replaced = calls.findLast(
    (row) =>
      (row.outcome === 'deleted' || (row.outcome === 'stored' && row.digest !== call.digest)) &&
      row.startedNs > writer.atNs &&
      row.doneNs <= call.startedNs,
  );
  if (replaced === undefined) return null;
  const steps = [
    `The library handed over ${valueWords(call.digest)} for ${keyWords(call.key)} (${askedWords(call)}), after it had accepted the ${callWords(replaced)}, which put an end to that value.`,
  ];
  const evidence = [
    { table: 'cache_call', id: call.id },
    { table: 'cache_call', id: replaced.id },
  ] as const;
  const writes = (yield* rowsWith('wire', 'key', call.key)).filter(isWrite);
  const own = yield* ownReads(call);
  const said = own.find((row) => row.replyDigest === call.digest && hasArrived(row));
  if (said !== undefined)
    return found(...serverKept({ steps, said, replaced, writes }), ...evidence, {
      table: 'wire',
      id: said.id,
    });
  if (own.length > 0 || (yield* cameByWire(call)) || !(yield* wasWatched()))
    return after(steps, yield* aboveTheWire(call), ...evidence);
  return found(
    'coalescer',
    [
      ...steps,
      `No command on the wire asked for ${keyWords(call.key)} while that call was under way: a layer above the wire had kept a copy, and did not drop it.`,
    ],
    ...evidence,
  );
}

interface ServerKept {
  readonly steps: readonly string[];
  readonly said: WireRow;
  readonly replaced: CacheCallRow;
  readonly writes: readonly WireRow[];
}

/** The cache itself still said the old value: had it ever been told of the new one? */
function serverKept({
  steps,
  said,
  replaced,
  writes,
}: ServerKept): [hop: Found['hop'], steps: readonly string[]] {
  const saying = `The cache itself still answered ${commandWords(said)} with it (${replyWords(said)}).`;
  const sent = writes.find((row) => isDuring(row, replaced));
  if (sent === undefined)
    return [
      'library-write',
      [
        ...steps,
        saying,
        'No such command had passed the wire: the library accepted it and did not send it under that key.',
      ],
    ];
  const undone = writes.find(
    (row) => row.commandNs > sent.commandNs && row.valueDigest === said.replyDigest,
  );
  if (undone !== undefined && undone.commandNs < (said.replyNs ?? 0))
    return [
      'library-write',
      [
        ...steps,
        saying,
        `${commandWords(sent)} had passed the wire at ${at(sent.commandNs)}, and the library stored the old value once more at ${at(undone.commandNs)}.`,
      ],
    ];
  return [
    'cache-server',
    [
      ...steps,
      saying,
      `${commandWords(sent)} had passed the wire at ${at(sent.commandNs)}${sent.replyNs === null ? '' : ' and was answered'}.`,
    ],
  ];
}
