import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../model/world.ts';
import { lastWords, startServiceProcess } from './child.ts';
import { serveMemcached } from './memcached-server.ts';
import { createMemcachedStore } from './memcached-store.ts';

/** A memcached, ours or a real one, that tests open connections to. */
export interface MemcachedUnderTest extends AsyncDisposable {
  connect(): Promise<Duplex>;
}

/** The embedded server in memory. `advanceMs` moves its clock, which otherwise stands still. */
export interface InMemoryMemcached extends MemcachedUnderTest {
  advanceMs(milliseconds: number): void;
  readonly logLines: readonly string[];
}

export function startInMemoryMemcached({
  startUnixMs = 1_700_000_000_000,
  usedBytesMax,
  connectionsMax,
}: {
  readonly startUnixMs?: number;
  readonly usedBytesMax?: number;
  readonly connectionsMax?: number;
} = {}): InMemoryMemcached {
  let nowNs = 0;
  const clock: Clock = {
    nowNs: () => nowNs,
    sleepUntil: () => Promise.reject(new Error('the embedded server does not sleep')),
  };
  const logLines: string[] = [];
  const store = createMemcachedStore({
    clock,
    startUnixMs,
    ...(usedBytesMax === undefined ? {} : { usedBytesMax }),
  });
  const server = serveMemcached({
    world: { log: (line) => logLines.push(line) },
    store,
    ...(connectionsMax === undefined ? {} : { connectionsMax }),
  });
  return {
    logLines,
    advanceMs: (milliseconds) => {
      nowNs += milliseconds * 1e6;
    },
    connect: () => {
      const [client, serverSide] = duplexPair();
      // A pair of streams does not tell one side that the other was destroyed; a network does.
      client.once('close', () => serverSide.destroy());
      serverSide.once('close', () => client.destroy());
      server.accept(serverSide);
      return Promise.resolve(client);
    },
    [Symbol.asyncDispose]: () => {
      server.close();
      return Promise.resolve();
    },
  };
}

/** The real memcached of this machine, or why there is none to compare with. */
export function findMemcached(
  path: string,
): { readonly file: string } | { readonly missing: string } {
  const file = path
    .split(delimiter)
    .map((directory) => join(directory, 'memcached'))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) return { missing: 'no memcached on PATH' };
  const version = /\d+\.\d+\.\d+/.exec(execFileSync(file, ['-h'], { encoding: 'utf8' }))?.[0];
  if (version === '1.6.18') return { file };
  return { missing: `replies are compared with memcached 1.6.18, and this is ${version}` };
}

const startMsMax = 5_000;
const host = '127.0.0.1';

export async function startRealMemcached(file: string): Promise<MemcachedUnderTest> {
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : [];
  const service = await startServiceProcess({
    executable: file,
    parameters: [
      '-l',
      host,
      '-p',
      String(port),
      '-U',
      '0',
      '-o',
      'no_lru_maintainer,no_lru_crawler',
      ...user,
    ],
    hasChannel: false,
    onProcess: () => undefined,
  });
  const open = (): Promise<Duplex> => openSocket(port);
  const deadline = AbortSignal.timeout(startMsMax);
  for (;;) {
    try {
      (await open()).destroy();
      break;
    } catch (error) {
      if (deadline.aborted) {
        await service.kill();
        throw new Error(`${file} did not listen on ${port}: ${await lastWords(service)}`, {
          cause: error,
        });
      }
      await delay(20);
    }
  }
  return { connect: open, [Symbol.asyncDispose]: () => service.kill() };
}

/** Sends bytes, in pieces where told, ends the client's side, and gives everything that was answered until the server closed. */
export async function exchange(
  server: MemcachedUnderTest,
  { bytes, cuts = [] }: { readonly bytes: Buffer; readonly cuts?: readonly number[] },
): Promise<string> {
  const stream = await server.connect();
  let received = '';
  stream.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  stream.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    stream.once('close', () => resolve());
    stream.once('end', () => resolve());
  });
  for (const [from, to] of piecesOf(bytes, cuts)) {
    stream.write(bytes.subarray(from, to));
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  stream.end();
  await closed;
  stream.destroy();
  return received;
}

function piecesOf(bytes: Buffer, cuts: readonly number[]): [number, number][] {
  const edges = [0, ...cuts, bytes.length];
  return edges.slice(1).map((to, index) => [edges[index] ?? 0, to]);
}

async function openSocket(port: number): Promise<Duplex> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error(`no free port on ${host}`);
  return address.port;
}
