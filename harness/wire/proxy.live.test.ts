import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { CutKind, WireRule } from '../model/fault.ts';
import type { WireConnectionRow, WireRow } from '../model/rows.ts';
import type { Endpoint } from '../model/target.ts';
import { realWorld } from '../processes/real-world.ts';
import { listenWire, type WireSockets } from '../processes/wire-sockets.ts';

interface Observed {
  /** Everything that was received before the end. */
  readonly text: string;
  /** `end` for a FIN, or the error's code. */
  readonly ending: string;
}

/** A client that is nothing but a socket, so that what it sees is what the system shows. */
class Probe {
  text = '';
  ending = '';
  readonly socket: Socket;
  readonly #over: Promise<void>;

  constructor(endpoint: Endpoint) {
    this.socket = connect({ ...endpoint, noDelay: true });
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
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

  async received(text: string): Promise<void> {
    while (!this.text.includes(text)) await once(this.socket, 'data');
  }
}

/** Answers `GET key` with `value of key`, `PING` with `+PONG`, and anything else with `+OK`; one write a read, as Redis does. */
function answerLikeACache(socket: Socket): void {
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

async function scriptedServer(onConnection: (socket: Socket) => void): Promise<Endpoint> {
  const server: Server = createServer({ noDelay: true }, onConnection);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return { host: '127.0.0.1', port: address.port };
}

interface Rows {
  readonly replies: WireRow[];
  readonly connections: WireConnectionRow[];
}

async function wireTo(upstream: Endpoint): Promise<WireSockets & { readonly rows: Rows }> {
  const rows: Rows = { replies: [], connections: [] };
  let ids = 0;
  const sockets = await listenWire({
    host: '127.0.0.1',
    port: 0,
    upstream: () => upstream,
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

const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const get = (key: string): string => command('GET', key);
const reply = (key: string): string => `$${9 + key.length}\r\nvalue of ${key}\r\n`;
const codeOf: Record<CutKind, string> = { fin: 'end', rst: 'ECONNRESET' };

const kinds: readonly CutKind[] = ['fin', 'rst'];

describe('what a client sees at its end of the socket', () => {
  test.each(kinds)('exactly two replies of a pipeline of five, and then a %s', async (how) => {
    const wire = await wireTo(await scriptedServer(answerLikeACache));
    const rule: WireRule = {
      ...{ type: 'cut-after-reply', reply: 2, how, timesMax: 1 },
      selector: { burstSizeMin: 5 },
    };
    await using installed = await wire.wire.install('cut-1', rule);
    const probe = new Probe(wire.endpoint);
    probe.socket.write(['a', 'b', 'c', 'd', 'e'].map(get).join(''));
    expect(await probe.over()).toEqual({ text: reply('a') + reply('b'), ending: codeOf[how] });
    expect(installed.bit()).toBe(1);
  });
});
