import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';
import { untilClosed } from './until-closed.ts';
import { wholeSeconds } from './whole-seconds.ts';

/** memcache-client, over memcached's text protocol: one connection, a get of several keys for a page of them. */
const memcacheClient: Target = defineTarget({
  name: 'memcache-client',
  package: 'memcache-client',
  version: '1.0.5',
  protocol: 'memcached',
  limits: {
    valueBytesMax: 1_047_552,
    ttlStepMs: 1_000,
    because: 'an item of memcached has at most 1 MB, its head included; expiry is in seconds',
  },
  lacks: [
    { ability: 'abort-signal', because: 'no call of memcache-client takes an AbortSignal' },
    { ability: 'deadline', because: 'cmdTimeout holds for a whole client, not for one call' },
    {
      ability: 'get-or-load',
      because: 'memcache-client speaks the protocol only; it has no read-through',
    },
    {
      ability: 'awkward-keys',
      because: 'a key is sent as it is, so that a space or a line end in it makes more commands',
      which: [
        'a key with a space',
        'a key with a line end',
        'a key that goes on as a command',
        'a key with a zero byte',
        'an empty key',
        'a key of 251 bytes',
        'a key of 200 characters and 400 bytes',
        'a key of 5,000 bytes',
      ],
    },
  ],
  open: openMemcacheClient,
});
export default memcacheClient;

async function openMemcacheClient({
  endpoint,
  library,
  timeoutMs,
}: OpenOptions): Promise<CacheClient> {
  const { MemcacheClient } = library as MemcacheClientModule;
  const client = new MemcacheClient({
    server: `${endpoint.host}:${endpoint.port}`,
    // Without an answer within it the connection is shut down (README, Client Options); 5,000 ms by default.
    cmdTimeout: timeoutMs,
  });
  const open = untilClosed();
  const answered = async <T>(call: () => Promise<T>, says: string): Promise<T> =>
    open.call(() => withinDeadline(call(), timeoutMs, says));
  return {
    get: async (key) => bytesOf(await answered(() => client.get(key), `get of ${key}`)),
    getMany: async (keys) => {
      if (keys.length === 0) return open.call(async () => []);
      const says = `a get of ${keys.length} keys`;
      const found = await answered(() => client.get([...keys]), says);
      return keys.map((key) => bytesOf(found[key]));
    },
    set: async (key, value, ttlMs) => {
      const lifetime = wholeSeconds(ttlMs);
      await answered(() => client.set(key, bufferOver(value), { lifetime }), `set of ${key}`);
    },
    delete: async (key) => {
      await answered(() => client.delete(key).catch(unlessNotFound), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      open.close();
      client.shutdown();
    },
  };
}

interface MemcacheClientModule {
  readonly MemcacheClient: new (options: {
    readonly server: string;
    readonly cmdTimeout: number;
  }) => MemcacheClient;
}

interface Retrieved {
  readonly value?: unknown;
}

interface MemcacheClient {
  get(key: string): Promise<Retrieved | undefined>;
  get(keys: readonly string[]): Promise<Readonly<Record<string, Retrieved | undefined>>>;
  set(key: string, value: Buffer, options: { readonly lifetime: number }): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  shutdown(): void;
}

/** That there was nothing to delete is an answer of the server, which the library rejects with. */
function unlessNotFound(error: unknown): void {
  if (!(error instanceof Error) || error.message !== 'NOT_FOUND') throw error;
}

function bytesOf(retrieved: Retrieved | undefined): Uint8Array | undefined {
  const value = retrieved?.value;
  if (value === undefined || value instanceof Uint8Array) return value;
  throw new TypeError(
    `memcache-client gave ${typeof value} for a value that was stored as a Buffer`,
  );
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
