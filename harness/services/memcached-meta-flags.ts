import { decodeBase64Key } from './memcached-base64.ts';
import { parseInt32, parseUint32, parseUint64 } from './memcached-number.ts';
import type { MemcachedStore } from './memcached-store.ts';

/** What the flags of a meta command say. */
export interface MetaFlags {
  /** Decoded, when it came in base64. */
  key: string;
  isKeyBinary: boolean;
  isQuiet: boolean;
  wantsValue: boolean;
  /** A flag that makes memcached note the read after it has written the reply. */
  notesReadLate: boolean;
  isReadUnnoted: boolean;
  /** `I` */
  invalidates: boolean;
  /** `M` */
  mode: string;
  /** `T`: when the item is to be over. */
  expiresAt: number;
  hasExpiry: boolean;
  /** `N`: make an empty item on a miss, to be over then. */
  createdExpiresAt: number | null;
  /** `R`: who reads it with less time left than this is to fetch it anew. */
  refreshBefore: number;
  clientFlags: number;
  cas: bigint | null;
  delta: bigint;
  initial: bigint;
}

export type MetaFlagsReading =
  | { readonly state: 'read'; readonly flags: MetaFlags }
  | { readonly state: 'refused'; readonly error: string };

const badToken = 'CLIENT_ERROR bad token in command line format';
const badFormat = 'CLIENT_ERROR bad command line format';
const characterMax = 126;

type Apply = (context: {
  readonly flags: MetaFlags;
  readonly word: string;
  readonly store: MemcachedStore;
}) => string | null;

/** Reads the flags after the key (and the length). Each letter may stand once. Errors are told as memcached 1.6.18 does. */
export function readMetaFlags(
  store: MemcachedStore,
  { key, words }: { readonly key: string; readonly words: readonly string[] },
): MetaFlagsReading {
  const flags = noFlags(key);
  const seen = new Set<string>();
  let error: string | null = null;
  for (const word of words) {
    const letter = word.charAt(0);
    if (letter.charCodeAt(0) > characterMax || seen.has(letter))
      return { state: 'refused', error: 'CLIENT_ERROR duplicate flag' };
    seen.add(letter);
    const apply = flagsByLetter.get(letter);
    if (apply === undefined) return { state: 'refused', error: 'CLIENT_ERROR invalid flag' };
    const failure = apply({ flags, word, store });
    // Without a text of its own, a failure is told with the last text that another one gave.
    if (failure !== null) error = failure === badFormat ? (error ?? badFormat) : failure;
  }
  return error === null ? { state: 'read', flags } : { state: 'refused', error };
}

function noFlags(key: string): MetaFlags {
  return {
    key,
    isKeyBinary: false,
    isQuiet: false,
    wantsValue: false,
    notesReadLate: false,
    isReadUnnoted: false,
    invalidates: false,
    mode: '',
    expiresAt: 0,
    hasExpiry: false,
    createdExpiresAt: null,
    refreshBefore: 0,
    clientFlags: 0,
    cas: null,
    delta: 1n,
    initial: 0n,
  };
}

const ignored: Apply = () => null;

const flagsByLetter = new Map<string, Apply>([
  ...['O', 'P', 'L', 'k', 's', 't', 'c', 'f'].map((letter) => [letter, ignored] as const),
  ['b', decodeKey],
  ['v', on((flags) => (flags.wantsValue = true))],
  ['q', on((flags) => (flags.isQuiet = true))],
  ['u', on((flags) => (flags.isReadUnnoted = true))],
  ['l', on((flags) => (flags.notesReadLate = true))],
  ['h', on((flags) => (flags.notesReadLate = true))],
  ['I', on((flags) => (flags.invalidates = true))],
  ['N', time((flags, at) => (flags.createdExpiresAt = at))],
  ['R', time((flags, at) => (flags.refreshBefore = at))],
  [
    'T',
    time((flags, at) => {
      flags.expiresAt = at;
      flags.hasExpiry = true;
    }),
  ],
  ['F', clientFlags],
  ['C', number(badToken, (flags, value) => (flags.cas = value))],
  [
    'J',
    number('CLIENT_ERROR invalid numeric initial value', (flags, value) => (flags.initial = value)),
  ],
  [
    'D',
    number('CLIENT_ERROR invalid numeric delta value', (flags, value) => (flags.delta = value)),
  ],
  ['M', mode],
]);

function on(set: (flags: MetaFlags) => void): Apply {
  return ({ flags }) => {
    set(flags);
    return null;
  };
}

function time(set: (flags: MetaFlags, at: number) => void): Apply {
  return ({ flags, word, store }) => {
    flags.notesReadLate = true;
    const seconds = parseInt32(word.slice(1));
    if (word.startsWith('N')) flags.createdExpiresAt = 0;
    if (seconds === null) return badToken;
    set(flags, store.expiry(seconds));
    return null;
  };
}

function number(error: string, set: (flags: MetaFlags, value: bigint) => void): Apply {
  return ({ flags, word }) => {
    const value = parseUint64(word.slice(1));
    if (value === null) return error;
    set(flags, value);
    return null;
  };
}

function decodeKey({ flags }: { readonly flags: MetaFlags }): string | null {
  const decoded = decodeBase64Key(flags.key);
  flags.isKeyBinary = true;
  flags.key = decoded ?? '';
  return decoded === null ? 'CLIENT_ERROR error decoding key' : null;
}

function clientFlags({ flags, word }: Parameters<Apply>[0]): string | null {
  const value = parseUint32(word.slice(1));
  if (value === null) return badFormat;
  flags.clientFlags = value;
  return null;
}

function mode({ flags, word }: Parameters<Apply>[0]): string | null {
  if (word.length !== 2) return 'CLIENT_ERROR incorrect length for M token';
  flags.mode = word.charAt(1);
  return null;
}
