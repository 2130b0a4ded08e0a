import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../model/target.ts';

/** One connection that sends commands and gives back the raw bytes of each reply: for tests that compare two servers. */
export interface Conversation extends AsyncDisposable {
  /** Sends bytes and waits for that many replies, 10 seconds at most. A connection that is closed gives those that came, and then 'closed'. */
  say(bytes: Uint8Array, replies: number): Promise<(Buffer | 'closed')[]>;
}

const replyMsMax = 10_000;

/** Opens a connection. Rejects when the server does not accept it. */
export async function openConversation({ host, port }: Endpoint): Promise<Conversation> {
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let received = Buffer.alloc(0);
  let isClosed = false;
  let wake = (): void => undefined;
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  const next = async (deadline: AbortSignal): Promise<Buffer | 'closed'> => {
    for (;;) {
      const end = replyEnd(received, 0);
      if (end >= 0) {
        const reply = received.subarray(0, end);
        received = received.subarray(end);
        return reply;
      }
      if (isClosed) return 'closed';
      if (deadline.aborted)
        throw new Error(
          `no whole reply within ${replyMsMax} ms; so far ${JSON.stringify(received.toString('latin1', 0, 500))}`,
        );
      await new Promise<void>((resolve) => {
        wake = resolve;
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  };
  return {
    say: async (bytes, replies) => {
      const deadline = AbortSignal.timeout(replyMsMax);
      socket.write(bytes);
      const answers: (Buffer | 'closed')[] = [];
      while (answers.length < replies && answers.at(-1) !== 'closed')
        answers.push(await next(deadline));
      return answers;
    },
    [Symbol.asyncDispose]: () => ended(socket),
  };
}

/** Where the reply that starts at `from` ends, or -1 while it is not whole. */
export function replyEnd(bytes: Buffer, from: number): number {
  const lineEnd = bytes.indexOf('\r\n', from, 'latin1');
  if (lineEnd < 0) return -1;
  const type = String.fromCharCode(bytes[from] ?? 0);
  const body = lineEnd + 2;
  const count = Number(bytes.toString('latin1', from + 1, lineEnd));
  if ('$='.includes(type)) {
    const end = count < 0 ? body : body + count + 2;
    return end <= bytes.length ? end : -1;
  }
  if (!'*~%'.includes(type)) return body;
  let end = body;
  const items = type === '%' ? count * 2 : count;
  for (let item = 0; item < items && end >= 0; item += 1) end = replyEnd(bytes, end);
  return end;
}

/** A command as an array of bulk strings. */
export function encodeCommand(words: readonly (string | Uint8Array)[]): Buffer {
  const chunks = words.flatMap((word) => {
    const bytes = typeof word === 'string' ? Buffer.from(word, 'latin1') : word;
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...chunks]);
}

async function ended(socket: Socket): Promise<void> {
  if (socket.closed) return;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.destroy();
  await closed;
}
