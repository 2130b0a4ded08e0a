import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';
import { untilClosed } from './until-closed.ts';
import { wholeSeconds } from './whole-seconds.ts';

/** memjs, over memcached's binary protocol: one connection, two attempts a call. It has no multi-get, so a page of keys is asked for in one tick. */
const memjs: Target = defineTarget({
  name: 'memjs',
  package: 'memjs',
  version: '1.3.2',
  protocol: 'memcached',
  limits: {
    valueBytesMax: 1_047_552,
    ttlStepMs: 1_000,
    because: 'an item of memcached has at most 1 MB, its head included; expiry is in seconds',
  },
  lacks: [
    { ability: 'abort-signal', because: 'no call of memjs takes an AbortSignal' },
    { ability: 'deadline', because: 'its timeout holds for a whole client, not for one call' },
    { ability: 'get-or-load', because: 'memjs speaks the protocol only; it has no read-through' },
    {
      ability: 'awkward-keys',
      because:
        'keys are not measured; the server ends the connection for one, and other calls are lost with it',
      which: [
        'an empty key',
        'a key of 251 bytes',
        'a key of 200 characters and 400 bytes',
        'a key of 5,000 bytes',
      ],
    },
  ],
  open: openMemjs,
});
export default memjs;

async function openMemjs({ endpoint, library, timeoutMs }: OpenOptions): Promise<CacheClient> {
  const { Client } = (library as MemjsModule).default;
  const client = Client.create(`${endpoint.host}:${endpoint.port}`, {
    // In seconds to determine failure for operations (Client.create); 0.5 by default.
    timeout: timeoutMs / 1_000,
    // The console by default; whatever it would say there, the call that suffered rejects with.
    logger: { log: () => {} },
  });
  const open = untilClosed();
  const answered = async <T>(call: () => Promise<T>, says: string): Promise<T> =>
    open.call(() => withinDeadline(call(), timeoutMs, says));
  const get = async (key: string): Promise<Uint8Array | undefined> =>
    (await client.get(key)).value ?? undefined;
  return {
    get: async (key) => answered(() => get(key), `get of ${key}`),
    getMany: async (keys) =>
      answered(() => Promise.all(keys.map(get)), `a pipeline of ${keys.length} gets`),
    set: async (key, value, ttlMs) => {
      const expires = wholeSeconds(ttlMs);
      const says = `set of ${key}`;
      const isStored = await answered(() => client.set(key, bufferOver(value), { expires }), says);
      if (!isStored) throw new Error(`memjs did not store ${key}`);
    },
    delete: async (key) => {
      await answered(() => client.delete(key), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      open.close();
      client.close();
    },
  };
}

interface MemjsModule {
  readonly default: {
    readonly Client: {
      create(
        servers: string,
        options: { readonly timeout: number; readonly logger: { log(line: string): void } },
      ): Memjs;
    };
  };
}

interface Memjs {
  get(key: string): Promise<{ readonly value: Buffer | null }>;
  set(key: string, value: Buffer, options: { readonly expires: number }): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  close(): void;
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
