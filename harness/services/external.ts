import type { Availability, Provider, StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { ask } from './resp-probe.ts';

const defaultPort = 6379;
const answerMsMax = 3_000;

/** A cache that is already running and stays its owner's: it is never killed, restarted or flushed. */
export function externalProvider({ url }: { readonly url: string }): Provider {
  const endpoint = parseCacheUrl(url);
  return {
    name: 'external',
    available: () => probe(endpoint, AbortSignal.timeout(answerMsMax)),
    start: async (signal) => {
      const deadline = AbortSignal.timeout(answerMsMax);
      const availability = await probe(endpoint, AbortSignal.any([signal, deadline]));
      signal.throwIfAborted();
      if (availability.state === 'missing')
        throw new Error(`${availability.says}; ${availability.needs}`);
      return startedExternal(endpoint);
    },
  };
}

/**
 * Reads `redis://HOST[:PORT]`. Throws, saying what is not supported, for anything more: TLS, a user, a password, a database
 * other than 0. Whether the host may be used at all is for the caller to decide.
 */
export function parseCacheUrl(text: string): Endpoint {
  const url = URL.parse(text);
  const example = 'write it like redis://127.0.0.1:6379';
  if (url === null)
    throw new Error(`the cache URL ${JSON.stringify(text)} is not a URL; ${example}`);
  const refuse = (what: string): Error =>
    // The URL is not repeated: it may hold a password.
    new Error(`a cache URL with ${what} is not supported; ${example}`);
  if (url.protocol !== 'redis:') throw refuse(`the scheme ${url.protocol}//`);
  if (url.hostname === '') throw refuse('no host');
  if (url.username !== '' || url.password !== '') throw refuse('a user or password');
  if (!['', '/', '/0'].includes(url.pathname))
    throw refuse(`the database ${url.pathname.slice(1)}`);
  if (url.search !== '' || url.hash !== '') throw refuse('options behind the address');
  const host = url.hostname.replace(/^\[(?<address>.*)\]$/, '$<address>');
  return { host, port: url.port === '' ? defaultPort : Number(url.port) };
}

async function probe(endpoint: Endpoint, signal: AbortSignal): Promise<Availability> {
  const name = nameOf(endpoint);
  try {
    const answer = await ask(endpoint, { command: 'PING', signal });
    if (answer === '+PONG') return { state: 'available', says: `${name} (yours)` };
    return {
      state: 'missing',
      says: `${name} answered PING with ${JSON.stringify(answer.slice(0, 200))}`,
      needs: answer.startsWith('-NOAUTH')
        ? 'a cache without a password: passwords are not supported'
        : 'a cache that speaks RESP and answers PING with PONG',
    };
  } catch (error) {
    return {
      state: 'missing',
      says: `${name} does not answer: ${(error as Error).message}`,
      needs: 'start it, or leave the address out to have a cache started for you',
    };
  }
}

function startedExternal(endpoint: Endpoint): StartedService {
  const name = nameOf(endpoint);
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

function nameOf({ host, port }: Endpoint): string {
  return `redis://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
