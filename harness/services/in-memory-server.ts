import { type Duplex, duplexPair } from 'node:stream';
import type { Clock } from '../model/world.ts';
import { serveResp } from './embedded-server.ts';
import { createKeyspace } from './keyspace.ts';

/** The embedded server without sockets and with a clock that is moved by hand: for tests. */
export interface InMemoryServer {
  /** Opens a connection: sends text (latin1), and gives what was answered to it. */
  connect(): InMemoryClient;
  advanceMs(milliseconds: number): void;
  readonly logLines: readonly string[];
  close(): void;
}

interface InMemoryClient {
  /** Lets everything that is under way happen, and gives the answers since the last call, latin1. */
  send(text: string): Promise<string>;
  readonly stream: Duplex;
}

/** Starts one. `startUnixMs` is what the wall clock shows at the start. */
export function startInMemory(
  options: {
    readonly startUnixMs?: number;
    readonly usedBytesMax?: number;
    readonly connectionsMax?: number;
  } = {},
): InMemoryServer {
  let nowNs = 0;
  const clock: Clock = {
    nowNs: () => nowNs,
    sleepUntil: () => Promise.reject(new Error('the embedded server does not sleep')),
  };
  const logLines: string[] = [];
  const { startUnixMs = 1_700_000_000_000, usedBytesMax, connectionsMax } = options;
  const server = serveResp({
    world: { clock, log: (line) => logLines.push(line) },
    keyspace: createKeyspace({
      clock,
      startUnixMs,
      ...(usedBytesMax === undefined ? {} : { usedBytesMax }),
    }),
    ...(connectionsMax === undefined ? {} : { connectionsMax }),
  });
  return {
    logLines,
    advanceMs: (milliseconds) => {
      nowNs += milliseconds * 1e6;
    },
    close: () => server.close(),
    connect: () => {
      const [stream, serverSide] = duplexPair();
      // A pair of streams does not tell one side that the other was destroyed; a network does.
      stream.once('close', () => serverSide.destroy());
      serverSide.once('close', () => stream.destroy());
      server.accept(serverSide, '127.0.0.1:50000');
      let received = '';
      stream.on('data', (bytes: Buffer) => {
        received += bytes.toString('latin1');
      });
      stream.on('close', () => {
        received += '(closed)';
      });
      return {
        stream,
        send: async (text) => {
          stream.write(Buffer.from(text, 'latin1'));
          await settled();
          const answer = received;
          received = '';
          return answer;
        },
      };
    },
  };
}

/** The streams hand bytes on within a few turns of the event loop; nothing here waits for time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
