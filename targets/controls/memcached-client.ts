import { connect, type Socket } from 'node:net';
import type { CacheClient, Endpoint, Target } from '../../harness/model/target.ts';
import { defineTarget } from '../clients/define-target.ts';

/**
 * A small correct client of memcached's text protocol, for tests of all that is around a client. One connection, one queue of waiting commands that lives and
 * dies with it; many keys go out as several gets of two keys, written at once, so that there are pipelines and multi-gets.
 */
const target: Target = defineTarget({
  name: 'memcached-client',
  // It needs no library; this one is small and there.
  package: 'fastest-levenshtein',
  protocol: 'memcached',
  lacks: [
    { ability: 'abort-signal', because: 'a call that was sent is awaited' },
    { ability: 'deadline', because: 'every call has the same patience' },
    { ability: 'get-or-load', because: 'it has nothing beyond the contract' },
  ],
  open: async ({ endpoint, timeoutMs }) => openClient(endpoint, timeoutMs),
});
export default target;

const reconnectDelayMs = 50;
const keysPerGet = 2;
const end = '\r\n';

/** What a command was answered with: the values by their keys, or a line. */
interface Answer {
  readonly line: string;
  readonly values: ReadonlyMap<string, Uint8Array>;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

function openClient(endpoint: Endpoint, timeoutMs: number): CacheClient {
  const line = openLine(endpoint);
  const send = async (words: string, data?: Uint8Array): Promise<Answer> => {
    const block = data === undefined ? [] : [data, Buffer.from(end)];
    const answer = line.send(Buffer.concat([Buffer.from(words + end), ...block]));
    return withinTime(answer, { words, timeoutMs });
  };
  const getAll = async (keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> =>
    (await send(`get ${keys.join(' ')}`)).values;
  return {
    get: async (key) => (await getAll([key])).get(key),
    getMany: async (keys) => {
      const groups = keys.flatMap((_, index) =>
        index % keysPerGet === 0 ? [keys.slice(index, index + keysPerGet)] : [],
      );
      const found = await Promise.all(groups.map(getAll));
      return keys.map((key, index) => found[Math.floor(index / keysPerGet)]?.get(key));
    },
    set: async (key, value, ttlMs) => {
      const seconds = Math.ceil(ttlMs / 1_000);
      await send(`set ${key} 0 ${seconds} ${value.byteLength}`, value);
    },
    delete: async (key) => {
      await send(`delete ${key}`);
    },
    [Symbol.asyncDispose]: async () => line.close(),
  };
}

function openLine(endpoint: Endpoint): {
  readonly send: (bytes: Buffer) => Promise<Answer>;
  readonly close: () => void;
} {
  let socket: Socket | undefined;
  let waiting: Waiting[] = [];
  let unsent: Waiting[] = [];
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;
  const flush = (): void => {
    if (socket?.readyState !== 'open' || unsent.length === 0) return;
    waiting.push(...unsent);
    socket.write(Buffer.concat(unsent.map(({ bytes }) => bytes)));
    unsent = [];
  };
  const open = (): void => {
    let received: Buffer = Buffer.alloc(0);
    socket = connect({ ...endpoint, noDelay: true });
    socket.on('connect', flush);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let next = answerIn(received); next !== null; next = answerIn(received)) {
        received = received.subarray(next.bytes);
        const { line } = next.answer;
        const command = waiting.shift();
        if (/ERROR/.test(line)) command?.reject(new Error(line));
        else command?.resolve(next.answer);
      }
    });
    // A failed attempt ends in `close` as well.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of waiting) reject(new Error('the connection ended before the answer'));
      waiting = [];
      if (!isClosed) retry = setTimeout(open, reconnectDelayMs);
    });
  };
  open();
  return {
    send: (bytes) => {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      if (unsent.push({ bytes, resolve, reject }) === 1) queueMicrotask(flush);
      return promise;
    },
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      socket?.destroy();
      for (const { reject } of unsent) reject(new Error('the client is closed'));
    },
  };
}

/** The first whole answer in these bytes, and how many of them it takes. */
function answerIn(received: Buffer): { readonly answer: Answer; readonly bytes: number } | null {
  const values = new Map<string, Uint8Array>();
  for (let at = 0; ; ) {
    const lineEnd = received.indexOf(end, at);
    if (lineEnd === -1) return null;
    const line = received.toString('latin1', at, lineEnd);
    const from = lineEnd + end.length;
    const [word, key = '', , bytes = '0'] = line.split(' ');
    if (word !== 'VALUE') return { answer: { line, values }, bytes: from };
    at = from + Number(bytes) + end.length;
    if (received.length < at) return null;
    values.set(key, Uint8Array.from(received.subarray(from, from + Number(bytes))));
  }
}

/** Gives up waiting; the command keeps its place in the queue, because its answer is still to come. */
async function withinTime<T>(
  call: Promise<T>,
  { words, timeoutMs }: { readonly words: string; readonly timeoutMs: number },
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${words}: no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
    // Nobody waits any more for what a given-up call comes to.
    call.catch(() => undefined);
  }
}
