import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { companionOf, defaultOf, layerClient } from './layer-client.ts';

/** unstorage with its redis driver over ioredis 5, which it names as its peer. Bytes go through its raw calls, which keep them as base64. */
const unstorage: Target = defineTarget({
  name: 'unstorage',
  package: 'unstorage',
  version: '1.17.6',
  companions: { ioredis: '5.11.1' },
  entries: ['unstorage/drivers/redis'],
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of unstorage takes an AbortSignal' },
    { ability: 'deadline', because: 'no call of unstorage takes a deadline' },
    { ability: 'get-or-load', because: 'unstorage stores and reads; it has no read-through' },
    {
      ability: 'awkward-keys',
      because:
        'keys are normalized: what follows a question mark is dropped, and a slash is a colon; an empty one is refused',
      which: ['an empty key', 'a key that looks like a pattern'],
    },
  ],
  unwrap: (stored) => rawOf(Buffer.from(stored).toString()) ?? stored,
  open: openUnstorage,
});
export default unstorage;

/** As the page of its documentation on the driver says, with the driver's own defaults. */
async function openUnstorage(options: OpenOptions): Promise<CacheClient> {
  const { host, port } = options.endpoint;
  const { createStorage } = options.library as UnstorageModule;
  const redisDriver = defaultOf(companionOf(options, 'unstorage/drivers/redis')) as RedisDriver;
  const driver = redisDriver({ host, port });
  // Without a listener ioredis prints every failed attempt; each call that suffers from one rejects anyway.
  driver.getInstance().on('error', () => {});
  const storage = createStorage({ driver });
  return layerClient(
    {
      name: 'unstorage',
      get: async (key) => storage.getItemRaw(key),
      getMany: async (keys) =>
        (await storage.getItems(keys)).map(({ value }) => rawOf(value) ?? value),
      // The driver's times to live are whole seconds.
      set: async (key, value, ttlMs) =>
        storage.setItemRaw(key, value, { ttl: Math.ceil(ttlMs / 1_000) }),
      delete: async (key) => storage.removeItem(key),
      close: async () => storage.dispose(),
    },
    options,
  );
}

/** The bytes of a text that setItemRaw made of them, which getItems gives as it is; undefined for what is no such text. */
function rawOf(value: unknown): Buffer | undefined {
  const mark = 'base64:';
  if (typeof value !== 'string' || !value.startsWith(mark)) return undefined;
  return Buffer.from(value.slice(mark.length), 'base64');
}

/** What is used of the library. */
interface Storage {
  getItemRaw(key: string): Promise<unknown>;
  getItems(keys: readonly string[]): Promise<readonly { readonly value: unknown }[]>;
  setItemRaw(key: string, value: Buffer, options: { readonly ttl: number }): Promise<void>;
  removeItem(key: string): Promise<void>;
  dispose(): Promise<void>;
}

interface UnstorageModule {
  createStorage(options: { readonly driver: Driver }): Storage;
}

interface Driver {
  getInstance(): { on(event: 'error', listener: () => void): unknown };
}

type RedisDriver = (options: { readonly host: string; readonly port: number }) => Driver;
