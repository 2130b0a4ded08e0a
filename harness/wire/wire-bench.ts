import type { WireConnectionRow, WireRow } from '../model/rows.ts';
import type { Rng } from '../model/world.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';
import { type MemoryPairOptions, type MemorySocket, memoryPair } from './memory-pair.ts';
import { createWire, type Wire, type WireOptions } from './proxy.ts';

/** One end of a connection, and everything that it has seen. */
export interface Watched {
  readonly socket: MemorySocket;
  /** Received so far, a character a byte. */
  text: string;
  /** `end` for a FIN, or the error's code; empty while it is open. */
  ending: string;
}

/** A wire between clients and a server that a test plays by hand, on a clock that stands still. */
export interface WireBench {
  readonly wire: Wire;
  readonly clock: ManualClock;
  readonly replies: WireRow[];
  readonly connections: WireConnectionRow[];
  readonly lines: string[];
  /** A new connection through the wire: the client's end, and the server's end of what the wire opened for it; a dead one if it did not. */
  connect(): { readonly client: Watched; readonly server: Watched };
  /** Sends, and lets everything happen that needs no time. */
  send(from: Watched, text: string): Promise<void>;
}

export function wireBench(
  options: Partial<WireOptions> & { readonly pair?: MemoryPairOptions } = {},
): WireBench {
  const clock = manualClock();
  const replies: WireRow[] = [];
  const connections: WireConnectionRow[] = [];
  const lines: string[] = [];
  const servers: Watched[] = [];
  let ids = 0;
  const wire = createWire({
    world: { clock, rng: evenLots(), log: (line) => lines.push(line) },
    recorder: {
      nextId: () => (ids += 1),
      wire: (row) => replies.push(row),
      wireConnection: (row) => connections.push(row),
    },
    digest: (bytes) => `digest of ${textOf(bytes)}`,
    connectUpstream: () => {
      const [ours, theirs] = memoryPair(options.pair);
      servers.push(watch(theirs));
      return ours;
    },
    ...options,
  });
  return {
    wire,
    clock,
    replies,
    connections,
    lines,
    connect: () => {
      const [theirs, ours] = memoryPair(options.pair);
      const client = watch(theirs);
      // Connections that a rule made to wait are opened later, and are nobody's here.
      servers.length = 0;
      wire.accept(ours);
      return { client, server: servers.pop() ?? watch(memoryPair()[0]) };
    },
    send: async (from, text) => {
      from.socket.write(bytesOf(text));
      await clock.settle();
    },
  };
}

/** Lots that cover their range evenly: each is the one before and a golden section of it, around the circle. */
function evenLots(): Rng {
  let last = 0;
  const unit = (): number => {
    last = (last + (Math.sqrt(5) - 1) / 2) % 1;
    return last;
  };
  return {
    unit,
    integer: (min, max) => min + Math.floor(unit() * (max - min + 1)),
    chance: (ratio) => unit() < ratio,
    fork: () => evenLots(),
  };
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A RESP command of these words. */
export function commandOf(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => bulkOf(word)).join('')}`;
}

/** A RESP bulk string. */
export function bulkOf(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function watch(socket: MemorySocket): Watched {
  const watched: Watched = { socket, text: '', ending: '' };
  socket.on('data', (chunk: Uint8Array) => {
    watched.text += textOf(chunk);
  });
  socket.on('end', () => {
    watched.ending ||= 'end';
  });
  socket.on('error', (error: Error & { code?: string }) => {
    watched.ending ||= error.code ?? error.message;
  });
  return watched;
}
