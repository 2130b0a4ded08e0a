import { connect } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import type { Provider, StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { Clock } from '../model/world.ts';
import { serveMemcached } from './memcached-server.ts';
import { createMemcachedStore } from './memcached-store.ts';
import { type ProcessOptions, processProvider } from './process.ts';

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

/**
 * A real server. The threads by which it tidies up are left out: what they have come to is visible in its replies (a number is
 * padded or not), and they keep no order.
 */
export function realMemcached(options: ProcessOptions): Provider {
  const parameters = ['-o', 'no_lru_maintainer,no_lru_crawler'];
  return processProvider({ ...options, spec: { service: 'memcached', parameters } });
}

/** A started one, to open connections to. */
export function connectable(service: StartedService): MemcachedUnderTest {
  return {
    connect: () => openSocket(service.endpoint),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
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

async function openSocket(endpoint: Endpoint): Promise<Duplex> {
  const socket = connect({ ...endpoint, noDelay: true, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}
