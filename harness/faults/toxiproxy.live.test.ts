import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { delimiter, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WireRule } from '../model/fault.ts';
import type { StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { openBench, type ProviderBench } from '../services/provider-bench.ts';
import { toxiproxyProvider } from '../services/toxiproxy.ts';
import { createToxiproxyEngine, type SeenTraffic, type ToxiproxyEngine } from './toxiproxy.ts';

// The folder that its program, toxiproxy-server, was built into need not be on PATH.
const built = process.env['TOXIPROXY_SERVER'];
const path = [...(built === undefined ? [] : [dirname(built)]), process.env['PATH'] ?? ''].join(
  delimiter,
);
const loopback = { host: '127.0.0.1', port: 0 };
const never = new AbortController().signal;
const { state, says } = await toxiproxyProvider({
  path,
  scratchDirectory: '/',
  onProcess: () => undefined,
}).available();
const nothing: SeenTraffic = { replies: 0, endedByCache: 0, endedByClient: 0 };
const every = { timesMax: 1_000_000 } as const;
const always = { selector: {}, ...every } as const;

/** Answers each line with as many bytes as it says, and counts its answers. */
interface Answerer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly seen: () => SeenTraffic;
}

async function openAnswerer(name = 'x'): Promise<Answerer> {
  const seen = { replies: 0, endedByCache: 0, endedByClient: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let isEnded = false;
    socket.on('close', () => {
      if (!isEnded) seen.endedByClient += 1;
    });
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const line of text.split('\n').filter((line) => line !== '')) {
        seen.replies += 1;
        if (line === 'end') {
          isEnded = true;
          seen.endedByCache += 1;
          socket.end();
        } else socket.write(name.repeat(Number(line)));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    seen: () => ({ ...seen }),
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One connection as its client sees it. */
interface Client extends Disposable {
  ask(bytes: number | 'end'): void;
  /** Resolves when that many bytes have come in all, with the milliseconds since the last question. */
  received(bytes: number): Promise<number>;
  bytes(): number;
  /** Sizes of what was read at a time. */
  readonly pieces: readonly number[];
  readonly text: () => string;
  /** `FIN`, or the code of the error. */
  readonly ended: Promise<string>;
}

async function dial({ host, port }: Endpoint): Promise<Client> {
  const socket = connect({ host, port, noDelay: true });
  const pieces: number[] = [];
  let text = '';
  let askedAt = performance.now();
  let wake = (): void => undefined;
  socket.setEncoding('latin1').on('data', (piece: string) => {
    pieces.push(piece.length);
    text += piece;
    wake();
  });
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.once('end', () => resolve('FIN'));
  });
  await once(socket, 'connect');
  return {
    pieces,
    ended,
    text: () => text,
    bytes: () => text.length,
    ask: (bytes) => {
      askedAt = performance.now();
      socket.write(`${bytes}\n`);
    },
    received: async (bytes) => {
      while (text.length < bytes)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return performance.now() - askedAt;
    },
    [Symbol.dispose]: () => {
      socket.destroy();
    },
  };
}

