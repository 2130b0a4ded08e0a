import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  answerLikeACache,
  get,
  Probe,
  reply,
  scriptedServer,
  wireTo,
} from '../processes/test-wire.ts';

const msSince = (startTicks: bigint): number => Number(process.hrtime.bigint() - startTicks) / 1e6;
const always = { selector: {}, timesMax: 1_000_000 } as const;
const every = { timesMax: 1_000_000 } as const;

describe('what a client sees at its end of the socket', () => {
  test('late bytes, in order, however the jitter falls', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const rule = { type: 'delay-bytes', delayMs: 120, jitterMs: 20, ...always } as const;
    await using late = await wire.install('delay-1', rule);
    const probe = new Probe(endpoint);
    const startTicks = process.hrtime.bigint();
    for (const key of ['a', 'b', 'c']) probe.socket.write(get(key));
    await probe.received(reply('c'));
    expect(msSince(startTicks)).toBeGreaterThanOrEqual(100);
    expect(probe.text).toBe(reply('a') + reply('b') + reply('c'));
    expect(late.bit()).toBe(3);
  });

  test('the end of a connection at least delayMs after the server made it', async () => {
    let endedTicks = 0n;
    const server = await scriptedServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        endedTicks = process.hrtime.bigint();
        socket.end('+OK\r\n');
      });
    });
    const { wire, endpoint } = await wireTo(server);
    await using close = await wire.install('close-1', {
      type: 'delay-close',
      delayMs: 120,
      ...every,
    });
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    expect(await probe.over()).toEqual({ text: '+OK\r\n', ending: 'end' });
    expect(msSince(endedTicks)).toBeGreaterThanOrEqual(120);
    expect(close.bit()).toBe(1);
  });

  test('nothing at all, and the FIN after closeAfterMs of silence', async () => {
    const { wire, endpoint, rows } = await wireTo(await scriptedServer(answerLikeACache));
    const rule = { type: 'drop-bytes', closeAfterMs: 100, ...every } as const;
    await using drop = await wire.install('drop-1', rule);
    const startTicks = process.hrtime.bigint();
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    expect(await probe.over()).toEqual({ text: '', ending: 'end' });
    expect(msSince(startTicks)).toBeGreaterThanOrEqual(100);
    expect(drop.bit()).toBe(1);
    expect(rows.replies.map(({ fate }) => fate)).toEqual(['cut']);
  });

  test('nothing at all, and the FIN when it is over', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    await probe.received(reply('a'));
    const drop = await wire.install('drop-1', { type: 'drop-bytes', closeAfterMs: null, ...every });
    probe.socket.write(get('b'));
    await delay(50);
    expect([probe.text, probe.ending]).toEqual([reply('a'), '']);
    await drop[Symbol.asyncDispose]();
    expect(await probe.over()).toEqual({ text: reply('a'), ending: 'end' });
  });

  test('the RST at least afterMs after the answer, and nothing of the answer', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const rule = { type: 'reset-on-bytes', afterMs: 80, ...always } as const;
    await using reset = await wire.install('reset-1', rule);
    const startTicks = process.hrtime.bigint();
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    expect(await probe.over()).toEqual({ text: '', ending: 'ECONNRESET' });
    expect(msSince(startTicks)).toBeGreaterThanOrEqual(80);
    expect(reset.bit()).toBe(1);
  });

  test('a reply in pieces of about that many bytes', async () => {
    const value = '0123456789'.repeat(10);
    const answer = `$100\r\n${value}\r\n`;
    const server = await scriptedServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(answer));
    });
    const { wire, endpoint } = await wireTo(server);
    await using slice = await wire.install('slice-1', {
      type: 'slice-bytes',
      bytes: 20,
      variationBytes: 3,
      gapMs: 20,
      ...always,
    });
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    await probe.received(`${value}\r\n`);
    expect(probe.text).toBe(answer);
    expect(probe.reads.length).toBeGreaterThanOrEqual(4);
    expect(slice.bit()).toBe(1);
  });

  test('exactly as many bytes as it may get, over two replies, and then the FIN', async () => {
    const { wire, endpoint, rows } = await wireTo(await scriptedServer(answerLikeACache));
    const bytes = reply('a').length + 5;
    await using limit = await wire.install('limit-1', { type: 'limit-bytes', bytes, ...every });
    const probe = new Probe(endpoint);
    probe.socket.write(get('a') + get('b'));
    const text = (reply('a') + reply('b')).slice(0, bytes);
    expect(await probe.over()).toEqual({ text, ending: 'end' });
    expect(limit.bit()).toBe(1);
    expect(rows.replies.map(({ fate }) => fate)).toEqual(['delivered', 'cut-inside']);
  });
});
