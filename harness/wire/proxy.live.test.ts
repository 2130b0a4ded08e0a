import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ReplySelector, WireRule } from '../model/fault.ts';
import type { Endpoint } from '../model/target.ts';
import {
  answerLikeACache,
  codeOf,
  command,
  get,
  kinds,
  Probe,
  portOf,
  portOfNobody,
  reply,
  scriptedServer,
  wireTo,
} from '../processes/test-wire.ts';

describe('what a client sees at its end of the socket', () => {
  const pipeline = ['a', 'b', 'c', 'd', 'e'];
  const burst: ReplySelector = { commands: ['GET'], burstSizeMin: 5 };

  test.each(kinds)('exactly two replies of a pipeline of five, and then the %s', async (how) => {
    const { wire, endpoint, rows } = await wireTo(await scriptedServer(answerLikeACache));
    const rule: WireRule = { type: 'cut-after-reply', reply: 2, how, selector: burst, timesMax: 1 };
    await using installed = await wire.install('cut-1', rule);
    const probe = new Probe(endpoint);
    probe.socket.write(pipeline.map(get).join(''));
    expect(await probe.over()).toEqual({ text: reply('a') + reply('b'), ending: codeOf[how] });
    expect(installed.bit()).toBe(1);
    expect(rows.replies.map(({ key, fate }) => [key, fate])).toEqual([
      ['a', 'delivered'],
      ['b', 'delivered'],
      ['c', 'cut'],
      ['d', 'cut'],
      ['e', 'cut'],
    ]);
    expect(rows.connections).toMatchObject([{ closedBy: 'rule', how, outstanding: 3 }]);
  });

  test.each(kinds)(
    'exactly seventy thousand bytes of a longer reply, and then the %s',
    async (how) => {
      const value = 'v'.repeat(200_000);
      const upstream = await scriptedServer((socket) => {
        socket.on('data', () => socket.write(`$${value.length}\r\n${value}\r\n`));
        socket.on('error', () => undefined);
      });
      const { wire, endpoint } = await wireTo(upstream);
      const type = 'cut-in-reply';
      await wire.install('cut-1', { type, byte: 70_000, how, selector: {}, timesMax: 1 });
      const probe = new Probe(endpoint);
      probe.socket.write(get('big'));
      const { text, ending } = await probe.over();
      expect(text).toBe(`$200000\r\n${value}`.slice(0, 70_000));
      expect(ending).toBe(codeOf[how]);
    },
  );

  test.each(kinds)('the %s on an established connection that is idle', async (how) => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    await probe.received(reply('a'));
    await using installed = await wire.install('idle-1', { type: 'cut-idle', how, timesMax: 1 });
    expect(await probe.over()).toEqual({ text: reply('a'), ending: codeOf[how] });
    expect(installed.bit()).toBe(1);
  });

  test('a held reply after at least forMs, with the ones behind it, in order', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const selector = { keyPrefix: 'b' };
    const type = 'hold-reply';
    await using _hold = await wire.install('hold-1', { type, forMs: 150, selector, timesMax: 1 });
    const probe = new Probe(endpoint);
    const startTicks = process.hrtime.bigint();
    probe.socket.write(['a', 'b', 'c'].map(get).join(''));
    await probe.received(reply('a'));
    expect(probe.text).toBe(reply('a'));
    await probe.received(reply('c'));
    expect(Number(process.hrtime.bigint() - startTicks)).toBeGreaterThanOrEqual(150e6);
    expect(probe.text).toBe(reply('a') + reply('b') + reply('c'));
  });

  test('a held reply at once when the rule is left', async () => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const type = 'hold-reply';
    const hold = await wire.install('hold-1', { type, forMs: 60_000, selector: {}, timesMax: 9 });
    const probe = new Probe(endpoint);
    probe.socket.write(get('a') + command('PING'));
    while (hold.bit() < 2) await delay(1);
    expect(probe.text).toBe('');
    await hold[Symbol.asyncDispose]();
    await probe.received('+PONG\r\n');
    expect(probe.text).toBe(`${reply('a')}+PONG\r\n`);
  });

  test.each(kinds)('the %s and then ECONNREFUSED, and the same port afterwards', async (how) => {
    const { wire, endpoint } = await wireTo(await scriptedServer(answerLikeACache));
    const before = new Probe(endpoint);
    before.socket.write(get('a'));
    await before.received(reply('a'));
    {
      await using refusing = await wire.install('refuse-1', { type: 'refuse-connections', how });
      expect(await before.over()).toEqual({ text: reply('a'), ending: codeOf[how] });
      expect(await new Probe(endpoint).over()).toEqual({ text: '', ending: 'ECONNREFUSED' });
      expect(refusing.bit()).toBe(1);
    }
    const after = new Probe(endpoint);
    after.socket.write(get('b'));
    await after.received(reply('b'));
    expect(after.text).toBe(reply('b'));
  });

  test('an RST when the server refuses', async () => {
    const { endpoint } = await wireTo({ host: '127.0.0.1', port: await portOfNobody() });
    const probe = new Probe(endpoint);
    probe.socket.write(get('a'));
    expect(await probe.over()).toEqual({ text: '', ending: 'ECONNRESET' });
  });

  test.each(kinds)(
    'what the server does itself: the %s, behind the replies it gave',
    async (how) => {
      const upstream = await scriptedServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', () => {
          socket.write(reply('a'), () => {
            if (how === 'fin') socket.end();
            else setTimeout(() => socket.resetAndDestroy(), 5);
          });
        });
      });
      const { endpoint, rows } = await wireTo(upstream);
      const probe = new Probe(endpoint);
      probe.socket.write(get('a') + get('b'));
      expect(await probe.over()).toEqual({ text: reply('a'), ending: codeOf[how] });
      expect(rows.connections).toMatchObject([{ closedBy: 'server', how, outstanding: 1 }]);
    },
  );
});

