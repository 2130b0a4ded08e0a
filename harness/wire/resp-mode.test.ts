import { describe, expect, test } from 'vitest';
import { resp } from './resp.ts';
import { readDialogue } from './stream-reading.ts';
import { bytesOf } from './text-words.ts';
import { bulkOf } from './wire-bench.ts';

/** What each of these inline commands expects. */
function expected(...commands: readonly string[]): string[] {
  const text = commands.map((line) => `${line}\r\n`).join('');
  const read = readDialogue(resp(), { commands: bytesOf(text), replies: new Uint8Array() });
  return read.commands.frames.map(({ frame }) => frame.expects);
}

/** The ordinals of the commands that the replies answer; `-` for a reply that answers none. */
function answered(commands: readonly string[], replies: readonly string[]): string {
  const text = commands.map((line) => `${line}\r\n`).join('');
  const read = readDialogue(resp(), {
    commands: bytesOf(text),
    replies: bytesOf(replies.join('')),
  });
  expect(read.replies.lost).toBeNull();
  let ordinal = 0;
  return read.replies.frames
    .map(({ frame }) => (frame.answers ? String((ordinal += 1)) : '-'))
    .join(' ');
}

const note = (mark: string, verb: string, channel: string, count: number): string =>
  `${mark}3\r\n${bulkOf(verb)}${bulkOf(channel)}:${count}\r\n`;
const message = (mark: string, channel: string): string =>
  `${mark}3\r\n${bulkOf('message')}${bulkOf(channel)}${bulkOf('hi')}`;

describe('replies switched off', () => {
  test.each([
    [['CLIENT REPLY OFF', 'GET a', 'client reply on', 'GET a'], 'silence silence reply reply'],
    [['CLIENT REPLY SKIP', 'GET a', 'GET a'], 'silence silence reply'],
    [['CLIENT REPLY SKIP', 'CLIENT REPLY SKIP', 'GET a', 'GET a'], 'silence silence silence reply'],
    [['CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'GET a'], 'silence reply reply'],
    [['CLIENT REPLY OFF', 'CLIENT REPLY SKIP', 'GET a'], 'silence silence silence'],
    [['CLIENT REPLY SOMEHOW', 'CLIENT REPLY', 'CLIENT ID'], 'reply reply reply'],
    [['CLIENT REPLY OFF', 'RESET', 'GET a'], 'silence reply reply'],
    [['MULTI', 'CLIENT REPLY ON', 'EXEC'], 'reply reply reply'],
    [['MULTI', 'CLIENT REPLY OFF'], 'reply stream'],
    [['MULTI', 'DISCARD', 'CLIENT REPLY OFF'], 'reply reply silence'],
    [['MULTI', 'SUBSCRIBE a'], 'reply stream'],
    [['MULTI', 'MONITOR'], 'reply stream'],
    [['PSYNC ? -1'], 'stream'],
  ])('%j expect %s', (commands, expectations) => {
    expect(expected(...commands).join(' ')).toBe(expectations);
  });
});

describe('subscriptions', () => {
  test('the last of the confirmations is the answer, and messages answer nothing', () => {
    const replies = [
      bulkOf('va'),
      note('*', 'subscribe', 'x', 1),
      note('*', 'subscribe', 'y', 2),
      message('*', 'x'),
      `*2\r\n${bulkOf('pong')}${bulkOf('')}`,
      message('*', 'y'),
    ];
    expect(answered(['GET a', 'SUBSCRIBE x y', 'PING'], replies)).toBe('1 - 2 - 3 -');
  });

  test('with RESP3 they are pushes, and other commands have replies as ever', () => {
    const invalidate = `>2\r\n${bulkOf('invalidate')}*1\r\n${bulkOf('k')}`;
    const replies = [note('>', 'subscribe', 'x', 1), message('>', 'x'), invalidate, bulkOf('v')];
    expect(answered(['SUBSCRIBE x', 'GET a'], replies)).toBe('1 - - 2');
  });

  test('an array that only looks like a message is an answer where nothing is subscribed', () => {
    const looksLike = message('*', 'x');
    expect(answered(['LRANGE l 0 2'], [looksLike])).toBe('1');
    const over = [note('*', 'subscribe', 'x', 1), note('*', 'unsubscribe', 'x', 0), looksLike];
    expect(answered(['SUBSCRIBE x', 'UNSUBSCRIBE x', 'LRANGE l 0 2'], over)).toBe('1 2 3');
    const reset = [note('*', 'subscribe', 'x', 1), '+RESET\r\n', looksLike];
    expect(answered(['SUBSCRIBE x', 'RESET', 'LRANGE l 0 2'], reset)).toBe('1 2 3');
  });

  test('the end of all subscriptions is answered when none is left', () => {
    const replies = [
      note('*', 'subscribe', 'x', 1),
      note('*', 'subscribe', 'y', 2),
      note('*', 'unsubscribe', 'y', 1),
      note('*', 'unsubscribe', 'x', 0),
      bulkOf('v'),
    ];
    expect(answered(['SUBSCRIBE x y', 'UNSUBSCRIBE', 'GET a'], replies)).toBe('- 1 - 2 3');
    expect(answered(['UNSUBSCRIBE'], [`*3\r\n${bulkOf('unsubscribe')}$-1\r\n:0\r\n`])).toBe('1');
  });

  test('the end of all channels is not counted where there are patterns too', () => {
    expect(expected('SUBSCRIBE x', 'PSUBSCRIBE y*', 'UNSUBSCRIBE')).toEqual([
      'reply',
      'reply',
      'stream',
    ]);
  });

  test('a refused subscription is answered by its error, and does not wait for ever', () => {
    const replies = ['-NOPERM no\r\n', note('*', 'subscribe', 'y', 1)];
    expect(answered(['SUBSCRIBE x', 'SUBSCRIBE y'], replies)).toBe('1 2');
  });
});

describe('a monitor', () => {
  test('its lines answer nothing, and other simple strings do', () => {
    const line = '+1339518083.107412 [0 127.0.0.1:60866] "GET" "a"\r\n';
    expect(answered(['MONITOR', 'PING'], ['+OK\r\n', line, line, '+PONG\r\n', line])).toBe(
      '1 - - 2 -',
    );
    expect(answered(['PING', 'GET a'], ['+PONG\r\n', line])).toBe('1 2');
  });
});
