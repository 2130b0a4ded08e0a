import { type AskedQueue, becauseOf } from './asked-queue.ts';
import type { ReplyFrame } from './framing.ts';
import type { TextReply } from './memcached-fit.ts';
import { type Begun, end, lost, type Part, type See } from './part-framer.ts';
import { newReply, payloadOf } from './payload.ts';
import { latin1, wordsOf } from './text-words.ts';

export interface TextReplyOptions {
  readonly asked: AskedQueue<TextReply>;
  readonly payloadBytesMax: number;
}

/**
 * Replies of memcached's text protocol, meta replies included. Values up to `END` are one reply, and so are statistics. The payload of
 * a get is the bytes of its values, and none when there is no value; that of a reply of one line is its text.
 */
export function beginTextReply({ asked, payloadBytesMax }: TextReplyOptions): Begun<ReplyFrame> {
  const frame = newReply();
  const see = payloadOf(frame, payloadBytesMax);
  const readHead = (line: Uint8Array): Part => {
    const words = wordsOf(latin1(line));
    const [word = ''] = words;
    const shown = shownWord(word);
    frame.type = shown;
    const match = asked.match({ word, ...namesOf(words) });
    if (match.type === 'unclear') return lost(becauseOf(shown, match));
    frame.answers = match.type === 'answers';
    frame.skips = match.type === 'answers' ? match.skips : 0;
    if (word === 'VALUE') return readValue(words, 3, { see, next: () => readRest });
    if (word === 'VA') return readValue(words, 1, { see, next: () => end });
    if (word === 'END') return end;
    see(line);
    const listing = listings.find(({ begins }) => word.startsWith(begins));
    return listing === undefined ? end : readList(listing.ends, see);
  };
  /** Behind one value comes another one or the end of them all, be it by an error. */
  const readRest: Part = {
    type: 'line',
    next: (line) => {
      const words = wordsOf(latin1(line));
      if (words[0] === 'VALUE') return readValue(words, 3, { see, next: () => readRest });
      const isOver = words[0] === 'END' || words[0]?.endsWith('ERROR') === true;
      return isOver ? end : lost('behind a value stands neither VALUE nor END');
    },
  };
  return { frame, first: { type: 'line', next: readHead } };
}

/** Lists whose lines begin with this, up to a line that is the other. */
const listings = [
  { begins: 'STAT', ends: 'END' },
  { begins: 'ITEM', ends: 'END' },
  { begins: 'PREFIX', ends: 'END' },
  { begins: 'key=', ends: 'END' },
  { begins: 'mg', ends: 'EN' },
];

function readList(ends: string, see: See): Part {
  const readLine: Part = {
    type: 'line',
    next: (line) => {
      const text = latin1(line);
      see(line);
      return text === ends || text.startsWith('SERVER_ERROR') ? end : readLine;
    },
  };
  return readLine;
}

function readValue(
  words: readonly string[],
  place: number,
  { see, next }: { readonly see: See; readonly next: () => Part },
): Part {
  const word = words[place] ?? '';
  if (!/^\d{1,10}$/u.test(word)) return lost('a value does not say how many bytes it has');
  see(new Uint8Array());
  const readReturn: Part = {
    type: 'head',
    bytes: 2,
    next: (bytes) =>
      bytes[0] === 13 && bytes[1] === 10 ? next() : lost('a value was longer than it announced'),
  };
  return { type: 'block', bytes: Number(word), see, next: () => readReturn };
}

/** A word for a log: one that is none of memcached's may be anything. */
function shownWord(word: string): string {
  return word.slice(0, wordBytesMax).replaceAll(/[^!-~]/gu, '?');
}

const wordBytesMax = 32;

function namesOf(words: readonly string[]): Pick<TextReply, 'opaque' | 'key'> {
  const flags = words.slice(words[0] === 'VA' ? 2 : 1);
  const opaque = flags.find((flag) => flag.startsWith('O'))?.slice(1) ?? null;
  const key = flags.find((flag) => flag.startsWith('k'))?.slice(1) ?? null;
  return { opaque, key };
}
