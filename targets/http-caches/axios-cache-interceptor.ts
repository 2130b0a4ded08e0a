import { Agent } from 'node:http';
import { type AskThrough, type GatewayAnswer, given, throughClient, writable } from './gateway.ts';
import type { HttpCacheLibrary } from './http-cache-library.ts';

type Fields = Readonly<Record<string, string | string[] | undefined>>;

interface Answer {
  readonly status: number;
  readonly headers: { toJSON?: () => Fields };
  readonly data: Buffer;
  readonly cached?: boolean;
}

interface Axios {
  request(options: Readonly<Record<string, unknown>>): Promise<Answer>;
}

/** What is used of axios 1 and axios-cache-interceptor 1. */
interface AxiosModule {
  readonly default: { create(options: Readonly<Record<string, unknown>>): Axios };
}

interface Interceptor {
  setupCache(axios: Axios, options: { ttl: number; vary?: readonly string[] }): Axios;
}

/**
 * axios with axios-cache-interceptor and its store in memory. Its key is address, parameters, method and body, and what Vary names;
 * `vary` with a list forces fields to be part of it whatever the server says (docs, "Vary Header Handling", "Override Vary").
 */
export const axiosCacheInterceptor: HttpCacheLibrary = {
  name: 'axios-cache-interceptor',
  package: 'axios-cache-interceptor',
  version: '1.12.3',
  companions: { axios: '1.21.1' },
  open: ({ library, companions, origin: { host, port }, freshSeconds, keyedBy }) => {
    const { default: plain } = companions['axios'] as AxiosModule;
    const httpAgent = new Agent({ keepAlive: true });
    const axios = (library as Interceptor).setupCache(
      plain.create({
        baseURL: `http://${host}:${port}`,
        httpAgent,
        proxy: false,
        // A gateway passes bytes and redirections on as they are.
        responseType: 'arraybuffer',
        decompress: false,
        maxRedirects: 0,
      }),
      {
        // "Set appropriate TTLs" (production checklist): it is 5 minutes unless told.
        ttl: freshSeconds * 1000,
        ...(keyedBy === 'url' ? {} : { vary: ['authorization', 'cookie'] }),
      },
    );
    const ask: AskThrough = async ({ method, target, fields, body }, signal) => {
      const answer = axios.request({
        url: target,
        method,
        headers: writable(fields),
        signal,
        ...(body === undefined ? {} : { data: body }),
      });
      return gatewayAnswer(await answer.catch(refusalIn));
    };
    return {
      serve: throughClient(ask),
      close: () => {
        httpAgent.destroy();
        return Promise.resolve();
      },
    };
  },
};

/** axios rejects with an answer that is not of the 200s. */
function refusalIn(error: unknown): Answer {
  const { response } = error as { response?: Answer };
  if (response === undefined) throw error;
  return response;
}

function gatewayAnswer({ status, headers, data, cached = false }: Answer): GatewayAnswer {
  const fields = headers.toJSON === undefined ? (headers as Fields) : headers.toJSON();
  return { status, fields: given(fields), body: data, isStored: cached };
}
