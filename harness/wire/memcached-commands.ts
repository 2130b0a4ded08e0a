import type { Asked, AskedQueue } from './asked-queue.ts';
import type { CommandFrame } from './framing.ts';
import type { GrowingCommand } from './growing-command.ts';
import { fitsMeta, fitsText, type TextReply } from './memcached-fit.ts';
import { type Begun, end, lost, type Part, type See } from './part-framer.ts';
import { latin1, textOf, wordsOf } from './text-words.ts';

export interface TextCommandOptions {
  readonly asked: AskedQueue<TextReply>;
  /** What is kept of a key. */
  readonly keyBytesMax: number;
}

/** What a line of words means to a server. */
interface Meaning {
  readonly expects: CommandFrame['expects'];
  readonly key: string | null;
  /** Bytes of the data block behind the line, without its end; null when there is none. */
  readonly dataBytes: number | null;
  /** Whether that block, and nothing else, is what the key then holds. */
  readonly storesData: boolean;
}

/**
 * Commands of memcached's text protocol, meta commands included: a line, and for some a block of data. Reads as a server does,
 * also what is wrong: a data block that is too long is one error, and the rest of it is a command of its own, and another error.
 * Source: doc/protocol.txt of memcached; the odd cases were tried on memcached 1.6.
 */
export function beginTextCommand({ asked, keyBytesMax }: TextCommandOptions): Begun<CommandFrame> {
  const frame: GrowingCommand = { command: '', key: null, expects: 'reply' };
  const readLine = (line: Uint8Array): Part => {
    const words = wordsOf(latin1(line));
    const [name = ''] = words;
    const meaning = meaningOf(name, words);
    frame.command = textOf(name, keyBytesMax).toUpperCase();
    frame.key = meaning.key === null ? null : textOf(meaning.key, keyBytesMax);
    frame.expects = meaning.expects;
    const isAwaited = meaning.expects === 'reply' || meaning.expects === 'maybe';
    if (meaning.storesData) frame.value = [];
    const see: See = (piece) => frame.value?.push(piece);
    if (!isAwaited) return dataBehind(meaning, see, (isWhole) => endOf(frame, isWhole));
    if (asked.isFull) return lost('more quiet commands than quietMax came without any other');
    const one = askedFor(name, words, meaning);
    asked.push(one);
    frame.withdraw = () => asked.withdraw(one);
    return dataBehind(meaning, see, (isWhole) => {
      // Of a quiet command only success is not told.
      if (!isWhole && one.isQuiet) {
        one.isQuiet = false;
        frame.expects = 'reply';
      }
      one.isComplete = true;
      if (one.wasAnswered) frame.expects = 'silence';
      return endOf(frame, isWhole);
    });
  };
  return { frame, first: { type: 'line', next: readLine } };
}

/** A block that does not end where it said is stored by no server. */
function endOf(frame: GrowingCommand, isWhole: boolean): Part {
  if (!isWhole) frame.value = null;
  return end;
}

/** @param next is told whether the block, if there is one, ends where it said */
function dataBehind({ dataBytes }: Meaning, see: See, next: (isWhole: boolean) => Part): Part {
  if (dataBytes === null) return next(true);
  const readEnd = (bytes: Uint8Array): Part => next(bytes[0] === 13 && bytes[1] === 10);
  return {
    type: 'block',
    bytes: dataBytes,
    see,
    next: () => ({ type: 'head', bytes: 2, next: readEnd }),
  };
}

function askedFor(
  name: string,
  words: readonly string[],
  { key, expects }: Meaning,
): Asked<TextReply> {
  const state = {
    isQuiet: expects === 'maybe',
    isComplete: false,
    wasAnswered: false,
    isWithdrawn: false,
  };
  if (!metaNames.has(name)) return { ...state, fits: (reply) => fitsText(name, reply) };
  const opaque =
    words
      .slice(2)
      .find((word) => word.startsWith('O'))
      ?.slice(1) ?? null;
  const meta = { name, key, opaque, isQuiet: state.isQuiet };
  return { ...state, fits: (reply) => fitsMeta(meta, reply) };
}

/** Put their data to what is there, so what the key then holds is known to the server alone. */
const joins: ReadonlySet<string> = new Set(['append', 'prepend']);

/** A longer value is not kept, so it gets no digest. */
function isWholeValue(dataBytes: number): boolean {
  return dataBytes <= valueBytesMax;
}

const valueBytesMax = 67_108_864;

const metaNames: ReadonlySet<string> = new Set(['mg', 'ms', 'md', 'ma', 'me', 'mn']);

const keyBytesLimit = 250;
const bytesLimit = 2_147_483_645;

