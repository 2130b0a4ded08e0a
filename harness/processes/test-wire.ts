import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { CutKind } from '../model/fault.ts';
import type { WireConnectionRow, WireRow } from '../model/rows.ts';
import type { Endpoint } from '../model/target.ts';
import { realWorld } from './real-world.ts';
import { listenWire, type WireSockets } from './wire-sockets.ts';

interface Observed {
  /** Everything that was received before the end. */
  readonly text: string;
  /** `end` for a FIN, or the error's code. */
  readonly ending: string;
}

/** A client that is nothing but a socket, so that what it sees is what the system shows. */
export class Probe {
  text = '';
  ending = '';
  /** How much had been received after each read. */
  readonly reads: number[] = [];
  readonly socket: Socket;
  readonly #over: Promise<void>;

  constructor(endpoint: Endpoint) {
    this.socket = connect({ ...endpoint, noDelay: true });
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
      this.reads.push(this.text.length);
    });
    this.#over = new Promise((resolve) => {
      this.socket.on('end', () => {
        this.ending ||= 'end';
      });
      this.socket.on('error', (error: NodeJS.ErrnoException) => {
        this.ending ||= error.code ?? error.message;
      });
      this.socket.on('close', () => resolve());
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  async over(): Promise<Observed> {
    await this.#over;
    return { text: this.text, ending: this.ending };
  }

  /** Until the text was received, or the connection is over. */
  async received(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      // A connection that fails is for `over` to tell.
      await once(this.socket, 'data').catch(() => undefined);
      if (this.socket.destroyed) return;
    }
  }
}

/** Answers `GET key` with `value of key`, `PING` with `+PONG`, and anything else with `+OK`; one write a read, as Redis does. */
export function answerLikeACache(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    const words = chunk.toString('latin1').split('\r\n');
    let replies = '';
    for (let index = 0; index < words.length; index += 1) {
      if (words[index] === 'GET') {
        const value = `value of ${words[index + 2]}`;
        replies += `$${value.length}\r\n${value}\r\n`;
      }
      if (words[index] === 'PING') replies += '+PONG\r\n';
    }
    socket.write(replies);
  });
}

export async function scriptedServer(onConnection: (socket: Socket) => void): Promise<Endpoint> {
  const server: Server = createServer({ noDelay: true }, onConnection);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { host: '127.0.0.1', port: portOf(server) };
}

interface Rows {
  readonly replies: WireRow[];
  readonly connections: WireConnectionRow[];
}

export async function wireTo(
  upstream: Endpoint | (() => Endpoint),
  port = 0,
): Promise<WireSockets & { readonly rows: Rows }> {
  const rows: Rows = { replies: [], connections: [] };
  let ids = 0;
  const sockets = await listenWire({
    host: '127.0.0.1',
    port,
    upstream: typeof upstream === 'function' ? upstream : () => upstream,
    world: realWorld({ startTicks: `${process.hrtime.bigint()}`, seed: 7 }, 'wire'),
    recorder: {
      nextId: () => (ids += 1),
      wire: (row) => rows.replies.push(row),
      wireConnection: (row) => rows.connections.push(row),
    },
  });
  onTestFinished(() => sockets.close());
  return { ...sockets, rows };
}

export const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
export const get = (key: string): string => command('GET', key);
export const reply = (key: string): string => `$${9 + key.length}\r\nvalue of ${key}\r\n`;
export const codeOf: Record<CutKind, string> = { fin: 'end', rst: 'ECONNRESET' };

export const kinds: readonly CutKind[] = ['fin', 'rst'];

/** A port on which nobody listens. */
export async function portOfNobody(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return address.port;
}
