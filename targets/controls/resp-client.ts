import { connect, type Socket } from 'node:net';
import type { CacheClient, CallOptions, OpenOptions } from '../../harness/model/target.ts';
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
  /**
   * Whose place in the queue is given up with the call, although the reply is still to come: calls whose time is up, or calls that
   * were aborted. A correct client keeps every place until its reply has come.
   */
  readonly givesUpPlaceOf?: 'timed-out' | 'aborted';
  /** Replies that nobody waits for stay, as unread bytes of a socket do, for the commands that come next. A correct client has none. */
  readonly keepsUnread?: boolean;
  /** What is said first on a connection, by its ordinal from 1. */
  readonly greeting?: (connection: number) => readonly string[] | undefined;
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
  const call = async (
    words: readonly (string | Uint8Array)[],
    signal?: AbortSignal,
  ): Promise<RespReply> => {
    const { reply, giveUpPlace } = line.send(words);
    const abort = quirks.givesUpPlaceOf === 'aborted' ? signal : undefined;
    const says = `${String(words[0])} ${String(words[1])}`;
    return withinTime(reply, {
      timeoutMs,
      says,
      abort,
      onTimeout: quirks.givesUpPlaceOf === 'timed-out' ? giveUpPlace : () => {},
      onAbort: giveUpPlace,
    });
  };
  const get = async (key: string, options?: CallOptions): Promise<Uint8Array | undefined> => {
    const reply = await call(['GET', key], options?.signal);
    return reply instanceof Uint8Array ? reply : undefined;
  };
  return {
    get,
    // Written in one tick, and so in one burst.
    getMany: async (keys, options) => Promise.all(keys.map(async (key) => get(key, options))),
    set: async (key, value, ttlMs) => {
      await call(['SET', key, value, 'PX', String(Math.ceil(ttlMs))]);
    },
    delete: async (key) => {
      await call(['DEL', key]);
    },
    [Symbol.asyncDispose]: async () => line.close(),
  };
}

interface Line {
  send(words: readonly (string | Uint8Array)[]): Sent;
  close(): void;
}

interface Sent {
  readonly reply: Promise<Exclude<RespReply, Error>>;
  /** Nobody is given the reply's place any more, which a correct client never does. */
  readonly giveUpPlace: () => void;
}

interface Unsent extends Waiting {
  readonly bytes: Buffer;
}

const reconnectDelayMs = 50;

function openLine(dial: () => Socket, quirks: Quirks): Line {
  const { keptWaiting = keepsNone, greeting = () => undefined, keepsUnread = false } = quirks;
  let connections = 0;
  let socket: Socket | undefined;
  let waiting: Waiting[] = [];
  let unread: RespReply[] = [];
  let unsent: Unsent[] = [];
  let burst: Buffer[] = [];
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  const write = (command: Unsent): void => {
    const stale = unread.shift();
    if (stale === undefined) waiting.push(command);
    else settle(command, stale);
    if (burst.push(command.bytes) === 1) queueMicrotask(flush);
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
      connections += 1;
      const first = greeting(connections);
      if (first !== undefined)
        write({ bytes: encoded(first), resolve: () => {}, reject: () => dialled.destroy() });
      const queued = unsent;
      unsent = [];
      for (const command of queued) write(command);
    });
    const replies = respReplies((reply) => {
      const command = waiting.shift();
      if (command !== undefined) settle(command, reply);
      else if (keepsUnread) unread.push(reply);
    });
    dialled.on('data', (chunk: Buffer) => replies(chunk));
    // A failed attempt ends in `close` as well.
    dialled.on('error', () => {});
    dialled.on('close', () => {
      socket = undefined;
      burst = [];
      unread = [];
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
    send: (words) => {
      const {
        promise: reply,
        resolve,
        reject,
      } = Promise.withResolvers<Exclude<RespReply, Error>>();
      const command = { bytes: encoded(words), resolve, reject };
      if (isClosed) reject(new Error('the client is closed'));
      else if (socket === undefined) unsent.push(command);
      else write(command);
      const giveUpPlace = (): void => {
        waiting = waiting.filter((each) => each !== command);
      };
      return { reply, giveUpPlace };
    },
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      opening?.destroy();
      for (const command of unsent) command.reject(cut());
      unsent = [];
    },
  };
}

function settle(command: Waiting, reply: RespReply): void {
  if (reply instanceof Error) command.reject(reply);
  else command.resolve(reply);
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

interface Patience {
  readonly timeoutMs: number;
  readonly says: string;
  readonly abort: AbortSignal | undefined;
  readonly onTimeout: () => void;
  readonly onAbort: () => void;
}

/** Gives up waiting; the command keeps its place in the queue unless told, because its reply is still to come. */
async function withinTime<T>(
  call: Promise<T>,
  { timeoutMs, says, abort, onTimeout, onAbort }: Patience,
): Promise<T> {
  const givenUp = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    onTimeout();
    givenUp.reject(new Error(`${says}: no reply within ${timeoutMs} ms`));
  }, timeoutMs);
  const aborted = (): void => {
    onAbort();
    givenUp.reject(new Error(`${says}: aborted`));
  };
  abort?.addEventListener('abort', aborted, { once: true });
  try {
    return await Promise.race([call, givenUp.promise]);
  } finally {
    clearTimeout(timer);
    abort?.removeEventListener('abort', aborted);
    // Nobody waits any more for what a given-up call comes to.
    call.catch(() => {});
  }
}