function meaningOf(name: string, words: readonly string[]): Meaning {
  if (metaNames.has(name)) return metaMeaning(name, words);
  const shape = shapes.get(name);
  if (shape === undefined)
    return { expects: 'reply', key: null, dataBytes: null, storesData: false };
  const key = words[shape.keyPlace] ?? null;
  const isRightLength = words.length >= shape.wordsMin && words.length <= shape.wordsMax;
  // Without the right number of words a server does not even look for noreply.
  if (!isRightLength) return { expects: 'reply', key, dataBytes: null, storesData: false };
  const hasNoReply = shape.mayBeSilent && words.at(-1) === 'noreply';
  const expects = hasNoReply ? 'silence' : shape.expects;
  const dataBytes = shape.hasData ? storedBytes(words) : null;
  const storesData = dataBytes !== null && isWholeValue(dataBytes) && !joins.has(name);
  return { expects, key, dataBytes, storesData };
}

/** A server that refuses the line does not read a data block: what was meant as one is then the next command. */
function storedBytes(words: readonly string[]): number | null {
  const [name, key = '', flags = '', expiry = '', bytes = '', unique = ''] = words;
  const isCounted = isNumber(flags, 4_294_967_295) && isNumber(bytes, bytesLimit);
  const isTimed = /^-?\d{1,10}$/u.test(expiry);
  const isUnique = name !== 'cas' || /^\d{1,20}$/u.test(unique);
  const isRead = isCounted && isTimed && isUnique && key.length <= keyBytesLimit;
  return isRead ? Number(bytes) : null;
}

function metaMeaning(name: string, words: readonly string[]): Meaning {
  const key = name === 'mn' ? null : (words[1] ?? null);
  const flags = words.slice(name === 'ms' ? 3 : 2);
  const [, , bytes = ''] = words;
  const isSized = name !== 'ms' || isNumber(bytes, bytesLimit);
  const isSound = key !== null && key.length <= keyBytesLimit && isSized;
  const dataBytes = name === 'ms' && isSound ? Number(bytes) : null;
  // Errors are always told, and `mn` and `me` know no flags.
  const mayBeQuiet = isSound && name !== 'me' && flags.some((flag) => flag.startsWith('q'));
  const isJoined = flags.some((flag) => /^M[AP]/iu.test(flag));
  const storesData = dataBytes !== null && isWholeValue(dataBytes) && !isJoined;
  return { expects: mayBeQuiet ? 'maybe' : 'reply', key, dataBytes, storesData };
}

function isNumber(word: string, max: number): boolean {
  return /^\d{1,10}$/u.test(word) && Number(word) <= max;
}

interface Shape {
  readonly wordsMin: number;
  readonly wordsMax: number;
  /** Which word is the first key; 99 when none is. */
  readonly keyPlace: number;
  readonly mayBeSilent: boolean;
  readonly hasData: boolean;
  readonly expects: CommandFrame['expects'];
}

const noKey = 99;
const plain: Shape = {
  wordsMin: 1,
  wordsMax: Infinity,
  keyPlace: noKey,
  mayBeSilent: false,
  hasData: false,
  expects: 'reply',
};
const store: Shape = {
  ...plain,
  wordsMin: 5,
  wordsMax: 6,
  keyPlace: 1,
  mayBeSilent: true,
  hasData: true,
};
const count: Shape = { ...plain, wordsMin: 3, wordsMax: 4, keyPlace: 1, mayBeSilent: true };

const shapes: ReadonlyMap<string, Shape> = new Map([
  ...['get', 'gets'].map((name): [string, Shape] => [name, { ...plain, keyPlace: 1 }]),
  ...['gat', 'gats'].map((name): [string, Shape] => [name, { ...plain, keyPlace: 2 }]),
  ...['set', 'add', 'replace', 'append', 'prepend'].map((name): [string, Shape] => [name, store]),
  ['cas', { ...store, wordsMin: 6, wordsMax: 7 }],
  ...['incr', 'decr', 'touch'].map((name): [string, Shape] => [name, count]),
  ['delete', { ...count, wordsMin: 2 }],
  ['flush_all', { ...plain, wordsMax: 3, mayBeSilent: true }],
  ['verbosity', { ...plain, wordsMin: 2, wordsMax: 3, mayBeSilent: true }],
  ['cache_memlimit', { ...plain, wordsMin: 2, wordsMax: 3, mayBeSilent: true }],
  // The connection ends, and that is all the answer.
  ['quit', { ...plain, expects: 'silence' }],
  // A log that goes on for ever.
  ['watch', { ...plain, expects: 'stream' }],
]);
