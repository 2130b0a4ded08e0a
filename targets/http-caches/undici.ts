import type { Readable } from 'node:stream';
import { given, throughClient, writable } from './gateway.ts';
import type { HttpCacheLibrary } from './http-cache-library.ts';

/** What is used of undici 8. */
interface Undici {
  readonly Agent: new () => Dispatcher;
  readonly interceptors: {
    cache(options: { cacheByDefault: number }): Interceptor;
    deduplicate(options: { excludeHeaderNames: readonly string[] }): Interceptor;
  };
}

type Interceptor = (dispatch: unknown) => unknown;
type Fields = Readonly<Record<string, string | string[] | undefined>>;

interface Dispatcher {
  compose(interceptors: readonly Interceptor[]): Dispatcher;
  request(options: {
    readonly origin: string;
    readonly path: string;
    readonly method: string;
    readonly headers: Fields;
    readonly body?: Buffer;
    readonly signal: AbortSignal;
  }): Promise<{ readonly statusCode: number; readonly headers: Fields; readonly body: Readable }>;
  destroy(): Promise<void>;
}

/**
 * undici with its cache and its deduplication. The cache is a shared one by default (docs/api/Interceptors.md), and takes no key: Vary
 * and what RFC 9111 says of Authorization keep people apart. So being told of sessions makes no difference here.
 */
export const undici: HttpCacheLibrary = {
  name: 'undici',
  package: 'undici',
  version: '8.12.4',
  open: ({ library, origin: { host, port }, freshSeconds }) => {
    const { Agent, interceptors } = library as Undici;
    const agent = new Agent();
    const dispatcher = agent.compose([
      // "Set this to cache such responses": those that say nothing of caching. It is added to milliseconds.
      interceptors.cache({ cacheByDefault: freshSeconds * 1000 }),
      // The example of the documentation: an id of each request would keep any two from being alike.
      interceptors.deduplicate({ excludeHeaderNames: ['x-request-id'] }),
    ]);
    return {
      serve: throughClient(async ({ method, target, fields, body }, signal) => {
        const answer = await dispatcher.request({
          origin: `http://${host}:${port}`,
          path: target,
          method,
          headers: writable(fields),
          ...(body === undefined ? {} : { body }),
          signal,
        });
        return {
          status: answer.statusCode,
          fields: given(answer.headers),
          body: answer.body,
          // It adds an age to what it had; the backend never says one.
          isStored: answer.headers['age'] !== undefined,
        };
      }),
      close: () => agent.destroy(),
    };
  },
};
