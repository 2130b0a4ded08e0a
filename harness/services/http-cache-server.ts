import { Agent, request as ask, createServer, type IncomingMessage, type Server } from 'node:http';
import type { Endpoint } from '../model/target.ts';
import type { HttpCache, HttpOrigin } from './http-cache.ts';
import type { HttpCacheAnswer, HttpCacheRequest, HttpFields } from './http-cache-message.ts';

/** One body, of a request or of an answer, is never bigger: the cache keeps it whole in memory. */
const bodyBytesMax = 16 * 1024 * 1024;
const originIdleMsMax = 30_000;
/** As long as the reference cloud keeps an idle connection, so that a cache in between changes nothing there. */
const clientIdleMsMax = 72_000;

/** Serves a cache over HTTP/1.1. The caller listens and closes. WebSockets do not pass: the origin sees a plain request. */
export function createHttpCacheServer(cache: HttpCache): Server {
  return createServer({ keepAliveTimeout: clientIdleMsMax }, (incoming, outgoing) => {
    const hangUp = new AbortController();
    outgoing.once('close', () => hangUp.abort(new Error('the client hung up')));
    const serve = async (): Promise<void> => {
      const body = await bodyOf(incoming);
      const answer = await cache.answer(requestOf(incoming, body), hangUp.signal);
      if (outgoing.destroyed) return;
      const isHead = incoming.method === 'HEAD';
      const hasBody = !isHead && answer.status !== 304 && answer.status !== 204;
      const isSized = hasBody || answer.body.length > 0;
      const length = isSized ? { 'content-length': String(answer.body.length) } : {};
      outgoing.writeHead(answer.status, writable({ ...answer.fields, ...length }));
      outgoing.end(hasBody ? answer.body : undefined);
    };
    serve().catch((error: unknown) => {
      outgoing.destroy(error as Error);
    });
  });
}

/** The origin at an address, with connections that are kept. `close` ends them. */
export function httpOrigin({ host, port }: Endpoint): { readonly ask: HttpOrigin; close(): void } {
  const agent = new Agent({ keepAlive: true });
  return {
    ask: async ({ method, target, fields, body }, signal) =>
      await new Promise<HttpCacheAnswer>((resolve, reject) => {
        const outgoing = ask(
          { host, port, method, path: target, agent, signal, headers: writable(fields) },
          (incoming) => {
            bodyOf(incoming).then(
              (body) =>
                resolve({ status: incoming.statusCode ?? 502, fields: fieldsOf(incoming), body }),
              reject,
            );
          },
        );
        outgoing.setTimeout(originIdleMsMax, () => {
          outgoing.destroy(
            new Error(`nothing came from ${host}:${port} for ${originIdleMsMax} ms`),
          );
        });
        outgoing.once('error', reject);
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function requestOf(incoming: IncomingMessage, body: Buffer): HttpCacheRequest {
  return {
    method: incoming.method ?? 'GET',
    target: incoming.url ?? '/',
    fields: fieldsOf(incoming),
    body,
  };
}

/** Rejects when the body ends before its end, or is too big. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bodyBytesMax)
      throw new Error(`a body has more than the ${bodyBytesMax} bytes that the cache keeps`);
  }
  return Buffer.concat(chunks, bytes);
}

function fieldsOf({ headersDistinct }: IncomingMessage): HttpFields {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.length === 1 ? (values[0] ?? '') : values,
    ]),
  );
}

function writable(fields: HttpFields): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  );
}
