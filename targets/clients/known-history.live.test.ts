import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { testProgram } from '../../harness/cli/test-program.ts';
import type { CacheClient, Endpoint, Target, TargetWords } from '../../harness/model/target.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { chooseTarget } from './choose-target.ts';
import goRedis from './go-redis.ts';
import redisPy from './redis-py.ts';

/** Bugs of libraries of other languages that are long fixed, seen again with the versions that had them. */

interface Asked {
  /** What came in one piece on a connection, as text. */
  readonly text: string;
  readonly socket: Socket;
}

/** Answers as a cache does whose every key holds the key's own name; what `isLate` of is answered with all that comes later, once it is told to. */
class ScriptedCache implements AsyncDisposable {
  readonly #server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();
  readonly #late: Asked[] = [];
  readonly asked: string[] = [];
  isLate: (text: string) => boolean = () => false;
  onAsked: (text: string, socket: Socket) => void = () => undefined;

  async listen(): Promise<Endpoint> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** Answers what was held, in its order, and holds nothing more. */
  release(): void {
    this.isLate = () => false;
    for (const { text, socket } of this.#late.splice(0)) socket.write(repliesTo(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.asked.push(text);
      const isBehind = this.#late.some((late) => late.socket === socket);
      if (isBehind || this.isLate(text)) this.#late.push({ text, socket });
      else socket.write(repliesTo(text));
      this.onAsked(text, socket);
    });
  }
}

function repliesTo(text: string): string {
  const words = text.split('\r\n');
  return words
    .map((word, index) => {
      const key = words[index + 2] ?? '';
      if (/^get$/i.test(word)) return `$${key.length}\r\n${key}\r\n`;
      if (/^setinfo$/i.test(word)) return '+OK\r\n';
      return /^hello$/i.test(word) ? '-ERR unknown command\r\n' : '';
    })
    .join('');
}

async function opened(
  target: Target,
  {
    library,
    endpoint,
    words,
  }: {
    readonly library: string;
    readonly endpoint: Endpoint;
    readonly words: TargetWords;
  },
): Promise<CacheClient> {
  return chooseTarget(target, words).open({
    endpoint,
    library: await import(library),
    timeoutMs: 10_000,
    world: {
      clock: { nowNs: () => 0, sleepUntil: async () => undefined },
      rng: seededRng(1),
      log: () => undefined,
    },
  });
}

const python = {
  bad: await testProgram(redisPy, '4.5.3'),
  good: await testProgram(redisPy, '4.5.4'),
};
const pythonMissing = python.bad.missing ?? python.good.missing;

describe.skipIf(pythonMissing !== undefined)(
  `redis-py, a cancelled read${pythonMissing ?? ''}`,
  () => {
    /** A read is cancelled while its reply is on its way, and two others are asked before it comes. */
    async function othersAfterACancelledRead(library: string): Promise<readonly string[]> {
      await using cache = new ScriptedCache();
      const endpoint = await cache.listen();
      await using client = await opened(redisPy, { library, endpoint, words: {} });
      const wait = async (asked: number): Promise<void> => {
        await expect
          .poll(() => cache.asked.length, { timeout: 10_000 })
          .toBeGreaterThanOrEqual(asked);
      };
      cache.isLate = () => true;
      const hangUp = new AbortController();
      const cancelled = client.get('mine', { signal: hangUp.signal });
      await wait(1);
      hangUp.abort(new Error('hung up'));
      await expect(cancelled).rejects.toThrow('hung up');
      const first = client.get('first');
      await wait(2);
      const second = client.get('second');
      await wait(3);
      cache.release();
      const outcomes = await Promise.allSettled([first, second]);
      return outcomes.map((each) =>
        each.status === 'fulfilled' ? String(each.value) : 'an error',
      );
    }

    test('4.5.3 leaves its reply for the next caller (GHSA-8fww-64cx-x8p5)', async () => {
      expect(await othersAfterACancelledRead(python.bad.library)).toContain('mine');
    });

    test('4.5.4 does not', async () => {
      expect(await othersAfterACancelledRead(python.good.library)).toEqual(['first', 'second']);
    });
  },
);

const go = { bad: await testProgram(goRedis, '9.7.0'), good: await testProgram(goRedis, '9.7.3') };
const goMissing = go.bad.missing ?? go.good.missing;

describe.skipIf(goMissing !== undefined)(
  `go-redis, a late CLIENT SETINFO${goMissing ?? ''}`,
  () => {
    /** On the first connection CLIENT SETINFO is answered only when the library has stopped waiting, and asks for keys. */
    async function pageAfterALateIntroduction(library: string): Promise<readonly string[]> {
      await using cache = new ScriptedCache();
      const endpoint = await cache.listen();
      const words = { options: { 'read-timeout-ms': '1000' } };
      await using client = await opened(goRedis, { library, endpoint, words });
      let held = false;
      cache.isLate = (text) => {
        const isFirst = !held && /setinfo/i.test(text);
        held ||= isFirst;
        return isFirst;
      };
      cache.onAsked = (text) => {
        if (/\r\nget\r\n/i.test(text)) cache.release();
      };
      const page = await client.getMany(['a', 'b', 'c', 'd']);
      return page.map((value) => String(value));
    }

    test('9.7.0 takes its reply for the first key, and gives every other one the value of another (CVE-2025-29923)', async () => {
      expect(await pageAfterALateIntroduction(go.bad.library)).toEqual(['OK', 'OK', 'a', 'b']);
    });

    test('9.7.3 does not', async () => {
      expect(await pageAfterALateIntroduction(go.good.library)).toEqual(['a', 'b', 'c', 'd']);
    });
  },
);
