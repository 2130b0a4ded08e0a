import type { EventEmitter } from 'node:events';
import { Agent, type ClientRequest, request } from 'node:http';
import type { Readable } from 'node:stream';
import { type AskThrough, type GatewayAnswer, given, throughClient, writable } from './gateway.ts';
import type { HttpCacheLibrary } from './http-cache-library.ts';

/** What is used of cacheable-request 13. */
interface CacheableRequestModule {
  readonly default: new (
    ask: typeof request,
  ) => {
    request(): (options: Readonly<Record<string, unknown>>) => EventEmitter;
  };
}

type Response = Readable & {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly fromCache: boolean;
};

/**
 * cacheable-request around Node's own client, with its store in memory. Its policy is that of a shared cache by default (README,
 * `http-cache-semantics`), and it takes no key: Vary and what the RFC says of Authorization keep people apart. So being told of
 * sessions makes no difference here.
 */
export const cacheableRequest: HttpCacheLibrary = {
  name: 'cacheable-request',
  package: 'cacheable-request',
  version: '13.0.19',
  open: ({ library, origin: { host, port } }) => {
    const { default: CacheableRequest } = library as CacheableRequestModule;
    const agent = new Agent({ keepAlive: true });
    const cached = new CacheableRequest(request).request();
    const ask: AskThrough = ({ method, target, fields, body }, signal) =>
      new Promise<GatewayAnswer>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        cached({
          protocol: 'http:',
          host,
          port,
          path: target,
          method,
          agent,
          headers: writable(fields),
          ...(body === undefined ? {} : { body }),
        })
          .on('error', reject)
          // "You should always handle the request event to end the request and handle any potential request errors."
          .on('request', (outgoing: ClientRequest) => {
            outgoing.on('error', reject);
            signal.addEventListener('abort', () => outgoing.destroy(), { once: true });
            outgoing.end(body);
          })
          .on('response', (response: Response) => {
            resolve({
              status: response.statusCode,
              fields: given({ ...response.headers }),
              body: response,
              isStored: response.fromCache,
            });
          });
      });
    return {
      serve: throughClient(ask),
      close: () => {
        agent.destroy();
        return Promise.resolve();
      },
    };
  },
};
