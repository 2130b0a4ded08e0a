import { type Exchange, keyBytesMax } from './memcached-exchange.ts';
import type { Item } from './memcached-item.ts';
import type { MetaFlags } from './memcached-meta-flags.ts';

export const badMetaFormat = 'CLIENT_ERROR bad command line format';
export const opaqueTooLong = 'CLIENT_ERROR opaque token too long';
export const badMetaFlags = 'CLIENT_ERROR invalid or duplicate flag';
export const opaqueBytesMax = 32;
const wordsMax = 19;

/** What is wrong with the line before its flags are looked at. */
export function refusal(words: readonly string[], tooManyFlags: string): string | null {
  if (words.length < 2) return 'ERROR';
  if ((words[1] ?? '').length > keyBytesMax) return badMetaFormat;
  return words.length > wordsMax ? tooManyFlags : null;
}

/** The time that an item has left, in seconds. */
export function timeMark({ expiresAt }: Item, { store }: Exchange): string {
  return expiresAt === 0 ? ' t-1' : ` t${(expiresAt - store.nowSeconds()) >>> 0}`;
}

/** A key as it is given back. */
export function keyMark(key: string, isBinary: boolean): string {
  return isBinary ? ` k${Buffer.from(key, 'latin1').toString('base64')} b` : ` k${key}`;
}

/** What a command gives back of its own words, without an item. Null when the opaque is too long. */
export function ownMarks(words: readonly string[], flags: MetaFlags): string | null {
  let marks = '';
  for (const word of words) {
    if (word.startsWith('O')) {
      if (word.length > opaqueBytesMax) return null;
      marks += ` ${word}`;
    } else if (word.startsWith('k')) marks += keyMark(flags.key, flags.isKeyBinary);
  }
  return marks;
}
