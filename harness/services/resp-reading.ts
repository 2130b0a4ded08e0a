import { replyEnd } from './resp-conversation.ts';

/** A reply taken apart as far as its items: the raw text of one that has none. A map's items are its pairs. */
export type Reading = string | { readonly type: string; readonly items: readonly Reading[] };

/** Takes one whole reply apart. */
export function readReply(bytes: Buffer): Reading {
  const type = String.fromCharCode(bytes[0] ?? 0);
  const body = bytes.indexOf('\r\n', 0, 'latin1') + 2;
  const count = Number(bytes.toString('latin1', 1, body - 2));
  if (!'*~%'.includes(type) || count < 0) return bytes.toString('latin1');
  const items: Reading[] = [];
  let from = body;
  const next = (): Reading => {
    const end = replyEnd(bytes, from);
    const item = readReply(bytes.subarray(from, end));
    from = end;
    return item;
  };
  for (let item = 0; item < count; item += 1)
    items.push(type === '%' ? { type: 'pair', items: [next(), next()] } : next());
  return { type, items };
}
