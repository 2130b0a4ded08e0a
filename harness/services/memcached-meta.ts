import { decodeBase64Key } from './memcached-base64.ts';
import {
  answer,
  answerAnyway,
  type Exchange,
  flush,
  keyBytesMax,
  next,
  type Step,
} from './memcached-exchange.ts';
import { type Item, itemBytes, itemFits, slabClass } from './memcached-item.ts';
import { metaArithmetic } from './memcached-meta-arithmetic.ts';
import { type MetaFlags, readMetaFlags } from './memcached-meta-flags.ts';
import {
  badMetaFlags,
  badMetaFormat,
  keyMark,
  opaqueBytesMax,
  opaqueTooLong,
  ownMarks,
  refusal,
  timeMark,
} from './memcached-meta-marks.ts';
import { parseInt32 } from './memcached-number.ts';
import type { StoreMode } from './memcached-store.ts';

type Run = (exchange: Exchange, words: readonly string[]) => Step;

const int32Max = 2 ** 31 - 1;

/** The meta commands of memcached 1.6.18, by name. */
export const metaCommands: ReadonlyMap<string, Run> = new Map<string, Run>([
  ['mg', metaGet],
  ['ms', metaSet],
  ['md', metaDelete],
  ['ma', metaArithmetic],
  ['me', metaDebug],
  ['mn', metaNoop],
]);

function metaNoop(exchange: Exchange): Step {
  answer(exchange, 'MN');
  return flush;
}

function metaGet(exchange: Exchange, words: readonly string[]): Step {
  const refused = refusal(words, 'CLIENT_ERROR options flags are too long');
  if (refused !== null) return answerAnyway(exchange, refused);
  const reading = readMetaFlags(exchange.store, { key: words[1] ?? '', words: words.slice(2) });
  if (reading.state === 'refused') return answerAnyway(exchange, reading.error);
  const { flags } = reading;
  const { store, counters } = exchange;
  exchange.isQuiet = flags.isQuiet;
  const isLate = flags.notesReadLate;
  const found = store.find(flags.key, isLate || flags.isReadUnnoted ? 'look' : 'read');
  counters.gets += 1;
  const item = found ?? (flags.createdExpiresAt === null ? null : createEmpty(exchange, flags.key));
  if (item === null) return missed(exchange, { words, flags });
  counters.hits += 1;
  const marks = readMarks({ exchange, item, flags, words: words.slice(2), isNew: found === null });
  if (marks === null) return answerAnyway(exchange, opaqueTooLong);
  const head = flags.wantsValue ? `VA ${item.value.length}` : 'HD';
  exchange.reply(Buffer.from(`${head}${marks}\r\n`, 'latin1'));
  if (flags.wantsValue) exchange.reply(Buffer.concat([item.value, Buffer.from('\r\n')]));
  exchange.hold(item);
  if (isLate && !flags.isReadUnnoted) store.find(flags.key, 'read');
  return next;
}

function createEmpty({ store }: Exchange, key: string): Item {
  const item = store.create({ key, flags: 0, value: Buffer.alloc(0), expiresAt: 0, cas: 0n });
  store.link(item);
  return item;
}

function missed(
  exchange: Exchange,
  { words, flags }: { readonly words: readonly string[]; readonly flags: MetaFlags },
): Step {
  exchange.counters.misses += 1;
  const marks = ownMarks(words.slice(2), flags);
  if (marks === null) return answerAnyway(exchange, opaqueTooLong);
  return answer(exchange, `EN${marks}`);
}

interface Reading {
  readonly exchange: Exchange;
  readonly item: Item;
  readonly flags: MetaFlags;
  readonly words: readonly string[];
  readonly isNew: boolean;
}

/** Does what the flags of a get ask, in their order, and gives what they return. Null when the opaque is too long. */
function readMarks({ exchange, item, flags, words, isNew }: Reading): string | null {
  let marks = '';
  let hasWon = false;
  for (const word of words) {
    switch (word.charAt(0)) {
      case 'T':
        item.expiresAt = flags.expiresAt;
        break;
      case 'N':
        if (!isNew) break;
        item.expiresAt = flags.createdExpiresAt ?? 0;
        hasWon = true;
        break;
      case 'R':
        if (item.isTokenSent || isNew || item.expiresAt === 0) break;
        if (item.expiresAt < flags.refreshBefore) hasWon = true;
        break;
      case 'O':
        if (word.length > opaqueBytesMax) return null;
        marks += ` ${word}`;
        break;
      default:
        marks += itemMark(word, { exchange, item });
    }
  }
  if (item.isTokenSent) marks += ' Z';
  if (item.isStale) {
    marks += ' X';
    if (!item.isTokenSent) hasWon = true;
  }
  if (!hasWon) return marks;
  item.isTokenSent = true;
  return `${marks} W`;
}

function itemMark(
  word: string,
  { exchange, item }: { readonly exchange: Exchange; readonly item: Item },
): string {
  switch (word.charAt(0)) {
    case 's':
      return ` s${item.value.length}`;
    case 't':
      return timeMark(item, exchange);
    case 'c':
      return ` c${item.cas}`;
    case 'f':
      return ` f${item.flags}`;
    case 'l':
      return ` l${exchange.store.nowSeconds() - item.usedAt}`;
    case 'h':
      return item.wasFetched ? ' h1' : ' h0';
    case 'k':
      return keyMark(item.key, item.isKeyBinary);
    default:
      return '';
  }
}

const modesByLetter = new Map<string, StoreMode>([
  ['', 'set'],
  ['S', 'set'],
  ['E', 'add'],
  ['A', 'append'],
  ['P', 'prepend'],
  ['R', 'replace'],
]);

