import { describe, expect, test } from 'vitest';
import type { WireRule } from '../model/fault.ts';
import { bulkOf, commandOf, wireBench } from './wire-bench.ts';

const get = (key: string): string => commandOf('GET', key);
const always = { selector: {}, timesMax: 1_000 } as const;

describe('delay-bytes', () => {
  test('each read of a reply waits anew, and nothing overtakes', async () => {
    const { connect, send, wire, clock, replies } = wireBench();
    await using delay = await wire.install('delay-1', {
      type: 'delay-bytes',
      delayMs: 100,
      jitterMs: 0,
      selector: { keyPrefix: 'a' },
      timesMax: 1_000,
    });
    const { client, server } = connect();
    await send(client, get('a') + get('b'));
    await send(server, '$6\r\nfir');
    await clock.advance(60);
    await send(server, `sts\r\n${bulkOf('second')}`);
    await clock.advance(50);
    expect(client.text).toBe('$6\r\nfir');
    await clock.advance(49);
    expect(client.text).toBe('$6\r\nfir');
    await clock.advance(2);
    expect(client.text).toBe(bulkOf('firsts') + bulkOf('second'));
    expect(delay.bit()).toBe(1);
    expect(replies.map(({ fate, faultId }) => [fate, faultId])).toEqual([
      ['held', 'delay-1'],
      ['held', 'delay-1'],
    ]);
  });

  test('jitter falls on both sides of the delay and no further', async () => {
    const { connect, send, wire, clock } = wireBench();
    const rule: WireRule = { type: 'delay-bytes', delayMs: 50, jitterMs: 40, ...always };
    await using _ = await wire.install('delay-1', rule);
    const { client, server } = connect();
    const waits: number[] = [];
    for (let index = 0; index < 60; index += 1) {
      const before = client.text.length;
      await send(client, get('a'));
      await send(server, bulkOf('x'));
      let waitedMs = 0;
      for (; client.text.length === before && waitedMs < 200; waitedMs += 1) await clock.advance(1);
      waits.push(waitedMs);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(10);
    expect(Math.min(...waits)).toBeLessThan(40);
    expect(Math.max(...waits)).toBeGreaterThan(60);
    expect(Math.max(...waits)).toBeLessThanOrEqual(91);
  });
});

describe('delay-close', () => {
  test('the client hears late that the server has gone, and at once when that is healed', async () => {
    const { connect, wire, clock, connections } = wireBench();
    const close = await wire.install('close-1', {
      type: 'delay-close',
      delayMs: 500,
      connections: [1, 2],
      timesMax: 9,
    });
    const [waiting, healed, other] = [connect(), connect(), connect()];
    for (const { server } of [waiting, healed, other]) server.socket.end();
    await clock.advance(499);
    expect([waiting.client.ending, other.client.ending]).toEqual(['', 'end']);
    await clock.advance(2);
    expect(waiting.client.ending).toBe('end');
    expect(close.bit()).toBe(2);
    await close[Symbol.asyncDispose]();
    await clock.settle();
    expect(healed.client.ending).toBe('end');
    expect(connections.map(({ closedBy }) => closedBy)).toEqual(['server', 'server', 'server']);
  });
});

describe('drop-bytes', () => {
  test('silence ends a connection only when the server is silent as well', async () => {
    const { connect, send, wire, clock, replies } = wireBench();
    await using drop = await wire.install('drop-1', {
      type: 'drop-bytes',
      closeAfterMs: 100,
      timesMax: 9,
    });
    const { client, server } = connect();
    await send(client, get('a') + get('b'));
    await clock.advance(60);
    await send(server, bulkOf('value'));
    await clock.advance(60);
    expect([client.text, client.ending]).toEqual(['', '']);
    await clock.advance(60);
    expect([client.text, client.ending]).toEqual(['', 'end']);
    expect(drop.bit()).toBe(1);
    expect(replies.map(({ fate, faultId }) => [fate, faultId])).toEqual([
      ['cut', 'drop-1'],
      ['cut', 'drop-1'],
    ]);
  });

  test('a reply of which some has come is told as cut inside, and the end of the server is not told', async () => {
    const { connect, send, wire, clock, replies } = wireBench();
    const { client, server } = connect();
    await send(client, get('a') + get('b'));
    await send(server, '$5\r\nva');
    const drop = await wire.install('drop-1', {
      type: 'drop-bytes',
      closeAfterMs: null,
      timesMax: 9,
    });
    await send(server, `lue\r\n${bulkOf('value')}`);
    server.socket.end();
    await clock.advance(100_000);
    expect([client.text, client.ending]).toEqual(['$5\r\nva', '']);
    await drop[Symbol.asyncDispose]();
    await clock.settle();
    expect([client.text, client.ending]).toEqual(['$5\r\nva', 'end']);
    expect(replies.map(({ fate, replyBytes }) => [fate, replyBytes])).toEqual([
      ['cut-inside', 6],
      ['cut', null],
    ]);
  });

  test('each command is told of once, also when another rule ends the connection', async () => {
    const { connect, send, wire, replies } = wireBench();
    const { client, server } = connect();
    await send(client, get('a') + get('b'));
    await send(server, '$5\r\nva');
    await wire.install('drop-1', { type: 'drop-bytes', closeAfterMs: null, timesMax: 9 });
    client.socket.destroy();
    await wire.close();
    expect(replies.map(({ key, fate, faultId }) => [key, fate, faultId])).toEqual([
      ['a', 'cut-inside', 'drop-1'],
      ['b', 'lost', null],
    ]);
  });

  test('not even the error of another rule comes through', async () => {
    const { connect, send, wire, replies } = wireBench();
    await wire.install('drop-1', { type: 'drop-bytes', closeAfterMs: null, timesMax: 9 });
    await wire.install('loading-1', { type: 'error-reply', error: 'LOADING', ...always });
    const { client } = connect();
    await send(client, get('a'));
    expect(client.text).toBe('');
    expect(replies.map(({ fate, faultId }) => [fate, faultId])).toEqual([['cut', 'drop-1']]);
  });
});

describe('reset-on-bytes', () => {
  test('the reply that it was meant for is awaited, and what came before it arrives', async () => {
    const { connect, send, wire, clock, connections } = wireBench();
    await using reset = await wire.install('reset-1', {
      type: 'reset-on-bytes',
      afterMs: 80,
      selector: { nth: 2 },
      timesMax: 1,
    });
    const { client, server } = connect();
    await send(client, get('a') + get('b') + get('c'));
    await send(server, bulkOf('1') + bulkOf('2'));
    expect(client.text).toBe(bulkOf('1'));
    await clock.advance(79);
    expect(client.ending).toBe('');
    await clock.advance(50);
    expect([client.text, client.ending]).toEqual([bulkOf('1'), 'ECONNRESET']);
    expect(reset.bit()).toBe(1);
    expect(connections.map(({ how, faultId, outstanding }) => [how, faultId, outstanding])).toEqual(
      [['rst', 'reset-1', 2]],
    );
  });
});

test('a cut within a reply that was held until the client had gone is told of as lost', async () => {
  const { connect, send, wire, replies } = wireBench();
  await wire.install('hold-1', { type: 'hold-reply', forMs: 500, ...always, timesMax: 1 });
  await wire.install('limit-1', { type: 'limit-bytes', bytes: 10, timesMax: 9 });
  const { client, server } = connect();
  await send(client, get('a') + get('b'));
  await send(server, bulkOf('1') + bulkOf('2'));
  await wire.close();
  expect([client.text, replies.map(({ key, fate }) => [key, fate])]).toEqual([
    '',
    [
      ['a', 'lost'],
      ['b', 'lost'],
    ],
  ]);
});

describe('slice-bytes', () => {
  test('pieces are of about that many bytes, whatever the server writes at a time', async () => {
    const { connect, send, wire, clock } = wireBench({ pair: { readBytesMax: () => 3 } });
    const rule: WireRule = {
      type: 'slice-bytes',
      bytes: 6,
      variationBytes: 1,
      gapMs: 10,
      ...always,
    };
    await using _ = await wire.install('slice-1', rule);
    const { client, server } = connect();
    const reply = bulkOf('0123456789012345678901234567890123456789');
    const seen: number[] = [];
    await send(client, get('a'));
    await send(server, reply);
    for (let step = 0; client.text.length < reply.length && step < 40; step += 1) {
      seen.push(client.text.length);
      await clock.advance(10);
    }
    const pieces = seen.map((to, index) => to - (seen[index - 1] ?? 0));
    expect(client.text).toBe(reply);
    expect(pieces.filter((bytes) => bytes < 5 || bytes > 7)).toEqual([]);
    expect(new Set(pieces).size).toBeGreaterThan(1);
  });

  test('pieces that could be without a byte are refused', async () => {
    const { wire } = wireBench();
    const rule: WireRule = {
      type: 'slice-bytes',
      bytes: 4,
      variationBytes: 4,
      gapMs: 1,
      ...always,
    };
    await expect(wire.install('slice-1', rule)).rejects.toThrow('must be less than bytes, 4');
  });
});

describe('limit-bytes', () => {
  test.for<readonly [limit: number, text: string, fates: readonly string[]]>([
    [0, '', ['cut', 'cut', 'cut']],
    [3, '$2\r', ['cut-inside', 'cut', 'cut']],
    [8, bulkOf('aa'), ['delivered', 'cut', 'cut']],
    [20, bulkOf('aa') + bulkOf('bb') + '$2\r\n', ['delivered', 'delivered', 'cut-inside']],
  ])('%i bytes', async ([bytes, text, fates]) => {
    const { connect, send, wire, clock, replies } = wireBench();
    const { client, server } = connect();
    await send(client, get('old'));
    await send(server, bulkOf('before'));
    await using limit = await wire.install('limit-1', { type: 'limit-bytes', bytes, timesMax: 9 });
    await send(client, get('a') + get('b') + get('c'));
    await send(server, bulkOf('aa') + bulkOf('bb') + bulkOf('cc'));
    await clock.settle();
    expect([client.text, client.ending]).toEqual([bulkOf('before') + text, 'end']);
    expect(limit.bit()).toBe(1);
    expect(replies.slice(1).map(({ fate }) => fate)).toEqual(fates);
  });
});

test.for<readonly [WireRule, string]>([
  [{ type: 'drop-bytes', closeAfterMs: 0, timesMax: 1 }, 'closeAfterMs is 0; give a number of'],
  [{ type: 'delay-bytes', delayMs: -1, jitterMs: 0, ...always }, 'delayMs is -1; give a number of'],
])('%j is refused, and says why', async ([rule, says]) => {
  const { wire } = wireBench();
  await expect(wire.install('x', rule)).rejects.toThrow(says);
});
