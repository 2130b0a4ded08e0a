import { Agent, request as ask, createServer, type IncomingMessage, type Server } from 'node:http';
import type { Endpoint } from '../model/target.ts';
import { createHttpCache } from './http-cache.ts';
import type { HttpFields } from './http-cache-message.ts';
import type { HttpCacheSettings } from './http-cache-rules.ts';
import { createHttpCacheServer, httpOrigin } from './http-cache-server.ts';

/** What an origin of a test answers to one request. */
export interface Scripted {
  readonly status?: number;
  readonly fields?: HttpFields;
  readonly body?: string;
  /** Cuts the connection after the header and part of the body. */
  readonly isCut?: boolean;
  /** Answers only then. */
  readonly after?: Promise<void>;
}

export type Script = (request: IncomingMessage, count: number) => Scripted;

/** A real origin on loopback. It echoes `x-request-id` and counts what it was asked. */
export interface TestOrigin extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly asked: readonly IncomingMessage[];
}

export async function startOrigin(script: Script): Promise<TestOrigin> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const answer = script(request, asked.length);
    const send = (): void => {
      // The clock of the cache is moved by hand; a date of the real one would make answers old.
      response.sendDate = false;
      const echo = request.headers['x-request-id'];
      response.writeHead(answer.status ?? 200, {
        ...(echo === undefined ? {} : { 'x-request-id': echo }),
        ...(answer.fields as Record<string, string>),
        ...(answer.isCut === true ? { 'content-length': '1000' } : {}),
      });
      if (answer.isCut === true) response.write('half', () => response.destroy());
      else response.end(answer.body ?? `answer ${asked.indexOf(request) + 1}`);
    };
    request.resume();
    if (answer.after === undefined) send();
    else void answer.after.then(send);
  });
  const endpoint = await listening(server);
  return { asked, endpoint, [Symbol.asyncDispose]: () => closed(server) };
}

/** What the cache's clock shows at the start, in milliseconds since 1970. */
export const testStartUnixMs = 1_700_000_000_000;

/** The embedded cache in front of an origin, on loopback, with a clock that is moved by hand. */
export interface TestCache extends AsyncDisposable {
  readonly endpoint: Endpoint;
  advanceMs(milliseconds: number): void;
}

export async function startCache(
  origin: Endpoint,
  settings: HttpCacheSettings = {},
): Promise<TestCache> {
  let advancedNs = 0;
  const upstream = httpOrigin(origin);
  const server = createHttpCacheServer(
    createHttpCache({
      origin: upstream.ask,
      clock: { nowNs: () => advancedNs },
      startUnixMs: testStartUnixMs,
      settings,
      log: () => undefined,
    }),
  );
  return {
    endpoint: await listening(server),
    advanceMs: (milliseconds) => {
      advancedNs += milliseconds * 1e6;
    },
    [Symbol.asyncDispose]: async () => {
      upstream.close();
      await closed(server);
    },
  };
}

export interface Got {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly fields?: Record<string, string>;
  readonly body?: string;
}

/** One request on a connection of its own. */
export async function send({ host, port }: Endpoint, path: string, sent: Sent = {}): Promise<Got> {
  const { method = 'GET', fields = {}, body } = sent;
  const agent = new Agent({ keepAlive: false });
  return await new Promise<Got>((resolve, reject) => {
    const outgoing = ask(
      { host, port, path, method, agent, headers: { host: 'cloud.test', ...fields } },
      (incoming) => {
        let text = '';
        incoming.setEncoding('latin1');
        incoming.on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            fields: incoming.headers as Record<string, string | undefined>,
            body: text,
          }),
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function listening(server: Server): Promise<Endpoint> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { host: '127.0.0.1', port: address.port };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
