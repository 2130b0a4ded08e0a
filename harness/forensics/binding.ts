import type { CacheCallRow } from '../model/rows.ts';
import { aboveTheWire } from './above-the-wire.ts';
import { after, type Found } from './found.ts';
import { meantBy, meantElsewhere, type Writer } from './meaning.ts';
import type { Inquiry } from './needs.ts';
import { wireSaid } from './wire-said.ts';
import { hasArrived, ownReads } from './wire-view.ts';
import { askedWords, keyWords, valueWords } from './words.ts';

/** What the library handed over for a key, held against what the backend ever meant to be under that key. */
export type Binding =
  /** It was meant to be there: by this call, or by this load from the source of truth. */
  | { readonly state: 'meant'; readonly writer: Writer }
  /** It was not: somebody below the backend bound it to this key. */
  | { readonly state: 'astray'; readonly found: Found };

/** Judges one call that was given a value. */
export function* bindingOf(call: CacheCallRow): Inquiry<Binding> {
  const writer = yield* meantBy(call);
  if (writer !== null) return { state: 'meant', writer };
  return { state: 'astray', found: yield* astray(call) };
}

/** Somebody below the backend bound another value to this key: the wire says who. */
function* astray(call: CacheCallRow): Inquiry<Found> {
  const meant = yield* meantElsewhere(call);
  const step = `The library handed over ${valueWords(call.digest)} for ${keyWords(call.key)} (${askedWords(call)}), which was never stored under that key${meant === undefined ? '' : `: it belongs to ${keyWords(meant.key)}`}.`;
  const own = yield* ownReads(call);
  const said = own.find((row) => row.replyDigest === call.digest && hasArrived(row));
  const why = said === undefined ? yield* aboveTheWire(call) : yield* wireSaid(call, said, meant);
  return after([step], why, { table: 'cache_call', id: call.id });
}
