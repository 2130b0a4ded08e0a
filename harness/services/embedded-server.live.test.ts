import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StartedService } from '../model/service.ts';
import { seededRng } from '../plan/rng.ts';
import { commandSequence, type SequencedCommand } from './command-sequence.ts';
import { embeddedProvider } from './embedded.ts';
import { processProvider } from './process.ts';
import { type Conversation, encodeCommand, openConversation } from './resp-conversation.ts';
import { type Reading, readReply } from './resp-reading.ts';

/**
 * The embedded server beside a real one: the same commands, the same replies, byte for byte. The texts of errors change
 * between versions of Redis; they are compared against 7.0, and by their first word (`ERR`, `WRONGTYPE`) against others.
 */
const scratchDirectory = await mkdtemp(join(tmpdir(), 'crosswire-differential-'));
const onProcess = (): void => undefined;
const signal = AbortSignal.timeout(60_000);
const realProvider = processProvider({
  path: process.env['PATH'] ?? '',
  scratchDirectory,
  onProcess,
});
const availability = await realProvider.available();
const missing = availability.state === 'missing' ? availability.says : '';
const comparesTexts = availability.says.startsWith('redis-server 7.0.');

let real: StartedService;
let embedded: StartedService;

describe.skipIf(missing !== '')(
  `the embedded server and a real one ${missing && `(${missing})`}`,
  () => {
    beforeAll(async () => {
      real = await realProvider.start(signal);
      embedded = await embeddedProvider({ node: process.execPath, onProcess }).start(signal);
    });
    afterAll(async () => {
      await real[Symbol.asyncDispose]();
      await embedded[Symbol.asyncDispose]();
      await rm(scratchDirectory, { recursive: true, force: true });
    });

    test.for([1, 2, 3])('give the same replies to 4,000 commands of seed %i', async (seed) => {
      await using both = await openBoth(3);
      await both.flush();
      const batches = commandSequence(seededRng(seed), { commandsMin: 4_000, connections: 3 });
      for (const { connection, commands } of batches) await both.compare(connection, commands);
      expect(both.compared()).toBeGreaterThanOrEqual(4_000);
    });

    test('agree that a key is gone when its time is over, and on what is said of it then', async () => {
      await using both = await openBoth(1);
      await both.flush();
      await both.compare(0, [
        exact('set', 'a', 'x', 'px', '30'),
        exact('hset', 'b', 'f', 'x'),
        exact('pexpire', 'b', '30'),
        exact('sadd', 'c', 'x'),
        exact('set', 'd', '5', 'px', '30'),
        exact('set', 'stays', 'x'),
      ]);
      await both.untilEach(['exists', 'a', 'b', 'd'], ':0\r\n');
      await both.compare(0, [
        exact('get', 'a'),
        exact('ttl', 'a'),
        exact('hgetall', 'b'),
        exact('incr', 'd'),
        exact('ttl', 'd'),
        exact('set', 'a', 'y', 'xx'),
        exact('keys', 'a'),
        exact('dbsize'),
      ]);
      expect(both.compared()).toBe(14);
    });

    test('agree that a transaction is off when a watched key expired', async () => {
      await using both = await openBoth(1);
      await both.flush();
      await both.compare(0, [
        exact('set', 'a', 'x', 'px', '60'),
        exact('watch', 'a'),
        exact('get', 'nothing'),
      ]);
      await using other = await openBoth(1);
      await other.untilEach(['exists', 'a'], ':0\r\n');
      await both.compare(0, [
        exact('multi'),
        exact('set', 'b', '1'),
        exact('exec'),
        exact('get', 'b'),
      ]);
      expect(both.compared()).toBe(7);
    });

    test.for(
      [
        '*abc\r\n',
        '*1\r\n$abc\r\n',
        '*1\r\n$-1\r\n',
        '*1\r\n:1\r\n',
        '*1\r\n\r\n',
        '*99999999999\r\n',
        '*1\r\n$9999999999\r\n',
        'SET "a\r\n',
        "SET 'a\\'\r\n",
        'SET "a"b c\r\n',
        'POST / HTTP/1.1\r\n',
        '\r\n\r\nPING\r\n*0\r\n*-1\r\n*-7\r\nPING two\r\nQUIT\r\nPING\r\n',
        'ECHO "a\\x41\\n\\q\\"b"\r\nECHO \'a\\x41\\\'b\'\r\nECHO pre"mid dle"\r\nECHO ""\r\nQUIT now\r\n',
        'x'.repeat(70_000),
        `*${'1'.repeat(70_000)}`,
        `*1\r\n$${'1'.repeat(70_000)}`,
      ].map((text) => ({ text, shown: JSON.stringify(text.slice(0, 60)) })),
    )('say the same to $shown and then close, or not', async ({ text }) => {
      const answers = await Promise.all(
        [real, embedded].map(async ({ endpoint }) => {
          await using conversation = await openConversation(endpoint);
          return await conversation.say(Buffer.from(text, 'latin1'), 10);
        }),
      );
      expect(answers[1]).toEqual(answers[0]);
    });
  },
);

