import { connect } from 'node:net';
import type { CacheClient, OpenOptions } from '../../harness/model/target.ts';
import { withinDeadline } from '../clients/deadline.ts';
import { type RespReply, respReplies } from './resp-replies.ts';

/** Where a client of a cluster goes wrong. Without any of these it is correct. */
export interface ClusterQuirks {
  /** Forgets that ASKING has a reply of its own: every later reply on that connection goes to whoever waited before it. */
  readonly forgetsReplyOfAsking?: boolean;
}

type Answer = Exclude<RespReply, Error>;
type Words = readonly (string | Uint8Array)[];

/** Of a command, its reply and who waits for it. */
interface Waiting {
  readonly resolve: (reply: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** More than a slot that moves back and forth can cause. */
const redirectionsMax = 16;

/**
 * A small correct client of a cluster: a connection to each node, made when it is needed, with a queue that lives and dies with it. It
 * remembers by key where MOVED sent it, and follows ASK for one command.
 */
export async function openClusterClient(
  { endpoint: { host, port }, timeoutMs }: OpenOptions,
  quirks: ClusterQuirks = {},
): Promise<CacheClient> {
  const lines = new Map<string, Line>();
  const first = `${host}:${port}`;
  const homes = new Map<string, string>();
  const lineTo = (address: string): Line => {
    const known = lines.get(address);
    if (known?.isOpen() === true) return known;
    const opened = openLine(address);
    lines.set(address, opened);
    return opened;
  };
  const ask = async (key: string, words: Words): Promise<Answer> => {
    let address = homes.get(key) ?? first;
    let isSentOn = false;
    for (let redirections = 0; redirections <= redirectionsMax; redirections += 1) {
      const line = lineTo(address);
      if (isSentOn && quirks.forgetsReplyOfAsking === true) line.write(['ASKING']);
      else if (isSentOn) line.send(['ASKING']).catch(() => undefined);
      const reply = await line.send(words).catch((error: unknown) => redirectionOf(error));
      if (!isRedirection(reply)) return reply;
      ({ address, isSentOn } = reply);
      if (!isSentOn) homes.set(key, address);
    }
    throw new Error(`${String(words[0])} ${key} was sent on more than ${redirectionsMax} times`);
  };
  const call = async (key: string, words: Words): Promise<Answer> =>
    withinDeadline(ask(key, words), timeoutMs, `${String(words[0])} ${key}`);
  const get = async (key: string): Promise<Uint8Array | undefined> => {
    const reply = await call(key, ['GET', key]);
    return reply instanceof Uint8Array ? reply : undefined;
  };
  return {
    get,
    getMany: async (keys) => Promise.all(keys.map(get)),
    set: async (key, value, ttlMs) => {
      await call(key, ['SET', key, value, 'PX', String(ttlMs)]);
    },
    delete: async (key) => {
      await call(key, ['DEL', key]);
    },
    [Symbol.asyncDispose]: async () => {
      for (const line of lines.values()) line.close();
    },
  };
}

interface Redirection {
  readonly address: string;
  /** By ASK: for this command alone. */
  readonly isSentOn: boolean;
}

/** Throws what is no redirection. */
function redirectionOf(error: unknown): Redirection {
  const [, word, address] =
    /^(ASK|MOVED) \d+ (\S+)$/.exec(error instanceof Error ? error.message : '') ?? [];
  if (address === undefined) throw error;
  return { address, isSentOn: word === 'ASK' };
}

function isRedirection(reply: Answer | Redirection): reply is Redirection {
  return typeof reply === 'object' && reply !== null && 'isSentOn' in reply;
}

interface Line {
  isOpen(): boolean;
  /** Writes a command and waits for a reply to it. */
  send(words: Words): Promise<Answer>;
  /** Writes a command, and expects no reply. */
  write(words: Words): void;
  close(): void;
}

function openLine(address: string): Line {
  const [host = '', port = ''] = address.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true });
  const waiting: Waiting[] = [];
  const replies = respReplies((reply) => {
    const next = waiting.shift();
    if (reply instanceof Error) next?.reject(reply);
    else next?.resolve(reply);
  });
  socket.on('data', (chunk: Buffer) => replies(chunk));
  // A failed attempt ends in `close` as well.
  socket.on('error', () => {});
  socket.on('close', () => {
    const ended = new Error(`the connection to ${address} ended before the reply came`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  });
  const write = (words: Words): void => {
    socket.write(encoded(words));
  };
  return {
    isOpen: () => !socket.destroyed,
    write,
    send: async (words) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error(`the connection to ${address} has ended`));
        waiting.push({ resolve, reject });
        write(words);
      }),
    close: () => socket.destroy(),
  };
}

function encoded(words: Words): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.from(word);
    return [Buffer.from(`$${bytes.byteLength}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}
