import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Endpoint } from '../../harness/model/target.ts';
import {
  fail,
  type GatewayRequest,
  given,
  hangUpOf,
  requestOf,
  told,
  writable,
} from './gateway.ts';
import type { HttpCacheLibrary } from './http-cache-library.ts';

type Next = () => void;
type Middleware = (incoming: IncomingMessage, outgoing: ServerResponse, next: Next) => void;
type Told<Value> = (incoming: IncomingMessage, outgoing: ServerResponse) => Value;

/** What is used of apicache 1. */
interface ApiCacheModule {
  readonly default: {
    newInstance(options: {
      readonly headerBlacklist: readonly string[];
      readonly appendKey?: Told<string>;
    }): ApiCache;
  };
}

interface ApiCache {
  middleware(duration: string, toggle: Told<boolean>): Middleware;
  clear(): void;
}

/**
 * apicache as a middleware before the routes of a gateway. Its key is the address; `appendKey` adds to it (README, "Custom
 * Cache Keys": per session or per method). What answers say of caching is not looked at.
 */
export const apicache: HttpCacheLibrary = {
  name: 'apicache',
  package: 'apicache',
  version: '1.6.3',
  open: ({ library, origin, freshSeconds, keyedBy }) => {
    const agent = new Agent({ keepAlive: true });
    const cache = (library as ApiCacheModule).default.newInstance({
      // "Headers that should never be cached": the id of the request that an answer was once given to.
      headerBlacklist: ['x-request-id', 'x-cache'],
      ...(keyedBy === 'url'
        ? {}
        : {
            appendKey: ({ method, headers }) =>
              [method, headers.authorization, headers.cookie].join(),
          }),
    });
    const middleware = cache.middleware(
      `${freshSeconds} seconds`,
      // The README's own example of a toggle.
      (_incoming, { statusCode }) => statusCode === 200,
    );
    return {
      serve: async (incoming, outgoing) => {
        const pass = async (): Promise<void> => answerFrom({ origin, agent, incoming, outgoing });
        // As in the README, routes that change things are not behind it: of a key the method is no part.
        if (incoming.method !== 'GET') {
          await pass();
          return;
        }
        const requestId = incoming.headers['x-request-id'];
        if (requestId !== undefined) outgoing.setHeader('x-request-id', requestId);
        outgoing.setHeader('x-cache', 'HIT');
        await new Promise<void>((resolve) => {
          outgoing.once('close', resolve);
          middleware(incoming, outgoing, () => void pass());
        });
      },
      close: () => {
        cache.clear();
        agent.destroy();
        return Promise.resolve();
      },
    };
  },
};

/** The route itself: asks the backend, and answers with what it says. */
async function answerFrom({
  origin,
  agent,
  incoming,
  outgoing,
}: {
  readonly origin: Endpoint;
  readonly agent: Agent;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}): Promise<void> {
  const requestId = incoming.headers['x-request-id'];
  const signal = hangUpOf(outgoing);
  try {
    const answer = await asked(await requestOf(incoming), { origin, agent, signal });
    const fields = told({ fields: given(answer.headers), isStored: false }, requestId);
    outgoing.statusCode = answer.statusCode ?? 502;
    // Not with the head: the middleware keeps those that were set before.
    for (const [name, value] of Object.entries(fields)) outgoing.setHeader(name, value);
    await pipeline(answer, outgoing);
  } catch (error) {
    fail(outgoing, { requestId, error });
  }
}

async function asked(
  { method, target, fields, body }: GatewayRequest,
  { origin, agent, signal }: { origin: Endpoint; agent: Agent; signal: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const options = { ...origin, agent, method, path: target, headers: writable(fields), signal };
    request(options, resolve).once('error', reject).end(body);
  });
}
