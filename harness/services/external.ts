import type { Availability, Provider, StartedService } from '../model/service.ts';
import type { CacheProtocol, Endpoint } from '../model/target.ts';
import { ask } from './resp-probe.ts';

/** Where a cache is that runs already, and what it speaks. */
export interface CacheAddress extends Endpoint {
  readonly protocol: CacheProtocol;
}

interface Dialect {
  readonly scheme: string;
  readonly port: number;
  /** A question that changes nothing, and what every server answers to it. */
  readonly question: string;
  readonly isAnswer: (answer: string) => boolean;
  /** Whom it takes. */
  readonly needs: string;
}

const dialects: Readonly<Record<CacheProtocol, Dialect>> = {
  resp: {
    scheme: 'redis',
    port: 6379,
    question: 'PING',
    isAnswer: (answer) => answer === '+PONG',
    needs: 'a cache that speaks RESP and answers PING with PONG',
  },
  memcached: {
    scheme: 'memcached',
    port: 11_211,
    question: 'version',
    isAnswer: (answer) => answer.startsWith('VERSION '),
    needs: 'a memcached that answers version in its text protocol',
  },
};
const answerMsMax = 3_000;

/** A cache that is already running and stays its owner's: it is never killed, restarted or flushed. */
export function externalProvider({ url }: { readonly url: string }): Provider {
  const address = parseCacheUrl(url);
  return {
    name: 'external',
    available: () => probe(address, AbortSignal.timeout(answerMsMax)),
    start: async (signal) => {
      const deadline = AbortSignal.timeout(answerMsMax);
      const availability = await probe(address, AbortSignal.any([signal, deadline]));
      signal.throwIfAborted();
      if (availability.state === 'missing')
        throw new Error(`${availability.says}; ${availability.needs}`);
      return startedExternal(address);
    },
  };
}

/**
 * Reads `redis://HOST[:PORT]` or `memcached://HOST[:PORT]`. Throws, saying what is not supported, for anything more: TLS, a user,
 * a password, a database other than 0. Whether the host may be used at all is for the caller to decide.
 */
export function parseCacheUrl(text: string): CacheAddress {
  const url = URL.parse(text);
  const example = 'write it like redis://127.0.0.1:6379 or memcached://127.0.0.1:11211';
  if (url === null)
    throw new Error(`the cache URL ${JSON.stringify(text)} is not a URL; ${example}`);
  const refuse = (what: string): Error =>
    // The URL is not repeated: it may hold a password.
    new Error(`a cache URL with ${what} is not supported; ${example}`);
  const protocol = (['resp', 'memcached'] as const).find(
    (known) => url.protocol === `${dialects[known].scheme}:`,
  );
  if (protocol === undefined) throw refuse(`the scheme ${url.protocol}//`);
  if (url.hostname === '') throw refuse('no host');
  if (url.username !== '' || url.password !== '') throw refuse('a user or password');
  const isPlain = ['', '/', ...(protocol === 'resp' ? ['/0'] : [])].includes(url.pathname);
  if (!isPlain) throw refuse(`the database ${url.pathname.slice(1)}`);
  if (url.search !== '' || url.hash !== '') throw refuse('options behind the address');
  const host = url.hostname.replace(/^\[(?<address>.*)\]$/, '$<address>');
  const port = url.port === '' ? dialects[protocol].port : Number(url.port);
  return { protocol, host, port };
}

async function probe(address: CacheAddress, signal: AbortSignal): Promise<Availability> {
  const name = nameOf(address);
  const { question, isAnswer, needs } = dialects[address.protocol];
  try {
    const answer = await ask(address, { command: question, signal });
    if (isAnswer(answer)) return { state: 'available', says: `${name} (yours)` };
    return {
      state: 'missing',
      says: `${name} answered ${question} with ${JSON.stringify(answer.slice(0, 200))}`,
      needs: answer.startsWith('-NOAUTH')
        ? 'a cache without a password: passwords are not supported'
        : needs,
    };
  } catch (error) {
    return {
      state: 'missing',
      says: `${name} does not answer: ${(error as Error).message}`,
      needs: 'start it, or leave the address out to have a cache started for you',
    };
  }
}

function startedExternal(address: CacheAddress): StartedService {
  const name = nameOf(address);
  const endpoint: Endpoint = { host: address.host, port: address.port };
  const refuse = (what: string): Promise<never> =>
    Promise.reject(
      new Error(`${name} is yours and will not be ${what}; its outage is made on the wire instead`),
    );
  return {
    says: `${name} (yours)`,
    endpoint,
    processIds: [],
    abilities: { kill: false },
    // Whether it lives is its owner's to watch; what it does to a run is seen in the run.
    died: new Promise(() => undefined),
    kill: () => refuse('killed'),
    restart: () => refuse('started again'),
    logTail: () => '',
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function nameOf({ protocol, host, port }: CacheAddress): string {
  return `${dialects[protocol].scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