describe.skipIf(state === 'missing')(
  `a real Toxiproxy${state === 'missing' ? ` (${says})` : ''}`,
  () => {
    let bench: ProviderBench;
    let server: StartedService;
    let answerer: Answerer;
    let proxies = 0;

    beforeAll(async () => {
      bench = await openBench();
      server = await toxiproxyProvider({ path, ...bench }).start(never);
      answerer = await openAnswerer();
    });
    afterAll(async () => {
      await answerer[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    });
    function open(name?: string): Promise<ToxiproxyEngine> {
      proxies += 1;
      return createToxiproxyEngine({
        api: server.endpoint,
        name: name ?? `cache-${proxies}`,
        listen: loopback,
        upstream: answerer.endpoint,
        seen: async () => answerer.seen(),
      });
    }

    test('passes bytes on, says its version, and leaves no port open', async () => {
      let endpoint: Endpoint;
      {
        await using engine = await open();
        expect(engine.says).toMatch(/^Toxiproxy \S+ at 127\.0\.0\.1:\d+$/);
        ({ endpoint } = engine);
        using client = await dial(endpoint);
        client.ask(5);
        await client.received(5);
        expect(client.text()).toBe('xxxxx');
      }
      await expect(dial(endpoint)).rejects.toThrow('ECONNREFUSED');
    });

    test.for<WireRule>([
      { type: 'hold-reply', forMs: 120, ...always },
      { type: 'delay-bytes', delayMs: 140, jitterMs: 20, ...always },
      { type: 'slow-replies', bytesPerSecond: 20_000, ...always },
    ])('%o: bytes come late, in order, and each answer is counted', async (rule) => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      await using fault = await engine.install('late', rule);
      client.ask(1_200);
      client.ask(1_200);
      // The last bytes of 2400 at 20 000 a second are due after 120 ms; the server's own timers are exact to a millisecond.
      expect(await client.received(2_400)).toBeGreaterThanOrEqual(115);
      expect(client.text()).toBe('x'.repeat(2_400));
      expect(await fault.bit()).toBe(2);
      await fault[Symbol.asyncDispose]();
      client.ask(1);
      await client.received(2_401);
      expect(await fault.bit()).toBe(2);
    });

    test('what is held is delivered when the fault is healed, however often that is done', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      const fault = await engine.install('hold', { type: 'hold-reply', forMs: 60_000, ...always });
      client.ask(10);
      await delay(100);
      expect(client.bytes()).toBe(0);
      await fault[Symbol.asyncDispose]();
      await fault[Symbol.asyncDispose]();
      await client.received(10);
    });

    test('a close is passed on late', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      await using fault = await engine.install('close', {
        type: 'delay-close',
        delayMs: 150,
        ...every,
      });
      client.ask(1);
      await client.received(1);
      const askedAt = performance.now();
      client.ask('end');
      expect(await client.ended).toBe('FIN');
      expect(performance.now() - askedAt).toBeGreaterThanOrEqual(149);
      expect(await fault.bit()).toBe(1);
    });

    test('nothing comes through, and healing ends the connection', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      const fault = await engine.install('drop', {
        type: 'drop-bytes',
        closeAfterMs: null,
        ...every,
      });
      client.ask(10);
      await delay(100);
      await fault[Symbol.asyncDispose]();
      expect(await client.ended).toBe('FIN');
      expect(client.bytes()).toBe(0);
    });

    test('nothing comes through, and silence ends the connection', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      await using _ = await engine.install('drop', {
        type: 'drop-bytes',
        closeAfterMs: 100,
        ...every,
      });
      const askedAt = performance.now();
      client.ask(10);
      expect(await client.ended).toBe('FIN');
      expect(performance.now() - askedAt).toBeGreaterThanOrEqual(99);
      expect(client.bytes()).toBe(0);
    });

    test('it is the silence of the server that ends it, not that of the proxy', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      await using fault = await engine.install('drop', {
        type: 'drop-bytes',
        closeAfterMs: 600,
        ...every,
      });
      client.ask(10);
      await delay(250);
      const askedAt = performance.now();
      client.ask(10);
      expect(await client.ended).toBe('FIN');
      expect(performance.now() - askedAt).toBeGreaterThanOrEqual(599);
      expect(await fault.bit()).toBe(2);
    });

    test('a new connection is reset when its first bytes come, an older one gets a FIN', async () => {
      await using engine = await open();
      using older = await dial(engine.endpoint);
      older.ask(1);
      await older.received(1);
      await using fault = await engine.install('reset', {
        type: 'reset-on-bytes',
        afterMs: 0,
        ...always,
      });
      using newer = await dial(engine.endpoint);
      newer.ask(10);
      older.ask(10);
      expect(await newer.ended).toBe('ECONNRESET');
      expect(await older.ended).toBe('FIN');
      expect(newer.bytes() + older.bytes()).toBe(1);
      // The side of the server hears of it a moment later.
      await expect.poll(() => fault.bit()).toBe(2);
    });

    test('bytes come in small pieces, all of them', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      const rule = {
        type: 'slice-bytes',
        bytes: 10,
        variationBytes: 2,
        gapMs: 5,
        ...always,
      } as const;
      await using _ = await engine.install('slice', rule);
      client.ask(100);
      await client.received(100);
      expect(client.text()).toBe('x'.repeat(100));
      expect(client.pieces.length).toBeGreaterThanOrEqual(5);
    });

    test('a connection ends after exactly so many bytes', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      await using fault = await engine.install('limit', {
        type: 'limit-bytes',
        bytes: 17,
        ...every,
      });
      client.ask(10);
      client.ask(10);
      expect(await client.ended).toBe('FIN');
      expect(client.bytes()).toBe(17);
      await expect.poll(() => fault.bit()).toBe(1);
    });

    test('down ends what is established and refuses what is new, and the same port is open again afterwards', async () => {
      await using engine = await open();
      using client = await dial(engine.endpoint);
      client.ask(1);
      await client.received(1);
      const rule = { type: 'refuse-connections', how: 'fin' } as const;
      const first = await engine.install('first', rule);
      const second = await engine.install('second', rule);
      expect(await client.ended).toBe('FIN');
      await expect(dial(engine.endpoint)).rejects.toThrow('ECONNREFUSED');
      await first[Symbol.asyncDispose]();
      await expect(dial(engine.endpoint)).rejects.toThrow('ECONNREFUSED');
      expect(await second.bit()).toBe(1);
      await second[Symbol.asyncDispose]();
      using again = await dial(engine.endpoint);
      again.ask(1);
      await again.received(1);
    });

    test('leads elsewhere when it is told, and stays down while it is down', async () => {
      await using other = await openAnswerer('y');
      await using engine = await open();
      const fault = await engine.install('down', { type: 'refuse-connections', how: 'fin' });
      await engine.setUpstream(other.endpoint);
      await expect(dial(engine.endpoint)).rejects.toThrow('ECONNREFUSED');
      await fault[Symbol.asyncDispose]();
      using client = await dial(engine.endpoint);
      client.ask(3);
      await client.received(3);
      expect(client.text()).toBe('yyy');
    });

    test('a rule that needs a position is refused with the names of all that do', async () => {
      await using engine = await open();
      const rule = { type: 'cut-idle', how: 'rst', timesMax: 1 } as const;
      await expect(engine.install('idle', rule)).rejects.toThrow(
        /cut-idle needs the wire engine.*cut-after-reply, .*close-new-connections/,
      );
    });

    test('a fault id is taken until its fault is healed', async () => {
      await using engine = await open();
      const rule = { type: 'limit-bytes', bytes: 1, ...every } as const;
      const fault = await engine.install('a/b #1', rule);
      await expect(engine.install('a/b #1', rule)).rejects.toThrow('is installed already');
      await fault[Symbol.asyncDispose]();
      await using _ = await engine.install('a/b #1', rule);
    });

    test('a name that is taken is said', async () => {
      await using _ = await open('taken');
      await expect(open('taken')).rejects.toThrow('Toxiproxy did not make the proxy taken');
    });

    test('a fault that cannot be healed says what is left, each time', async () => {
      await using server = await toxiproxyProvider({ path, ...bench }).start(never);
      const engine = await createToxiproxyEngine({
        api: server.endpoint,
        name: 'cache',
        listen: loopback,
        upstream: answerer.endpoint,
        seen: async () => nothing,
      });
      const fault = await engine.install('hold', { type: 'hold-reply', forMs: 10, ...always });
      await server.kill();
      const says = 'Toxiproxy did not remove the toxic latency, 1-hold, which still acts';
      await expect(fault[Symbol.asyncDispose]()).rejects.toThrow(says);
      await expect(fault[Symbol.asyncDispose]()).rejects.toThrow(says);
      await expect(engine[Symbol.asyncDispose]()).rejects.toThrow('which is left there');
    });

    test('a server that does not answer is said', async () => {
      const engine = createToxiproxyEngine({
        api: { host: '127.0.0.1', port: 1 },
        name: 'cache',
        listen: loopback,
        upstream: answerer.endpoint,
        seen: async () => nothing,
      });
      await expect(engine).rejects.toThrow('Toxiproxy did not say its version');
    });
  },
);

test('a package that is not installed is named, with what to do', async () => {
  const name: string = 'toxiproxy-client-that-nobody-installed';
  const engine = createToxiproxyEngine({
    api: { host: '127.0.0.1', port: 1 },
    name: 'cache',
    listen: loopback,
    upstream: loopback,
    seen: async () => nothing,
    load: () => import(name),
  });
  await expect(engine).rejects.toThrow('npm install toxiproxy-node-client@4');
});