function metaSet(exchange: Exchange, words: readonly string[]): Step {
  const refused = refusal(words, 'CLIENT_ERROR options flags too long');
  if (refused !== null) return answerAnyway(exchange, refused);
  const valueBytes = parseInt32(words[2] ?? '');
  if (valueBytes === null || valueBytes < 0 || valueBytes > int32Max - 2)
    return answerAnyway(exchange, badMetaFormat);
  // From here on the length is known, so that a refused command takes its value along.
  const refuse = (error: string): Step => {
    answerAnyway(exchange, error);
    return { kind: 'swallow', bytes: valueBytes + 2 };
  };
  const reading = readMetaFlags(exchange.store, { key: words[1] ?? '', words: words.slice(3) });
  if (reading.state === 'refused') return refuse(reading.error);
  const { flags } = reading;
  exchange.isQuiet = flags.isQuiet;
  const marked = words.slice(2).filter((word) => /^[Okc]/.test(word));
  const mode = modesByLetter.get(flags.mode);
  if (mode === undefined) return refuse('CLIENT_ERROR invalid mode for ms M token');
  if (marked.some((word) => word.startsWith('O') && word.length > opaqueBytesMax))
    return refuse(opaqueTooLong);
  if (!itemFits({ keyBytes: flags.key.length, flags: flags.clientFlags, valueBytes })) {
    const before = exchange.store.find(flags.key, 'look');
    if (before !== null) exchange.store.unlink(before);
    return refuse('SERVER_ERROR object too large for cache');
  }
  return {
    kind: 'value',
    bytes: valueBytes + 2,
    complete: (block) => storeMeta(exchange, { block, flags, mode, marked }),
  };
}

const metaReplies = { stored: 'HD', exists: 'EX', missing: 'NF', 'not-stored': 'NS' };

interface MetaValue {
  readonly block: Buffer;
  readonly flags: MetaFlags;
  readonly mode: StoreMode;
  readonly marked: readonly string[];
}

function storeMeta(exchange: Exchange, { block, flags, mode, marked }: MetaValue): Step {
  exchange.counters.sets += 1;
  if (block.at(-2) !== 0x0d || block.at(-1) !== 0x0a)
    return answerAnyway(exchange, 'CLIENT_ERROR bad data chunk');
  const { store } = exchange;
  const item = store.create({
    key: flags.key,
    flags: flags.clientFlags,
    value: block.subarray(0, -2),
    expiresAt: flags.expiresAt,
    cas: flags.cas ?? 0n,
  });
  item.isKeyBinary = flags.isKeyBinary;
  // With a cas number, a set and a replace are the same.
  const isCompared = flags.cas !== null && (mode === 'set' || mode === 'replace');
  const outcome = store.store(item, {
    mode: isCompared ? 'cas' : mode,
    takesStale: flags.invalidates,
  });
  let marks = '';
  for (const word of marked) {
    if (word.startsWith('O')) marks += ` ${word}`;
    else if (word.startsWith('k')) marks += keyMark(item.key, item.isKeyBinary);
    else marks += ` c${outcome === 'stored' ? item.cas : 0n}`;
  }
  if (outcome !== 'stored') exchange.isQuiet = false;
  return answer(exchange, `${metaReplies[outcome]}${marks}`);
}

function metaDelete(exchange: Exchange, words: readonly string[]): Step {
  const refused = refusal(words, 'CLIENT_ERROR options flags too long');
  if (refused !== null) return answer(exchange, refused);
  const reading = readMetaFlags(exchange.store, { key: words[1] ?? '', words: words.slice(2) });
  if (reading.state === 'refused') return answerAnyway(exchange, badMetaFlags);
  const { flags } = reading;
  const { store } = exchange;
  const marks = ownMarks(words.slice(2), flags);
  if (marks === null) return answerAnyway(exchange, opaqueTooLong);
  const item = store.find(flags.key, 'look');
  if (item === null) return answer(exchange, `NF${marks}`);
  if (flags.cas !== null && flags.cas !== item.cas) return answer(exchange, `EX${marks}`);
  if (flags.invalidates) {
    if (flags.hasExpiry) item.expiresAt = flags.expiresAt;
    item.isStale = true;
    item.isTokenSent = false;
    item.cas = store.nextCas();
  } else store.unlink(item);
  exchange.isQuiet = flags.isQuiet;
  return answer(exchange, `HD${marks}`);
}

function metaDebug(exchange: Exchange, words: readonly string[]): Step {
  const given = words[1] ?? '';
  if (words.length < 2 || given.length > keyBytesMax) return answer(exchange, badMetaFormat);
  const key = words[2] === 'b' ? decodeBase64Key(given) : given;
  if (key === null) return answer(exchange, badMetaFormat);
  const { store } = exchange;
  const item = store.find(key, 'look');
  if (item === null) return answer(exchange, 'EN');
  const bytes = itemBytes({
    keyBytes: key.length,
    flags: item.flags,
    valueBytes: item.value.length,
  });
  const shown = item.isKeyBinary ? Buffer.from(key, 'latin1').toString('base64') : key;
  const now = store.nowSeconds();
  const facts = [
    `exp=${item.expiresAt === 0 ? -1 : now - item.expiresAt}`,
    `la=${now - item.usedAt}`,
    `cas=${item.cas}`,
    `fetch=${item.wasFetched ? 'yes' : 'no'}`,
    `cls=${slabClass(bytes)}`,
    `size=${bytes}`,
  ];
  return answer(exchange, `ME ${shown} ${facts.join(' ')}`);
}
