import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';
import { untilClosed } from './until-closed.ts';
import { wholeSeconds } from './whole-seconds.ts';

/**
 * memcached (node-memcached), over memcached's text protocol: a pool of up to 10 connections, `getMulti` for a page of keys. A Buffer is stored as text in
 * which a byte from 128 on takes two, and so does a line end, which it escapes.
 */
const memcached: Target = defineTarget({
  name: 'memcached',
  package: 'memcached',
  version: '2.2.2',
  protocol: 'memcached',
  limits: {
    valueBytesMax: 523_264,
    ttlStepMs: 1_000,
    because:
      'a byte may take two in an item of at most 1 MB, its head included; expiry is in seconds',
  },
  lacks: [
    { ability: 'abort-signal', because: 'no call of memcached takes an AbortSignal' },
    {
      ability: 'deadline',
      because: 'its timeout holds for connecting; a call that was sent has none',
    },
    {
      ability: 'get-or-load',
      because: 'memcached speaks the protocol only; it has no read-through',
    },
    {
      ability: 'awkward-keys',
      because:
        'keys are measured in characters, put into the command by a replacement that knows $ patterns, and into an object by name',
      which: [
        'a key with a zero byte',
        'an empty key',
        'a key that looks like a replacement',
        'the key __proto__',
        'a key of 251 bytes',
        'a key of 200 characters and 400 bytes',
        'a key of 5,000 bytes',
      ],
    },
    {
      ability: 'ends-while-away',
      because: 'a connection that failed is tried again for a minute and more, also after end()',
    },
  ],
  unwrap: fromText,
  variants: {
    defaults: {
      says: 'with its own retry and failures: away for 30 s after an error, for 5 hours after five',
      open: async (options) => openMemcached(options, {}),
    },
  },
  open: async (options) => openMemcached(options, settings),
});
export default memcached;

/** All of them from its README, Options. */
const settings: Settings = {
  // The time between a server failure and an attempt to set it up back in service, 30 s by default: a short outage is to end when the service is back.
  retry: 500,
  // How many failures make a server dead, 5 by default: then it waits for `reconnect`, 5 hours, and for a program named ping.
  failures: 1_000_000,
};

async function openMemcached(
  { endpoint, library, timeoutMs }: OpenOptions,
  chosen: Settings,
): Promise<CacheClient> {
  const { default: Memcached } = library as MemcachedModule;
  const client = new Memcached(`${endpoint.host}:${endpoint.port}`, chosen);
  const open = untilClosed();
  const answered = async <T>(ask: (done: Done<T>) => void, says: string): Promise<T | undefined> =>
    open.call(() => withinDeadline(promised(ask), timeoutMs, says));
  return {
    get: async (key) => bytesOf(await answered((done) => client.get(key, done), `get of ${key}`)),
    getMany: async (keys) => {
      if (keys.length === 0) return open.call(async () => []);
      const says = `a multi-get of ${keys.length} keys`;
      const found = await answered<Found>((done) => client.getMulti([...keys], done), says);
      return keys.map((key) => bytesOf(found?.[key]));
    },
    set: async (key, value, ttlMs) => {
      const seconds = wholeSeconds(ttlMs);
      const isStored = await answered<boolean>(
        (done) => client.set(key, bufferOver(value), seconds, done),
        `set of ${key}`,
      );
      // It answers false, and gives no error, when the server would not store the value.
      if (isStored !== true) throw new Error(`memcached did not store ${key}`);
    },
    delete: async (key) => {
      await answered<boolean>((done) => client.del(key, done), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      open.close();
      client.end();
    },
  };
}

interface Settings {
  readonly retry?: number;
  readonly failures?: number;
}

/** An error may be a string or a list of errors (README, Callbacks). */
type Done<T> = (error: unknown, value?: T) => void;

type Found = Readonly<Record<string, unknown>>;

interface MemcachedModule {
  readonly default: new (server: string, settings: Settings) => Memcached;
}

interface Memcached {
  get(key: string, done: Done<unknown>): void;
  getMulti(keys: readonly string[], done: Done<Found>): void;
  set(key: string, value: Buffer, seconds: number, done: Done<boolean>): void;
  del(key: string, done: Done<boolean>): void;
  end(): void;
}

async function promised<T>(ask: (done: Done<T>) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    ask((error, value) => {
      if (error === undefined || error === null) resolve(value);
      else reject(errorOf(error));
    });
  });
}

/** A character a byte, in UTF-8, with a backslash before each part of a line end (setters and VALUE in lib/memcached.js). */
function fromText(stored: Uint8Array): Uint8Array {
  const bytes = Buffer.from(stored);
  const text = bytes.toString();
  const isOfBytes = Buffer.from(text, 'latin1').toString('latin1') === text;
  return isOfBytes ? Buffer.from(text.replaceAll(/\\([\r\n])/g, '$1'), 'latin1') : stored;
}

function errorOf(error: unknown): Error {
  const [first]: readonly unknown[] = Array.isArray(error) ? error : [error];
  if (first instanceof Error) return first;
  return new Error(`memcached says: ${typeof first === 'string' ? first : 'an error'}`);
}

/** A miss is `undefined` or `false` (README, Callbacks). */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === undefined || value === false) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`memcached gave ${typeof value} for a value that was stored as a Buffer`);
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
