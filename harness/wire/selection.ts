import type { ReplySelector } from '../model/fault.ts';
import { isOfKind } from './command-kind.ts';
import type { ReplyPosition } from './rule.ts';

/** @returns whether a reply is one that the selector names; counts those that match, for `nth`, so each rule makes its own */
export function selection(selector: ReplySelector): (reply: ReplyPosition) => boolean {
  let seen = 0;
  return (reply) => {
    if (!matches(selector, reply)) return false;
    seen += 1;
    return selector.nth === undefined || seen === selector.nth;
  };
}

/** @returns true when every field that the selector has, `nth` apart, agrees with the reply */
export function matches(selector: ReplySelector, reply: ReplyPosition): boolean {
  const { kind, commands, burstSizeMin, connections, positionMin, positionMax } = selector;
  if (kind !== undefined && !isOfKind(kind, reply.command)) return false;
  if (commands !== undefined && !commands.includes(reply.command)) return false;
  if (connections !== undefined && !connections.includes(reply.connection)) return false;
  if (positionMin !== undefined && reply.position < positionMin) return false;
  if (positionMax !== undefined && reply.position > positionMax) return false;
  if (burstSizeMin !== undefined && reply.burstSize < burstSizeMin) return false;
  return keyMatches(selector, reply.key);
}

function keyMatches({ keyPrefix, keyPattern }: ReplySelector, key: string | null): boolean {
  if (keyPrefix !== undefined && key?.startsWith(keyPrefix) !== true) return false;
  return keyPattern === undefined || (key !== null && isLike(key, keyPattern));
}

/** Goes back to the last `*` only, so the work is at most the product of both lengths. */
function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const wanted = pattern[place];
    if (wanted === '*') {
      star = place;
      starAt = at;
      place += 1;
    } else if (wanted === '?' || wanted === text[at]) {
      at += 1;
      place += 1;
    } else if (star === -1) {
      return false;
    } else {
      starAt += 1;
      at = starAt;
      place = star + 1;
    }
  }
  while (pattern[place] === '*') place += 1;
  return place === pattern.length;
}
