import type { Duplex } from 'node:stream';
import type { Clock, Nanoseconds } from '../model/world.ts';
import { type AnswerReader, answerReader, type HttpAnswer } from './http-answer.ts';

interface ViewerRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query, already percent-encoded. */
  readonly path: string;
  readonly requestId: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Counted from the call, so connecting is within it. */
  readonly deadlineMs: number;
}

/** What became of one request. Only `answered` has a body, and it is the body of this request. */
export type Answer =
  | (HttpAnswer & { readonly kind: 'answered' } & Moments)
  /** The answer named another request, or none. Its body is not kept: whose it is cannot be known. */
  | ({ readonly kind: 'wrong-echo'; readonly status: number; readonly says: string } & Moments)
  | ({ readonly kind: 'failed'; readonly says: string } & Moments)
  | ({ readonly kind: 'expired'; readonly says: string } & Moments);

interface Moments {
  /** When the client set out: wrote the request, or began to connect for it. */
  readonly sentNs: Nanoseconds;
  readonly doneNs: Nanoseconds;
}

/** A viewer's way to the backend, one request at a time, whichever engine serves it. */
export interface ViewerConnection {
  /** Resolves always, and never later than the deadline but for a busy loop. Throws when a request is still open. */
  request(request: ViewerRequest): Promise<Answer>;
  /** Destroys the connection. An open request fails with `says`. A later request connects anew. */
  close(says: string): void;
}

export interface ViewerConnectionOptions {
  /** A new stream of bytes to the backend, connecting or connected. The client destroys it. */
  readonly connect: () => Duplex;
  readonly clock: Clock;
  /** The `host` header. */
  readonly authority: string;
  /** A connection unused for longer is replaced: the server may be closing it at this very moment. */
  readonly idleMsMax?: number;
}

/** Below the 5 s after which Node's own server closes an idle connection. */
const idleMsMaxDefault = 3_000;

/**
 * A lean HTTP/1.1 client whose answers can be trusted. Why not a pool:
 *
 * 1. viewer-7 asks, and gives up at its deadline. 2. The connection goes back to a pool. 3. viewer-8 asks on it and is
 * handed viewer-7's answer. A load generator that does this invents the very leaks that it looks for.
 *
 * So a connection and the reader of its bytes live and die together. Whatever is not one whole, well-framed answer
 * to the one open request, with the request's id echoed and nothing behind it, destroys both; so do bytes that nobody asked for.
 */
export function viewerConnection(options: ViewerConnectionOptions): ViewerConnection {
  const { clock, idleMsMax = idleMsMaxDefault } = options;
  let line: Line | undefined;
  let asked: Asked | undefined;

  /** The one place where a request ends: whatever comes for it afterwards finds nothing to end. */
  const settle = (answer: Unsettled): void => {
    const ending = asked;
    if (ending === undefined) return;
    asked = undefined;
    ending.cancelDeadline();
    if (!(answer.kind === 'answered' && answer.keepsAlive)) drop();
    if (line !== undefined) line.idleSinceNs = clock.nowNs();
    ending.resolve({ ...answer, sentNs: ending.sentNs, doneNs: clock.nowNs() });
  };
  const drop = (): void => {
    const dropped = line;
    line = undefined;
    dropped?.stream.destroy();
  };
  const onBytes = (from: Line, bytes: Uint8Array): void => {
    // A destroyed stream may still hand over what it had read.
    if (from !== line) return;
    if (asked === undefined) return drop();
    const progress = asked.reader.push(bytes);
    if (progress.state === 'more') return;
    if (progress.state === 'odd') settle({ kind: 'failed', says: `odd answer: ${progress.says}` });
    else settle(matched(progress.answer, asked.requestId));
  };
  const onEnd = (from: Line, how: string): void => {
    if (from !== line) return;
    const received = asked?.reader.received ?? 0;
    drop();
    settle({ kind: 'failed', says: `${how} after ${received} bytes of the answer` });
  };
  const open = (): Line => {
    const opened: Line = { stream: options.connect(), idleSinceNs: clock.nowNs() };
    opened.stream.on('data', (bytes: Uint8Array) => onBytes(opened, bytes));
    opened.stream.on('end', () => onEnd(opened, 'connection ended'));
    opened.stream.on('close', () => onEnd(opened, 'connection closed'));
    // This listener stays for good: a stream may fail after it was destroyed, and nobody else listens.
    opened.stream.on('error', (error) => onEnd(opened, error.message));
    return opened;
  };

  return {
    request: (request) => {
      if (asked !== undefined)
        throw new Error(
          `request ${request.requestId} while ${asked.requestId} is open: one request at a time on a connection`,
        );
      const text = requestText(request, options.authority);
      if (line !== undefined && clock.nowNs() - line.idleSinceNs > idleMsMax * 1e6) drop();
      const sentNs = clock.nowNs();
      return new Promise<Answer>((resolve) => {
        const cancelDeadline = afterDeadline(request.deadlineMs, () =>
          settle({ kind: 'expired', says: `no whole answer within ${request.deadlineMs} ms` }),
        );
        const { requestId } = request;
        asked = { requestId, sentNs, reader: answerReader(), resolve, cancelDeadline };
        line ??= open();
        line.stream.write(text);
      });
    },
    close: (says) => {
      drop();
      settle({ kind: 'failed', says });
    },
  };
}

interface Line {
  readonly stream: Duplex;
  idleSinceNs: Nanoseconds;
}

interface Asked {
  readonly requestId: string;
  readonly sentNs: Nanoseconds;
  readonly reader: AnswerReader;
  readonly resolve: (answer: Answer) => void;
  readonly cancelDeadline: () => void;
}

type Unsettled = Answer extends infer Kind
  ? Kind extends Moments
    ? Omit<Kind, keyof Moments>
    : never
  : never;

function matched(answer: HttpAnswer, requestId: string): Unsettled {
  const echoed = answer.headers.get('x-request-id');
  if (echoed === requestId) return { kind: 'answered', ...answer };
  const says =
    echoed === undefined
      ? `the answer to ${requestId} names no request`
      : `the answer to ${requestId} names ${JSON.stringify(echoed.slice(0, 200))}`;
  return { kind: 'wrong-echo', status: answer.status, says };
}

/**
 * Calls back when the time is up, and the loop has read its sockets once more since: after a busy spell timers come before
 * sockets, and an answer that had arrived in time must not be called late.
 */
function afterDeadline(deadlineMs: number, expire: () => void): () => void {
  let grace: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    grace = setImmediate(expire);
  }, Math.ceil(deadlineMs));
  return () => {
    clearTimeout(timer);
    clearImmediate(grace);
  };
}

function requestText(request: ViewerRequest, authority: string): string {
  const { method, path, requestId, headers = {}, body } = request;
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${authority}`,
    `x-request-id: ${requestId}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined
      ? []
      : ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`]),
  ];
  const odd = lines.find((line) => !/^[\t\x20-\x7e]*$/.test(line));
  if (odd !== undefined || /\s/.test(path))
    throw new Error(
      `a request line or header may hold printable ASCII only, got ${JSON.stringify(odd ?? path)}; percent-encode it`,
    );
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}
