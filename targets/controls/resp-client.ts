import { connect, type Socket } from 'node:net';
import type { CacheClient, OpenOptions } from '../../harness/model/target.ts';
import { type RespReply, respReplies } from './resp-replies.ts';

/** A command that was written and waits for its reply. */
export interface Waiting {
  readonly resolve: (reply: Exclude<RespReply, Error>) => void;
  readonly reject: (error: Error) => void;
}

/** Where a control goes wrong. Without any of these the client is correct. */
export interface Quirks {
  /**
   * What still waits for replies when a connection has ended, in order, and becomes the beginning of the next connection's queue.
   * A correct client rejects all of them and keeps none.
   */
  readonly keptWaiting?: (waiting: readonly Waiting[]) => readonly Waiting[];
}

/**
 * A small correct client: one connection, one queue of waiting commands that lives and dies with it. Calls during an outage wait
 * for the next connection until their time is up.
 */
export async function openRespClient(
  { endpoint, timeoutMs }: OpenOptions,
  quirks: Quirks = {},
): Promise<CacheClient> {
  const line = openLine(() => connect({ ...endpoint, noDelay: true }), quirks);
  const call = async (...words: readonly (string | Uint8Array)[]): Promise<RespReply> =>
    withinTime(line.send(words), { timeoutMs, says: `${String(words[0])} ${String(words[1])}` });
  const get = async (key: string): Promise<Uint8Array | undefined> => {
    const reply = await call('GET', key);
    return reply instanceof Uint8Array ? reply : undefined;
  };
  return {
    get,
    // Written in one tick, and so in one burst.
    getMany: async (keys) => Promise.all(keys.map(get)),
    set: async (key, value, ttlMs) => {
      await call('SET', key, value, 'PX', String(ttlMs));
    },
    delete: async (key) => {
      await call('DEL', key);
    },
    [Symbol.asyncDispose]: async () => line.close(),
  };
}

interface Line {
  send(words: readonly (string | Uint8Array)[]): Promise<Exclude<RespReply, Error>>;
  close(): void;
}

interface Unsent extends Waiting {
  readonly bytes: Buffer;
}

const reconnectDelayMs = 50;

function openLine(dial: () => Socket, { keptWaiting = keepsNone }: Quirks): Line {
  let socket: Socket | undefined;
  let waiting: Waiting[] = [];
  let unsent: Unsent[] = [];
  let burst: Buffer[] = [];
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  const write = ({ bytes, ...command }: Unsent): void => {
    waiting.push(command);
    if (burst.push(bytes) === 1) queueMicrotask(flush);
  };
  const flush = (): void => {
    const bytes = Buffer.concat(burst);
    burst = [];
    if (bytes.byteLength > 0) socket?.write(bytes);
  };
  const open = (): void => {
    const dialled = dial();
    dialled.on('connect', () => {
      socket = dialled;
      const queued = unsent;
      unsent = [];
      for (const command of queued) write(command);
    });
    const replies = respReplies((reply) => {
      const command = waiting.shift();
      if (reply instanceof Error) command?.reject(reply);
      else command?.resolve(reply);
    });
    dialled.on('data', (chunk: Buffer) => replies(chunk));
    // A failed attempt ends in `close` as well.
    dialled.on('error', () => {});
    dialled.on('close', () => {
      socket = undefined;
      burst = [];
      const kept = new Set(isClosed ? [] : keptWaiting(waiting));
      for (const command of waiting) if (!kept.has(command)) command.reject(cut());
      waiting = [...kept];
      if (!isClosed) retry = setTimeout(open, reconnectDelayMs);
    });
    opening = dialled;
  };
  let opening: Socket | undefined;
  open();
  return {
    send: async (words) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error('the client is closed'));
        const command = { bytes: encoded(words), resolve, reject };
        if (socket === undefined) unsent.push(command);
        else write(command);
      }),
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      opening?.destroy();
      for (const command of unsent) command.reject(cut());
      unsent = [];
    },
  };
}

function keepsNone(): readonly Waiting[] {
  return [];
}

function cut(): Error {
  return new Error('the connection ended before the reply came');
}

function encoded(words: readonly (string | Uint8Array)[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.from(word);
    return [Buffer.from(`$${bytes.byteLength}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

/** Gives up waiting; the command keeps its place in the queue, because its reply is still to come. */
async function withinTime<T>(
  call: Promise<T>,
  { timeoutMs, says }: { readonly timeoutMs: number; readonly says: string },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${says}: no reply within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([call, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
