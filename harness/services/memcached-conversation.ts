import type { Duplex } from 'node:stream';
import {
  headerBytes,
  readBinaryRequest,
  requestMagic,
  runBinaryRequest,
} from './memcached-binary.ts';
import type { Counters, Exchange, ServerFacts, Step } from './memcached-exchange.ts';
import { createInput, type Input } from './memcached-input.ts';
import type { Item } from './memcached-item.ts';
import type { MemcachedStore } from './memcached-store.ts';
import { runTextLine } from './memcached-text.ts';

interface Surroundings {
  readonly store: MemcachedStore;
  readonly counters: Counters;
  readonly server: ServerFacts;
  readonly log: (line: string) => void;
}

/** memcached sends what has gathered when it has run so many commands in one go (`-R 20`). */
const commandsAtOnce = 20;
/** Replies of one go are sent when they have grown to this: a client that does not read does not fill our memory. */
const unsentBytesMax = 4 * 1024 * 1024;
/** A line that is no get and has no end by here is none: memcached closes. */
const lineBytesMax = 2048;
const spacesMax = 100;
/** The longest list of keys in one get. memcached has no limit; we have. */
const getBytesMax = 8 * 1024 * 1024;

type Protocol = 'unknown' | 'text' | 'binary';

/** Reads commands and writes replies in their order. A client that does not read its replies is not read from either. */
export function converse(connection: Duplex, { store, counters, server, log }: Surroundings): void {
  const input = createInput();
  let protocol: Protocol = 'unknown';
  let unsent: Buffer[] = [];
  let unsentBytes = 0;
  let held: Item[] = [];
  let pending: Extract<Step, { kind: 'value' | 'swallow' }> | null = null;
  let commandsLeft = commandsAtOnce;
  let isOver = false;
  let isPaused = false;

  const release = (): void => {
    for (const item of held) item.holders -= 1;
    held = [];
  };
  const forgetUnsent = (): void => {
    unsent = [];
    unsentBytes = 0;
    release();
  };
  const exchange: Exchange = {
    store,
    counters,
    server,
    isQuiet: false,
    reply: (bytes) => {
      unsent.push(bytes);
      unsentBytes += bytes.length;
    },
    hold: (item) => {
      item.holders += 1;
      held.push(item);
    },
    forgetUnsent,
  };
  const send = (): void => {
    if (unsentBytes > 0 && !connection.write(Buffer.concat(unsent, unsentBytes))) pause();
    forgetUnsent();
  };
  const pause = (): void => {
    isPaused = true;
    connection.pause();
    connection.once('drain', () => {
      isPaused = false;
      connection.resume();
      serve();
    });
  };
  const finish = (): void => {
    isOver = true;
    send();
    connection.end();
  };
  const abandon = (): void => {
    isOver = true;
    forgetUnsent();
    // What was handed to the connection before this is on its way.
    connection.end(() => connection.destroy());
  };
  const endCommand = (): void => {
    commandsLeft -= 1;
    if (commandsLeft >= 0 && unsentBytes < unsentBytesMax) return;
    send();
    commandsLeft = commandsAtOnce - 1;
  };
  const follow = (step: Step): void => {
    switch (step.kind) {
      case 'next':
        return endCommand();
      case 'flush':
        send();
        return endCommand();
      case 'close':
        return abandon();
      case 'end':
        return finish();
      case 'value':
      case 'swallow':
        pending = step;
        return;
      default:
        step satisfies never;
    }
  };
  /** False when more bytes are needed. */
  const servePending = (step: NonNullable<typeof pending>): boolean => {
    if (step.kind === 'swallow') {
      const rest = Math.max(0, step.bytes) - input.skip(step.bytes);
      pending = rest === 0 ? null : { kind: 'swallow', bytes: rest };
      if (rest === 0) endCommand();
      return rest === 0;
    }
    const value = input.take(step.bytes);
    if (value === null) return false;
    pending = null;
    follow(step.complete(value));
    return true;
  };
  const serveText = (): boolean => {
    const line = input.line();
    if (line !== null) {
      exchange.isQuiet = false;
      follow(runTextLine(exchange, line));
      return true;
    }
    if (!isHopeless(input)) return false;
    log('embedded memcached: a line without an end was sent to the cache port; it is closed');
    abandon();
    return false;
  };
  const serveBinary = (): boolean => {
    const header = input.peek(headerBytes);
    if (header === null) return false;
    if (header[0] !== requestMagic) {
      abandon();
      return false;
    }
    const bytes = input.take(headerBytes + header.readUInt16BE(2) + header.readUInt8(4));
    if (bytes === null) return false;
    follow(runBinaryRequest(exchange, readBinaryRequest(bytes)));
    return true;
  };
  /** False when there is nothing to do for now. */
  const step = (): boolean => {
    if (isOver || isPaused) return false;
    if (pending !== null) return servePending(pending);
    if (input.size() === 0) return false;
    if (protocol === 'unknown') protocol = input.peek(1)?.[0] === requestMagic ? 'binary' : 'text';
    return protocol === 'binary' ? serveBinary() : serveText();
  };
  const serve = (): void => {
    commandsLeft = commandsAtOnce;
    while (step());
    // memcached keeps earlier replies to itself while it waits for the rest of a value.
    if (!isOver && !isPaused && pending === null) send();
  };
  connection.on('data', (bytes: Buffer) => {
    if (isOver) return;
    input.push(bytes);
    if (!isPaused) serve();
  });
  connection.on('end', () => connection.end());
  connection.once('close', () => {
    isOver = true;
    forgetUnsent();
  });
}

function isHopeless(input: Input): boolean {
  if (input.size() <= lineBytesMax) return false;
  const start = input.peek(spacesMax + 'gets '.length)?.toString('latin1') ?? '';
  const isGet = /^ {0,100}gets? /.test(start);
  return !isGet || input.size() > getBytesMax;
}