function exact(...words: string[]): SequencedCommand {
  return { words, bytes: encodeCommand(words), agree: 'bytes' };
}

interface Both extends AsyncDisposable {
  flush(): Promise<void>;
  compare(connection: number, commands: readonly SequencedCommand[]): Promise<void>;
  /** Asks each server until it gives this reply, two seconds at most. */
  untilEach(words: readonly string[], reply: string): Promise<void>;
  compared(): number;
}

async function openBoth(connections: number): Promise<Both> {
  const open = async ({ endpoint }: StartedService): Promise<Conversation[]> =>
    Promise.all(Array.from({ length: connections }, () => openConversation(endpoint)));
  const [ofReal, ofEmbedded] = [await open(real), await open(embedded)];
  let compared = 0;
  return {
    compared: () => compared,
    flush: async () => {
      for (const conversation of [ofReal[0]!, ofEmbedded[0]!])
        await conversation.say(encodeCommand(['flushall']), 1);
    },
    compare: async (connection, commands) => {
      const bytes = Buffer.concat(commands.map((command) => command.bytes));
      const [expected, answered] = await Promise.all([
        ofReal[connection]!.say(bytes, commands.length),
        ofEmbedded[connection]!.say(bytes, commands.length),
      ]);
      const laidOut = (replies: readonly (Buffer | 'closed')[]): unknown[] =>
        commands.map((command, index) => ({
          ordinal: compared + index,
          command: command.words.join(' ').slice(0, 300),
          reply: comparable(replies[index], command),
        }));
      expect(laidOut(answered)).toEqual(laidOut(expected));
      compared += commands.length;
    },
    untilEach: async (words, reply) => {
      const deadline = AbortSignal.timeout(2_000);
      for (const conversation of [ofReal[0]!, ofEmbedded[0]!]) {
        let answer = '';
        while (answer !== reply) {
          deadline.throwIfAborted();
          answer = String((await conversation.say(encodeCommand(words), 1))[0]);
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const conversation of [...ofReal, ...ofEmbedded])
        await conversation[Symbol.asyncDispose]();
    },
  };
}

/** What of a reply has to be equal. */
function comparable(
  reply: Buffer | 'closed' | undefined,
  { agree }: SequencedCommand,
): Reading | string {
  if (!Buffer.isBuffer(reply)) return 'closed';
  const text = reply.toString('latin1');
  if (text.startsWith('-')) return comparesTexts ? text : (text.split(' ')[0] ?? '');
  switch (agree) {
    case 'bytes':
      return text;
    case 'unordered':
      return sorted(readReply(reply));
    case 'sign':
      return text.startsWith(':-') || !text.startsWith(':') ? text : 'not negative';
    case 'but-id':
      return text
        .replace(/(?<before>\$2\r\nid\r\n:)\d+/, '$<before>N')
        .replace(comparesTexts ? '' : /\$\d+\r\n\d+\.\d+\.\d+/, '');
    default:
      return agree satisfies never;
  }
}

function sorted(reading: Reading): Reading {
  if (typeof reading === 'string') return reading;
  const items = reading.items.map(sorted);
  items.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  return { type: reading.type, items };
}
