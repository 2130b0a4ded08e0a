import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Answer, ViewerConnection } from './viewer-client.ts';

/** A request as the hostile server reads it, and its way to misbehave. */
interface Exchange {
  readonly requestId: string;
  /** The one right answer to it. */
  readonly right: Buffer;
  readonly socket: Socket;
  /** Runs when the next request arrives, on whichever connection: by then a pooled connection would be in use again. */
  readonly atNextRequest: (action: () => void) => void;
}

type Misbehaviour = (exchange: Exchange) => void;

export interface HostileServer extends AsyncDisposable {
  readonly port: number;
  /** How the next request is answered; those after it are answered rightly. */
  misbehaveOnce(how: Misbehaviour): void;
  /** Whether a request came on the connection that was last misbehaved on, after that. */
  readonly usedAgain: boolean;
}

/** Every answer names the request it belongs to, in its head and in its body, so that a mis-pairing shows. */
export function rightBody(requestId: string): string {
  return `the answer to ${requestId}, whole to its end`;
}

/** A raw server on loopback: it reads requests and writes whatever bytes it is told to. */
export async function hostileServer(): Promise<HostileServer> {
  let misbehaviour: Misbehaviour | undefined;
  let atNext: (() => void)[] = [];
  let spoiled: Socket | undefined;
  let usedAgain = false;
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const requestId = /^x-request-id: (.*)$/m.exec(text.slice(0, end))?.[1]?.trim() ?? '';
        text = text.slice(end + 4);
        const due = atNext;
        atNext = [];
        for (const action of due) action();
        if (socket === spoiled) usedAgain = true;
        if (misbehaviour !== undefined) spoiled = socket;
        const how = misbehaviour ?? (({ right }) => socket.write(right));
        misbehaviour = undefined;
        const atNextRequest = (action: () => void): void => void atNext.push(action);
        how({ requestId, right: rightAnswer(requestId), socket, atNextRequest });
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    misbehaveOnce: (how) => {
      misbehaviour = how;
      spoiled = undefined;
      usedAgain = false;
    },
    get usedAgain() {
      return usedAgain;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function rightAnswer(requestId: string): Buffer {
  const body = rightBody(requestId);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nx-request-id: ${requestId}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

export function chunkedAnswer(requestId: string): Buffer {
  const body = rightBody(requestId);
  const chunks = [body.slice(0, 9), body.slice(9)].map(
    (chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
  );
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nx-request-id: ${requestId}\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`,
  );
}

/**
 * The contract of whatever feeds the oracle: one misbehaving answer between two right ones, all on one `ViewerConnection`.
 * Every answer is the right one or an error, and a connection that was not answered rightly is not used again.
 * Returns what was violated, in words; nothing when the contract holds.
 */
export async function violationsOf(
  connection: ViewerConnection,
  server: HostileServer,
  { name, how, deadlineMs = 2_000, expects = 'anything', spoilsNext = false }: ContractCase,
): Promise<string[]> {
  const violations: string[] = [];
  const ask = async (label: string, limitMs: number): Promise<Answer> => {
    const requestId = `${name}, ${label}`.replaceAll(' ', '-');
    const answer = await connection.request({
      method: 'GET',
      path: '/',
      requestId,
      deadlineMs: limitMs,
    });
    const body = answer.kind === 'answered' ? Buffer.from(answer.body).toString() : undefined;
    if (body !== undefined && body !== rightBody(requestId))
      violations.push(`${requestId} was given ${JSON.stringify(body)}`);
    return answer;
  };
  const before = await ask('before', 2_000);
  if (before.kind !== 'answered') violations.push(`${name}: before it, ${inWords(before)}`);
  server.misbehaveOnce(how);
  const during = await ask('during', deadlineMs);
  if (expects !== 'anything' && during.kind !== expects)
    violations.push(`${name}: ${inWords(during)} where ${expects} was expected`);
  const after = await ask('after', 2_000);
  if (after.kind !== 'answered' && !spoilsNext)
    violations.push(`${name}: after it, ${inWords(after)}`);
  const later = await ask('later', 2_000);
  if (later.kind !== 'answered') violations.push(`${name}: later, ${inWords(later)}`);
  if (during.kind !== 'answered' && server.usedAgain)
    violations.push(`${name}: the connection was used again after ${inWords(during)}`);
  return violations;
}

function inWords(answer: Answer): string {
  return answer.kind === 'answered' ? 'answered' : `${answer.kind}: ${answer.says}`;
}

export interface ContractCase {
  readonly name: string;
  readonly how: Misbehaviour;
  readonly deadlineMs?: number;
  readonly expects?: Answer['kind'] | 'anything';
  /** The next request may be an error too: it was sent before the client could know. It may never be mis-paired. */
  readonly spoilsNext?: boolean;
}

/** Cuts at every byte offset of an answer, by an orderly end and by a reset. */
export function cutsAtEveryByte(answerOf: (requestId: string) => Buffer): ContractCase[] {
  const length = answerOf('cut-at-000-by-fin,-during').length;
  return Array.from({ length }, (_, offset) => offset).flatMap((offset) =>
    (['fin', 'rst'] as const).map(
      (ending): ContractCase => ({
        name: `cut at ${String(offset).padStart(3, '0')} by ${ending}`,
        expects: 'failed',
        how: ({ requestId, socket }) => {
          const end = (): void => void (ending === 'fin' ? socket.end() : socket.resetAndDestroy());
          if (offset === 0) end();
          else socket.write(answerOf(requestId).subarray(0, offset), end);
        },
      }),
    ),
  );
}

/** Two writes with a turn of the loop between them, at every byte offset; and each byte by itself. */
export function splitsAtEveryByte(answerOf: (requestId: string) => Buffer): ContractCase[] {
  const length = answerOf('split-at-000,-during').length;
  const cases = Array.from(
    { length },
    (_, offset): ContractCase => ({
      name: `split at ${String(offset).padStart(3, '0')}`,
      expects: 'answered',
      how: ({ requestId, socket }) => {
        const answer = answerOf(requestId);
        socket.write(answer.subarray(0, offset), () =>
          setTimeout(() => socket.write(answer.subarray(offset)), 1),
        );
      },
    }),
  );
  const byBytes: ContractCase = {
    name: 'every byte by itself',
    expects: 'answered',
    how: ({ requestId, socket }) => {
      const answer = answerOf(requestId);
      const writeFrom = (offset: number): void => {
        if (offset === answer.length) return;
        socket.write(answer.subarray(offset, offset + 1), () =>
          setImmediate(() => writeFrom(offset + 1)),
        );
      };
      writeFrom(0);
    },
  };
  return [...cases, byBytes];
}

/** What no well-behaved server does, and what a tired one does. */
export const oddities: readonly ContractCase[] = [
  {
    name: 'late, when the connection would be in use again',
    deadlineMs: 30,
    expects: 'expired',
    how: ({ right, socket, atNextRequest }) => atNextRequest(() => socket.write(right)),
  },
  {
    name: 'half in time and half late',
    deadlineMs: 30,
    expects: 'expired',
    how: ({ right, socket, atNextRequest }) => {
      socket.write(right.subarray(0, 70));
      atNextRequest(() => socket.write(right.subarray(70)));
    },
  },
  {
    name: 'twice in one write',
    expects: 'failed',
    how: ({ right, socket }) => socket.write(Buffer.concat([right, right])),
  },
  {
    name: 'twice, the second with the next request',
    spoilsNext: true,
    how: ({ right, socket, atNextRequest }) => {
      socket.write(right);
      atNextRequest(() => socket.write(right));
    },
  },
  {
    name: 'the answer to another request',
    expects: 'wrong-echo',
    how: ({ socket }) => socket.write(rightAnswer('somebody-else')),
  },
  {
    name: 'no echo',
    expects: 'wrong-echo',
    how: ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'),
  },
  {
    name: 'two echoes',
    expects: 'wrong-echo',
    how: ({ requestId, socket }) =>
      socket.write(
        `HTTP/1.1 200 OK\r\nx-request-id: other\r\nx-request-id: ${requestId}\r\ncontent-length: 2\r\n\r\nhi`,
      ),
  },
  {
    name: 'a length that is too short',
    expects: 'failed',
    how: ({ right, socket }) =>
      socket.write(right.toString().replace(/content-length: [0-9]+/, 'content-length: 5')),
  },
  {
    name: 'a length that is too long',
    deadlineMs: 30,
    expects: 'expired',
    how: ({ right, socket }) =>
      socket.write(right.toString().replace(/content-length: [0-9]+/, 'content-length: 999')),
  },
  {
    name: 'a length that is too long, and then the end',
    expects: 'failed',
    how: ({ right, socket }) =>
      socket.end(right.toString().replace(/content-length: [0-9]+/, 'content-length: 999')),
  },
  {
    name: 'a length and chunks',
    expects: 'failed',
    how: ({ requestId, socket }) =>
      socket.write(
        chunkedAnswer(requestId).toString().replace('\r\n\r\n', '\r\ncontent-length: 9\r\n\r\n'),
      ),
  },
  {
    name: 'a chunk that is longer than it says',
    expects: 'failed',
    how: ({ requestId, socket }) =>
      socket.write(chunkedAnswer(requestId).toString().replace('\r\n\r\n9\r\n', '\r\n\r\n4\r\n')),
  },
  {
    name: 'garbage',
    expects: 'failed',
    how: ({ socket }) => socket.write(Buffer.from([0, 255, 13, 10, 13, 10, 7, 7, 7])),
  },
  {
    name: 'a body that only the end delimits',
    expects: 'failed',
    how: ({ requestId, socket }) =>
      socket.end(`HTTP/1.1 200 OK\r\nx-request-id: ${requestId}\r\n\r\nhalf of som`),
  },
  {
    name: 'an interim answer and then the right one',
    expects: 'failed',
    how: ({ right, socket }) =>
      socket.write(Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), right])),
  },
  {
    name: 'an end right behind the answer',
    spoilsNext: true,
    expects: 'answered',
    how: ({ right, socket }) => socket.end(right),
  },
];
