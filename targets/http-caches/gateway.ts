import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { endToEnd, fieldOf, type HttpFields } from '../../harness/services/http-cache-message.ts';
import type { OpenHttpCache } from './http-cache-library.ts';

/** What is asked of the origin, through the library. */
export interface GatewayRequest {
  readonly method: string;
  /** Path and query, as it was sent. */
  readonly target: string;
  readonly fields: HttpFields;
  /** Absent where the request has none. */
  readonly body?: Buffer;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly fields: HttpFields;
  readonly body: Readable | Uint8Array;
  /** Whether the library says that it came out of its store. */
  readonly isStored: boolean;
}

/** Asks the origin through the library. Rejects when there is no answer; the signal aborts when whoever asked hangs up. */
export type AskThrough = (request: GatewayRequest, signal: AbortSignal) => Promise<GatewayAnswer>;

/** A request has a password at most. */
const bodyBytesMax = 1024 * 1024;

/** As long as the reference cloud keeps an idle connection, so that a gateway in between changes nothing there. */
const clientIdleMsMax = 72_000;

/** Serves what a library caches. The caller listens and closes. */
export function createGatewayServer({ serve }: OpenHttpCache): Server {
  return createServer({ keepAliveTimeout: clientIdleMsMax }, (incoming, outgoing) => {
    void serve(incoming, outgoing);
  });
}

/** Leads requests through a client: what a backend for a web view does. */
export function throughClient(
  ask: AskThrough,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  return async (incoming, outgoing) => {
    const requestId = incoming.headers['x-request-id'];
    const signal = hangUpOf(outgoing);
    try {
      const answer = await ask(await requestOf(incoming), signal);
      const { status, body } = answer;
      outgoing.writeHead(status, told(answer, requestId));
      if (incoming.method === 'HEAD') outgoing.end();
      else await pipeline(body instanceof Readable ? body : [body], outgoing);
    } catch (error) {
      fail(outgoing, { requestId, error });
    }
  };
}

/** Aborts when the connection ends before the answer did. */
export function hangUpOf(outgoing: ServerResponse): AbortSignal {
  const hangUp = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) hangUp.abort(new Error('whoever asked hung up'));
  });
  return hangUp.signal;
}

/** Says that there is no answer, or ends the connection where it has begun. */
export function fail(
  outgoing: ServerResponse,
  {
    requestId,
    error,
  }: { readonly requestId: string | string[] | undefined; readonly error: unknown },
): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  const says = error instanceof Error ? error.message : String(error);
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  outgoing.writeHead(502, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
  });
  outgoing.end(JSON.stringify({ error: `the gateway got no answer: ${says}` }));
}

/** With its body whole. Without `host` and the length, which are the next hop's own. */
export async function requestOf(incoming: IncomingMessage): Promise<GatewayRequest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error(`a request has more than ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  const { host: _host, 'content-length': _length, ...fields } = endToEnd(given(incoming.headers));
  return {
    method: incoming.method ?? 'GET',
    target: incoming.url ?? '/',
    fields,
    ...(bytes === 0 ? {} : { body: Buffer.concat(chunks, bytes) }),
  };
}

/** The fields of an answer as they go on. It carries the id of the present request, whoever it was an answer to: docs/cloud-api.md. */
export function told(
  answer: Pick<GatewayAnswer, 'fields' | 'isStored'>,
  requestId: string | string[] | undefined,
): Record<string, string | string[]> {
  const { 'x-request-id': _other, ...fields } = endToEnd(answer.fields);
  const echo = fieldOf(answer, 'x-request-id');
  const elsewhere = requestId !== undefined && echo !== undefined && echo !== requestId;
  return {
    ...writable(fields),
    ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
    'x-cache': answer.isStored ? 'HIT' : elsewhere ? 'COALESCED' : 'MISS',
  };
}

/** Fields that are there. */
export function given(
  fields: Readonly<Record<string, string | readonly string[] | undefined>>,
): HttpFields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** As Node's clients take them. */
export function writable(fields: HttpFields): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  );
}