test('a client that ends its side first still gets its reply', async () => {
  const upstream = await new Promise<Endpoint>((resolve) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume();
      socket.on('end', () => socket.end(reply('a')));
    });
    onTestFinished(() => {
      server.close();
    });
    server.listen(0, '127.0.0.1', () => resolve({ host: '127.0.0.1', port: portOf(server) }));
  });
  const { endpoint, rows } = await wireTo(upstream);
  const probe = new Probe(endpoint);
  probe.socket.end(get('a'));
  expect(await probe.over()).toEqual({ text: reply('a'), ending: 'end' });
  expect(rows.connections).toMatchObject([{ closedBy: 'client', how: 'fin', outstanding: 0 }]);
});

describe('the port', () => {
  test('one that is taken is named, with what to do', async () => {
    const taken = await scriptedServer(answerLikeACache);
    await expect(wireTo(taken, taken.port)).rejects.toThrow(
      /^the wire cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*; name another port, or 0 for any free one$/u,
    );
  });

  test('any free one is below the range that outgoing connections are given', async () => {
    const upstream = await scriptedServer(answerLikeACache);
    const [one, two] = [await wireTo(upstream), await wireTo(upstream)];
    expect(one.endpoint.port).toBeLessThanOrEqual(30_000);
    expect(two.endpoint.port).not.toBe(one.endpoint.port);
  });

  test('closing the wire gives it back, also while connections are refused', async () => {
    const { wire, endpoint, close } = await wireTo(await scriptedServer(answerLikeACache));
    const installed = await wire.install('refuse-1', { type: 'refuse-connections', how: 'fin' });
    await close();
    await installed[Symbol.asyncDispose]();
    expect((await new Probe(endpoint).over()).ending).toBe('ECONNREFUSED');
  });
});

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

describe.skipIf(!hasRedis)('with a real redis-server (skipped where none is on PATH)', () => {
  test('a session in RESP3 passes byte for byte, pushes and errors and big values included', async () => {
    const redis = await realRedis();
    const { endpoint, rows } = await wireTo(redis);
    const big = 'x'.repeat(300_000);
    const session = [
      'HELLO 3',
      `SET big ${big}`,
      'GET big',
      'HSET h f v',
      'HGETALL h',
      'SADD s m',
      'SMEMBERS s',
      'GET absent',
      'LPUSH big x',
      'CLIENT TRACKING ON',
      'GET h2',
      'SET h2 1',
      'MULTI',
      'GET h2',
      'EXEC',
      'DEL h s h2',
      'PING done',
    ];
    const through = new Probe(endpoint);
    const direct = new Probe(redis);
    for (const probe of [through, direct]) {
      probe.socket.write(session.map((line) => command(...line.split(' '))).join(''));
      await probe.received('$4\r\ndone\r\n');
    }
    const sameId = (text: string): string => text.replace(/\$2\r\nid\r\n:\d+/u, 'id');
    expect(sameId(through.text)).toBe(sameId(direct.text));
    expect(through.text).toContain('>2\r\n$10\r\ninvalidate\r\n');
    expect(rows.replies.map(({ command }) => command)).toEqual(
      session.map((line) => line.split(' ')[0]),
    );
    expect(rows.replies.map(({ replyType }) => replyType).join(' ')).toBe(
      '% + $ : % : ~ _ - + _ + + + * : $',
    );
    expect(rows.replies[2]).toMatchObject({
      replyBytes: 300_011,
      replyDigest: createHash('sha1').update(big).digest('hex').slice(0, 16),
    });
  });

  test('a kill of the server ends the client, and the same port leads to the next server', async () => {
    const first = await realRedis();
    let upstream = first;
    const { endpoint } = await wireTo(() => upstream);
    const before = new Probe(endpoint);
    before.socket.write(command('PING'));
    await before.received('+PONG\r\n');
    first.kill();
    expect((await before.over()).text).toBe('+PONG\r\n');
    upstream = await realRedis();
    const after = new Probe(endpoint);
    after.socket.write(command('PING'));
    await after.received('+PONG\r\n');
  });
});

interface RealRedis extends Endpoint {
  kill(): void;
}

/** Starts one on a free port, without persistence, and waits until it accepts. */
async function realRedis(): Promise<RealRedis> {
  const port = await portOfNobody();
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', options, { stdio: 'ignore' });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  onTestFinished(kill);
  const endpoint = { host: '127.0.0.1', port };
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const probe = new Probe(endpoint);
    probe.socket.write(command('PING'));
    await Promise.race([probe.over(), probe.received('PONG')]);
    probe.socket.destroy();
    if (probe.text.includes('PONG')) return { ...endpoint, kill };
    await delay(20);
  }
  throw new Error(`redis-server did not answer on port ${port} within 4 s`);
}
