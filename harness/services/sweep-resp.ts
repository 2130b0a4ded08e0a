import { encodeCommand, openConversation } from './resp-conversation.ts';
import { readReply } from './resp-reading.ts';
import type { PagesOptions, SweptPair } from './sweep-cache.ts';
import { untilAborted } from './until-aborted.ts';

const keysPerScan = 200;
/** Gets that are sent at once: their values are held together, and a picture is 40 KB at most. */
const getsAtOnce = 50;

/** SCAN, and GET of what it names: not a snapshot, but whatever is there from beginning to end is named. */
export async function* respPages(
  { endpoint, prefix }: PagesOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly SweptPair[]> {
  const place = `${endpoint.host}:${endpoint.port}`;
  await using conversation = await untilAborted(openConversation(endpoint), signal);
  const say = async (...commands: readonly (readonly string[])[]): Promise<readonly Buffer[]> => {
    const bytes = Buffer.concat(commands.map((words) => encodeCommand(words)));
    const replies = await untilAborted(conversation.say(bytes, commands.length), signal);
    return replies.map((reply) => {
      if (reply === 'closed')
        throw new Error(`${place} closed the connection while its keys were read`);
      return reply;
    });
  };
  const pattern = prefix === '' ? [] : ['MATCH', `${escaped(prefix)}*`];
  let cursor = '0';
  do {
    const [reply = Buffer.alloc(0)] = await say([
      'SCAN',
      cursor,
      ...pattern,
      'COUNT',
      String(keysPerScan),
    ]);
    const { next, keys } = scanned(reply, place);
    cursor = next;
    for (let from = 0; from < keys.length; from += getsAtOnce) {
      const some = keys.slice(from, from + getsAtOnce);
      const values = await say(...some.map((key) => ['GET', key]));
      yield some.map((key, index) => [utf8(key), bulkOf(values[index])]);
    }
  } while (cursor !== '0');
}

/** Keys are latin1, one character a byte, as `encodeCommand` wants them. */
function scanned(reply: Buffer, place: string): { next: string; keys: readonly string[] } {
  const reading = readReply(reply);
  if (typeof reading !== 'string') {
    const [cursor, keys] = reading.items;
    if (typeof cursor === 'string' && typeof keys === 'object')
      return {
        next: textIn(cursor),
        keys: keys.items.flatMap((key) => (typeof key === 'string' ? textIn(key) : [])),
      };
  }
  const says = reply.toString('latin1', 0, 200).trim();
  throw new Error(`${place} answered SCAN with ${JSON.stringify(says)}`);
}

/** What a raw bulk string holds. */
function textIn(raw: string): string {
  return raw.startsWith('$') ? raw.slice(raw.indexOf('\r\n') + 2, -2) : raw.slice(1, -2);
}

/** A key that is gone, or of another type, has no bytes. */
function bulkOf(reply: Buffer | undefined): Uint8Array | null {
  if (reply === undefined || reply[0] !== '$'.charCodeAt(0) || reply[1] === '-'.charCodeAt(0))
    return null;
  return reply.subarray(reply.indexOf('\r\n') + 2, -2);
}

/** In a pattern of Redis these stand for more than themselves. */
function escaped(prefix: string): string {
  return Buffer.from(prefix)
    .toString('latin1')
    .replaceAll(/[*?[\]\\^]/g, String.raw`\$&`);
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
