import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { WireRule } from '../model/fault.ts';
import {
  answerLikeACache,
  codeOf,
  command,
  get,
  kinds,
  Probe,
  reply,
  scriptedServer,
  wireTo,
} from '../processes/test-wire.ts';

const msSince = (startTicks: bigint): number => Number(process.hrtime.bigint() - startTicks) / 1e6;

/** Answers every read with the same bytes. */
const answerWith =
  (bytes: string) =>
  (socket: Socket): void => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(bytes));
  };

describe('what a client sees at its end of the socket', () => {
  test.each(kinds)('two replies, and the %s in place of the third', async (how) => {
    const { wire, endpoint, rows } = await wireTo(await scriptedServer(answerLikeACache));
    const type = 'cut-before-reply';
    await using cut = await wire.install('cut-1', {
      type,
      reply: 3,
      how,
      selector: {},
      timesMax: 1,
    });
    const probe = new Probe(endpoint);
    probe.socket.write(['a', 'b', 'c', 'd'].map(get).join(''));
    expect(await probe.over()).toEqual({ text: reply('a') + reply('b'), ending: codeOf[how] });
    expect(cut.bit()).toBe(1);
    expect(rows.replies.map(({ fate }) => fate)).toEqual(['delivered', 'delivered', 'cut', 'cut']);
  });

  test.each(kinds)('two elements of an array of four, and then the %s', async (how) => {
    const elements = ['$1\r\na\r\n', '*2\r\n:1\r\n$-1\r\n', '$2\r\nbb\r\n', ':7\r\n'];
    const array = `*4\r\n${elements.join('')}`;
    const { wire, endpoint } = await wireTo(await scriptedServer(answerWith(array)));
    const type = 'cut-in-array';
    await using cut = await wire.install('cut-1', {
      type,
      elements: 2,
      how,
      selector: {},
      timesMax: 1,
    });
    const probe = new Probe(endpoint);
    probe.socket.write(command('MGET', 'a', 'b', 'c', 'd'));
    const text = `*4\r\n${elements[0]}${elements[1]}`;
    expect(await probe.over()).toEqual({ text, ending: codeOf[how] });
    expect(cut.bit()).toBe(1);
  });

  test.each(kinds)(
    'two values of four, however they were asked for, and then the %s',
    async (how) => {
      const rule = {
        type: 'cut-between-values',
        values: 2,
        how,
        selector: {},
        timesMax: 1,
      } as const;
      const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
      await using cut = await wire.install('cut-1', rule);
      const single = new Probe(endpoint);
      single.socket.write(['a', 'b', 'c', 'd'].map(get).join(''));
      expect(await single.over()).toEqual({ text: reply('a') + reply('b'), ending: codeOf[how] });
      expect(cut.bit()).toBe(1);
      const values = ['$1\r\na\r\n', '$-1\r\n', '$1\r\nc\r\n', '$1\r\nd\r\n'];
      const array = `*4\r\n${values.join('')}`;
      const lists = await wireTo(await scriptedServer(answerWith(array)));
      await using cutToo = await lists.wire.install('cut-1', rule);
      const list = new Probe(lists.endpoint);
      list.socket.write(command('MGET', 'a', 'b', 'c', 'd'));
      const text = `*4\r\n${values[0]}${values[1]}`;
      expect(await list.over()).toEqual({ text, ending: codeOf[how] });
      expect(cutToo.bit()).toBe(1);
    },
  );

  test('a reply held past a timeout of the client, and then delivered', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const type = 'hold-reply';
    await using _hold = await wire.install('hold-1', {
      type,
      forMs: 120,
      selector: {},
      timesMax: 1,
    });
    const probe = new Probe(endpoint);
    probe.socket.setTimeout(40);
    probe.socket.write(get('a'));
    await once(probe.socket, 'timeout');
    expect(probe.text).toBe('');
    probe.socket.setTimeout(0);
    await probe.received(reply('a'));
    expect(probe.text).toBe(reply('a'));
  });

  test('the first reply of a new connection late, the next at once, and no delay on an old one', async () => {
    const { wire, endpoint, rows } = await wireTo(await scriptedServer(answerLikeACache));
    const old = new Probe(endpoint);
    while (wire.counters().accepted < 1) await delay(1);
    const type = 'stall-handshake';
    await using stall = await wire.install('stall-1', {
      type,
      replies: 1,
      forMs: 120,
      timesMax: 9,
    });
    const startTicks = process.hrtime.bigint();
    const fresh = new Probe(endpoint);
    fresh.socket.write(get('b'));
    old.socket.write(get('c'));
    await old.received(reply('c'));
    await fresh.received(reply('b'));
    expect(msSince(startTicks)).toBeGreaterThanOrEqual(120);
    fresh.socket.write(get('d'));
    await fresh.received(reply('d'));
    expect(stall.bit()).toBe(1);
    expect(rows.replies.filter(({ fate }) => fate === 'held').map(({ key }) => key)).toEqual(['b']);
  });

  test('a reply at no more than its bytes a second', async () => {
    const value = 'v'.repeat(2_000);
    const big = `$2000\r\n${value}\r\n`;
    const { wire, endpoint } = await wireTo(await scriptedServer(answerWith(big)));
    const type = 'slow-replies';
    const rule: WireRule = { type, bytesPerSecond: 10_000, selector: {}, timesMax: 1 };
    await using _slow = await wire.install('slow-1', rule);
    const probe = new Probe(endpoint);
    const startTicks = process.hrtime.bigint();
    probe.socket.write(get('a'));
    await probe.received(`${value}\r\n`);
    expect(msSince(startTicks)).toBeGreaterThanOrEqual((big.length / 10_000) * 1_000);
    expect(probe.text).toBe(big);
    expect(probe.reads.length).toBeGreaterThanOrEqual(4);
  });

  test('a slow reply at once when the rule is left', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const type = 'slow-replies';
    const slow = await wire.install('slow-1', {
      type,
      bytesPerSecond: 1,
      selector: {},
      timesMax: 1,
    });
    const probe = new Probe(endpoint);
    probe.socket.write(get('a') + command('PING'));
    while (slow.bit() < 1) await delay(1);
    await slow[Symbol.asyncDispose]();
    await probe.received('+PONG\r\n');
    expect(probe.text).toBe(`${reply('a')}+PONG\r\n`);
  });

  test('a reply in reads that end where it was split, and nowhere else', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const offsets = [1, 4, 9];
    const type = 'split-replies';
    const rule: WireRule = { type, offsets, gapMs: 10, selector: {}, timesMax: 1 };
    await using _split = await wire.install('split-1', rule);
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    await probe.received(reply('a'));
    expect(probe.text).toBe(reply('a'));
    expect(probe.reads).toEqual([...offsets, reply('a').length]);
  });

  test.skipIf(!hasSegmentCounts())(
    'a reply in as many segments as pieces, also with no gap (skipped where ss does not count segments)',
    async () => {
      const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
      const probe = new Probe(endpoint);
      probe.socket.write(get('a'));
      await probe.received(reply('a'));
      const before = dataSegmentsIn(probe.socket);
      const type = 'split-replies';
      const rule: WireRule = { type, offsets: [1, 4, 9], gapMs: 0, selector: {}, timesMax: 1 };
      await using _split = await wire.install('split-1', rule);
      probe.socket.write(get('b'));
      await probe.received(reply('b'));
      expect(dataSegmentsIn(probe.socket) - before).toBe(4);
    },
  );

  test('an error in the place of its reply, behind the replies that were outstanding', async () => {
    const asked: string[] = [];
    const sockets: Socket[] = [];
    const { wire, endpoint, rows } = await wireTo(
      await scriptedServer((socket) => {
        sockets.push(socket);
        socket.on('data', (chunk) => asked.push(chunk.toString('latin1')));
      }),
    );
    const selector = { keyPattern: 'b*' };
    const type = 'error-reply';
    const rule: WireRule = { type, error: 'LOADING', selector, timesMax: 9 };
    await using errors = await wire.install('loading-1', rule);
    const probe = new Probe(endpoint);
    probe.socket.write(['a', 'b1', 'c', 'b2'].map(get).join(''));
    while (asked.join('') !== get('a') + get('c')) await delay(1);
    expect(probe.text).toBe('');
    sockets[0]?.write(reply('a') + reply('c'));
    const loading = '-LOADING Redis is loading the dataset in memory\r\n';
    const all = reply('a') + loading + reply('c') + loading;
    while (probe.text.length < all.length) await once(probe.socket, 'data');
    expect(probe.text).toBe(all);
    expect(errors.bit()).toBe(2);
    expect(rows.replies.map(({ key, fate }) => [key, fate])).toEqual([
      ['a', 'delivered'],
      ['b1', 'refused'],
      ['c', 'delivered'],
      ['b2', 'refused'],
    ]);
  });

  test('writes that pile up, and all of them arrive when it is over', async () => {
    let arrived = 0;
    const { wire, endpoint } = await wireTo(
      await scriptedServer((socket) => {
        socket.on('data', (chunk) => {
          arrived += chunk.length;
          if (arrived === length) socket.write('+OK\r\n');
        });
      }),
    );
    const set = command('SET', 'a', 'v'.repeat(64_000_000));
    const { length } = set;
    const probe = new Probe(endpoint);
    await once(probe.socket, 'connect');
    const stop = await wire.install('stop-1', { type: 'stop-reading', timesMax: 1 });
    expect(stop.bit()).toBe(1);
    let isTaken = false;
    probe.socket.write(set, () => {
      isTaken = true;
    });
    await delay(100);
    expect({ isTaken, arrived }).toEqual({ isTaken: false, arrived: 0 });
    await stop[Symbol.asyncDispose]();
    await probe.received('+OK\r\n');
    expect({ isTaken, arrived }).toEqual({ isTaken: true, arrived: length });
  });

  test('ECONNREFUSED, while an established connection is served', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const old = new Probe(endpoint);
    old.socket.write(get('a'));
    await old.received(reply('a'));
    {
      await using refusing = await wire.install('refuse-1', { type: 'refuse-new-connections' });
      expect(await new Probe(endpoint).over()).toEqual({ text: '', ending: 'ECONNREFUSED' });
      old.socket.write(get('b'));
      await old.received(reply('b'));
      expect(refusing.bit()).toBe(1);
    }
    const after = new Probe(endpoint);
    after.socket.write(get('c'));
    await after.received(reply('c'));
    expect([old.text, after.text]).toEqual([reply('a') + reply('b'), reply('c')]);
  });

  test('a connection that is there and silent past a timeout, and served when it is over', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const type = 'black-hole-connections';
    const hole = await wire.install('hole-1', { type, timesMax: 9 });
    const probe = new Probe(endpoint);
    const impatient = new Probe(endpoint);
    await Promise.all([once(probe.socket, 'connect'), once(impatient.socket, 'connect')]);
    probe.socket.setTimeout(60);
    probe.socket.write(get('a'));
    await once(probe.socket, 'timeout');
    impatient.socket.destroy();
    expect([probe.text, probe.ending, hole.bit()]).toEqual(['', '', 2]);
    await hole[Symbol.asyncDispose]();
    await probe.received(reply('a'));
    expect(probe.text).toBe(reply('a'));
  });

  test.each(kinds)('the words of a server without room, and then the %s', async (how) => {
    const { wire, endpoint, rows } = await wireTo(await scriptedServer(answerLikeACache));
    const type = 'close-new-connections';
    await using _full = await wire.install('full-1', {
      type,
      how,
      says: 'max-clients',
      timesMax: 1,
    });
    const probe = new Probe(endpoint);
    const text = '-ERR max number of clients reached\r\n';
    expect(await probe.over()).toEqual({ text, ending: codeOf[how] });
    expect(rows.connections).toMatchObject([{ closedBy: 'rule', how, faultId: 'full-1' }]);
    const next = new Probe(endpoint);
    next.socket.write(get('a'));
    await next.received(reply('a'));
    expect(next.text).toBe(reply('a'));
  });

  test.each(kinds)(
    'nothing but the %s when a new connection is closed without a word',
    async (how) => {
      const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
      const type = 'close-new-connections';
      await using closing = await wire.install('close-1', {
        type,
        how,
        says: 'nothing',
        timesMax: 1,
      });
      expect(await new Probe(endpoint).over()).toEqual({ text: '', ending: codeOf[how] });
      expect(closing.bit()).toBe(1);
    },
  );
});

/** Segments with data that this end of a connection was sent, as the system counts them. */
function dataSegmentsIn(socket: Socket): number {
  const filter = `sport = :${socket.localPort} and dport = :${socket.remotePort}`;
  const { stdout } = spawnSync('sh', ['-c', `ss -tinH '${filter}'`], { encoding: 'utf8' });
  return Number(/data_segs_in:(\d+)/u.exec(stdout)?.[1] ?? 0);
}

function hasSegmentCounts(): boolean {
  return spawnSync('sh', ['-c', 'ss -V']).status === 0;
}
