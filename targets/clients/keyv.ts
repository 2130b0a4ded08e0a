import type { CacheClient, Lack, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { fromKeyv } from './keyv-stored.ts';
import { companionOf, countErrors, defaultOf, layerClient } from './layer-client.ts';

const lacks: readonly Lack[] = [
  { ability: 'abort-signal', because: 'no call of keyv takes an AbortSignal' },
  { ability: 'deadline', because: 'no call of keyv takes a deadline' },
  { ability: 'get-or-load', because: 'keyv stores and reads; it has no read-through' },
];

/**
 * keyv over @keyv/redis, as the README of the latter says. @keyv/redis 5 and @keyv/memcache 2 go with keyv 5 only (their peer dependency,
 * and npm refuses another one), @keyv/valkey with keyv 6 as well. Buffers are kept by keyv's own serializer, as base64 in JSON.
 */
const keyv: Target = defineTarget({
  name: 'keyv',
  package: 'keyv',
  version: '5.6.0',
  companions: { '@keyv/redis': '5.1.6' },
  protocol: 'resp',
  lacks,
  variants: {
    valkey: {
      says: 'keyv 6 over @keyv/valkey, which uses iovalkey',
      version: '6.1.0',
      companions: { '@keyv/valkey': '1.0.11' },
      keyPrefix: 'namespace::',
      lacks: [
        ...lacks,
        {
          ability: 'awkward-keys',
          because: 'keyv 6 sets nothing under an empty key, and says false',
          which: ['an empty key'],
        },
      ],
      open: openValkey,
    },
    memcache: {
      says: 'over @keyv/memcache, which uses memjs',
      companions: { '@keyv/memcache': '2.0.2' },
      // Its namespace, put there by keyv, and by the store once more.
      keyPrefix: 'keyv:keyv:',
      protocol: 'memcached',
      lacks: [
        ...lacks,
        {
          ability: 'awkward-keys',
          because:
            'memjs sends keys of any length; the server then ends the connection, or waits for the rest, and other calls fail with it',
          which: [
            'a key of 249 bytes',
            'a key of 251 bytes',
            'a key of 200 characters and 400 bytes',
            'a key of 5,000 bytes',
          ],
        },
      ],
      limits: {
        valueBytesMax: 700_000,
        because:
          'memcached keeps items of up to a mebibyte, and base64 makes values a third longer',
      },
      open: openMemcache,
    },
  },
  unwrap: fromKeyv,
  open: openRedis,
});
export default keyv;

/** "Using the createKeyv function" in the README of @keyv/redis. */
async function openRedis(options: OpenOptions): Promise<CacheClient> {
  const { endpoint } = options;
  const { createKeyv } = companionOf(options, '@keyv/redis') as KeyvRedisModule;
  const keyv = createKeyv(`redis://${endpoint.host}:${endpoint.port}`, {
    // "Gracefully Handling Errors and Timeouts": without it a call that failed answers as if there were nothing.
    throwOnErrors: true,
  });
  // "Usage": errors of the connection are listened to.
  keyv.on('error', () => {});
  const close = async (): Promise<unknown> => keyv.store.disconnect(true);
  return layerClient({ ...callsOf(keyv), close }, options);
}

/** "Install" and "Usage" in the README of @keyv/valkey. */
async function openValkey(options: OpenOptions): Promise<CacheClient> {
  const { endpoint, library } = options;
  const { Keyv } = library as KeyvModule;
  const KeyvValkey = defaultOf(companionOf(options, '@keyv/valkey')) as ValkeyStore;
  const store = new KeyvValkey(`redis://${endpoint.host}:${endpoint.port}`, {
    // "useRedisSets": it is recommended to be false where performance matters, as with it the set of all keys only grows.
    useRedisSets: false,
  });
  const keyv = new Keyv({ store });
  // "Error Handling" in the README of keyv 6: with a store that connects to a server it is to be listened to. Then a call that failed
  // answers as if there were nothing, and "use the 'error' events when you need to tell them apart".
  const errors = countErrors(keyv);
  const close = async (): Promise<unknown> => keyv.disconnect();
  return layerClient({ ...callsOf(keyv), errors, close }, options);
}

/** "Usage" in the README of @keyv/memcache. */
async function openMemcache(options: OpenOptions): Promise<CacheClient> {
  const { endpoint, library } = options;
  const { Keyv } = library as KeyvModule;
  const KeyvMemcache = defaultOf(companionOf(options, '@keyv/memcache')) as MemcacheStore;
  const store = new KeyvMemcache(`${endpoint.host}:${endpoint.port}`);
  // "throwOnErrors" in the README of keyv 5: without it a get that failed answers as if there were nothing.
  const keyv = new Keyv({ store, throwOnErrors: true });
  // A page is read by many gets, whose errors come as events only.
  const errors = countErrors(keyv);
  const close = async (): Promise<unknown> => store.client.close();
  return layerClient({ ...callsOf(keyv), errors, close }, options);
}

function callsOf(keyv: Keyv): {
  readonly name: string;
  get(key: string): Promise<unknown>;
  getMany(keys: readonly string[]): Promise<readonly unknown[]>;
  set(key: string, value: Buffer, ttlMs: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
} {
  return {
    name: 'keyv',
    get: async (key) => keyv.get(key),
    getMany: async (keys) => keyv.getMany(keys),
    set: async (key, value, ttlMs) => {
      // "set" in its README: false when it failed, which an empty key does without any error.
      if (!(await keyv.set(key, value, ttlMs))) throw new Error('keyv gave false for a set');
    },
    delete: async (key) => keyv.delete(key),
  };
}

/** What is used of the library; the same in 5.x and 6.x. */
interface Keyv {
  get(key: string): Promise<unknown>;
  getMany(keys: readonly string[]): Promise<readonly unknown[]>;
  set(key: string, value: Buffer, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  on(event: 'error', listener: () => void): unknown;
  disconnect(): Promise<void>;
}

interface KeyvModule {
  readonly Keyv: new (options: {
    readonly store: unknown;
    readonly throwOnErrors?: boolean;
  }) => Keyv;
}

interface KeyvRedisModule {
  createKeyv(
    uri: string,
    options: { readonly throwOnErrors: boolean },
  ): Keyv & { readonly store: { disconnect(force: boolean): Promise<void> } };
}

type ValkeyStore = new (uri: string, options: { readonly useRedisSets: boolean }) => unknown;

type MemcacheStore = new (uri: string) => { readonly client: { close(): void } };
