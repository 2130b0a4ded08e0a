import type { RedisConsole } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { encodeCommand, openConversation } from './resp-conversation.ts';
import { type Reading, readReply } from './resp-reading.ts';

/** Connects past the wire. Rejects when the server does not accept it. */
export async function openRedisConsole(endpoint: Endpoint): Promise<ListingConsole> {
  const conversation = await openConversation(endpoint);
  // One command at a time, so that each reply is that of its command.
  let last: Promise<void> = Promise.resolve();
  const read = async (words: readonly string[]): Promise<Reading> => {
    const before = last;
    const answered = Promise.withResolvers<void>();
    last = answered.promise;
    await before;
    try {
      return await exchange(words);
    } finally {
      answered.resolve();
    }
  };
  const exchange = async (words: readonly string[]): Promise<Reading> => {
    const [reply] = await conversation.say(encodeCommand(words), 1);
    const place = `${endpoint.host}:${endpoint.port}`;
    if (reply === undefined || reply === 'closed')
      throw new Error(`${place} closed the connection instead of answering ${words.join(' ')}`);
    if (reply[0] === '-'.charCodeAt(0)) {
      const says = reply.toString('latin1', 1).trim();
      throw new Error(`${place} answered ${words.join(' ')} with: ${says}`);
    }
    return readReply(reply);
  };
  return {
    say: async (...words) => textOf(await read(words)),
    list: async (...words) => {
      const reading = await read(words);
      return typeof reading === 'string' ? [textOf(reading)] : reading.items.map(textOf);
    },
    [Symbol.asyncDispose]: () => conversation[Symbol.asyncDispose](),
  };
}

export interface ListingConsole extends RedisConsole {
  /** As `say`, for a reply that is a list: its items as text. */
  list(...words: readonly string[]): Promise<readonly string[]>;
}

/** Asks one command on a connection of its own. */
export async function sayOnce(endpoint: Endpoint, ...words: readonly string[]): Promise<string> {
  await using console = await openRedisConsole(endpoint);
  return await console.say(...words);
}

function textOf(reading: Reading): string {
  if (typeof reading !== 'string') return reading.items.map(textOf).join(' ');
  const lineEnd = reading.indexOf('\r\n');
  if ('$='.includes(reading.charAt(0))) return reading.slice(lineEnd + 2, -2);
  return reading.slice(1, lineEnd);
}
