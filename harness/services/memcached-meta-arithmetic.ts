import { answer, answerAnyway, type Exchange, type Step } from './memcached-exchange.ts';
import type { Item } from './memcached-item.ts';
import { type MetaFlags, readMetaFlags } from './memcached-meta-flags.ts';
import {
  badMetaFlags,
  keyMark,
  opaqueBytesMax,
  opaqueTooLong,
  ownMarks,
  refusal,
  timeMark,
} from './memcached-meta-marks.ts';

const isIncrementByMode = new Map<string, boolean>([
  ['', true],
  ['I', true],
  ['+', true],
  ['D', false],
  ['-', false],
]);

/** `ma`: counts up or down. */
export function metaArithmetic(exchange: Exchange, words: readonly string[]): Step {
  const refused = refusal(words, 'CLIENT_ERROR options flags too long');
  if (refused !== null) return answer(exchange, refused);
  const reading = readMetaFlags(exchange.store, { key: words[1] ?? '', words: words.slice(2) });
  if (reading.state === 'refused') return answerAnyway(exchange, badMetaFlags);
  const { flags } = reading;
  const { store } = exchange;
  const isIncrement = isIncrementByMode.get(flags.mode);
  if (isIncrement === undefined)
    return answerAnyway(exchange, 'CLIENT_ERROR invalid mode for ma M token');
  const request = { isIncrement, delta: flags.delta, cas: flags.cas ?? 0n };
  const outcome = store.change(flags.key, request);
  switch (outcome.state) {
    case 'changed':
      return tellNumber(exchange, { words, flags, ...outcome, isNew: false });
    case 'not-a-number':
      return answerAnyway(exchange, 'CLIENT_ERROR cannot increment or decrement non-numeric value');
    case 'too-large':
      return answerAnyway(exchange, 'SERVER_ERROR out of memory');
    case 'mismatch':
      return tellNothing(exchange, { words, flags, code: 'EX' });
    case 'missing': {
      if (flags.createdExpiresAt === null)
        return tellNothing(exchange, { words, flags, code: 'NF' });
      const text = flags.initial.toString();
      const value = Buffer.from(text);
      const item = store.create({ key: flags.key, flags: 0, value, expiresAt: 0, cas: 0n });
      store.link(item);
      return tellNumber(exchange, { words, flags, item, text, isNew: true });
    }
    default:
      return outcome satisfies never;
  }
}

function tellNothing(
  exchange: Exchange,
  {
    words,
    flags,
    code,
  }: { readonly words: readonly string[]; readonly flags: MetaFlags; readonly code: string },
): Step {
  const marks = ownMarks(words.slice(2), flags);
  return answerAnyway(exchange, marks === null ? opaqueTooLong : `${code}${marks}`);
}

interface NumberReply {
  readonly words: readonly string[];
  readonly flags: MetaFlags;
  readonly item: Item;
  readonly text: string;
  readonly isNew: boolean;
}

function tellNumber(exchange: Exchange, { words, flags, item, text, isNew }: NumberReply): Step {
  let marks = '';
  for (const word of words.slice(2)) {
    switch (word.charAt(0)) {
      case 'T':
        item.expiresAt = flags.expiresAt;
        break;
      case 'N':
        if (isNew) item.expiresAt = flags.createdExpiresAt ?? 0;
        break;
      case 'c':
        marks += ` c${item.cas}`;
        break;
      case 't':
        marks += timeMark(item, exchange);
        break;
      case 'O':
        if (word.length > opaqueBytesMax) return answerAnyway(exchange, opaqueTooLong);
        marks += ` ${word}`;
        break;
      case 'k':
        marks += keyMark(flags.key, flags.isKeyBinary);
        break;
    }
  }
  // A key that was made just now is told of whatever the client asked.
  exchange.isQuiet = flags.isQuiet && !isNew;
  return answer(exchange, flags.wantsValue ? `VA ${text.length}${marks}\r\n${text}` : `HD${marks}`);
}
