import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { layerClient } from './layer-client.ts';
import { fromJsonField } from './stored-layers.ts';

/** bentocache with two levels, memory and Redis, and no bus: one backend is the only one that writes. "Multi-tier" in its documentation. */
const bentocache: Target = defineTarget({
  name: 'bentocache',
  package: 'bentocache',
  version: '1.6.1',
  // Its redis driver asks for ioredis 5 as its peer.
  companions: { ioredis: '5.11.1' },
  entries: ['bentocache/drivers/memory', 'bentocache/drivers/redis'],
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of bentocache takes an AbortSignal' },
    { ability: 'deadline', because: 'its timeouts are for the factory, not for the stores' },
    {
      ability: 'asks-each-time',
      because: 'its first level is in the memory of the process, and is asked first',
    },
    {
      ability: 'last-delete',
      because:
        'it deletes from memory first, and a read under way then puts there what it had found in the second level',
    },
  ],
  keyPrefix: 'bentocache:',
  unwrap: (stored) => fromJsonField(stored, 'value'),
  open: openBentocache,
});
export default bentocache;

/** As "Setup" has it: `new BentoCache({ default, stores })`, its first level with a limit, its second over an address. */
async function openBentocache(options: OpenOptions): Promise<CacheClient> {
  const { companions = {} } = options;
  const { BentoCache, bentostore } = options.library as Module;
  const { memoryDriver } = companions['bentocache/drivers/memory'] as MemoryModule;
  const { redisDriver } = companions['bentocache/drivers/redis'] as RedisModule;
  const { Redis } = companions['ioredis'] as IoredisModule;
  const connection = new Redis(options.endpoint);
  // Without a listener ioredis prints every failed attempt; each call that suffers from one rejects anyway.
  connection.on('error', () => {});
  let errors = 0;
  const counting: Logger = {
    ...silent,
    error: () => {
      errors += 1;
    },
    child: () => counting,
  };
  const bento = new BentoCache({
    default: 'multitier',
    // "Logging": what fails in the second level is logged, and the call is answered without that level.
    logger: counting,
    stores: {
      multitier: bentostore()
        // "Memory": maxItems of its example.
        .useL1Layer(memoryDriver({ maxItems: 10_000 }))
        .useL2Layer(redisDriver({ connection })),
    },
  });
  const get = async (key: string): Promise<Buffer | undefined> => bytesOf(await bento.get({ key }));
  return layerClient(
    {
      name: 'bentocache',
      get,
      getMany: async (keys) => Promise.all(keys.map(get)),
      // What is stored is JSON, so bytes go there in base64.
      set: async (key, value, ttlMs) =>
        bento.set({ key, value: value.toString('base64'), ttl: Math.ceil(ttlMs) }),
      delete: async (key) => bento.delete({ key }),
      getOrLoad: async (key, load, ttlMs) =>
        bytesOf(
          await bento.getOrSet({
            key,
            ttl: Math.ceil(ttlMs),
            // "getOrSet": `skip` gives undefined and stores nothing.
            factory: async ({ skip }) => (await load())?.toString('base64') ?? skip(),
          }),
        ),
      errors: () => errors,
      close: async () => connection.disconnect(),
    },
    options,
  );
}

function bytesOf(value: unknown): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
}

const silent = {
  trace: (): void => {},
  debug: (): void => {},
  info: (): void => {},
  warn: (): void => {},
  fatal: (): void => {},
};

type Logger = typeof silent & { error(): void; child(): Logger };

/** What is used of the library. */
interface Bento {
  get(asked: { readonly key: string }): Promise<unknown>;
  set(asked: {
    readonly key: string;
    readonly value: string;
    readonly ttl: number;
  }): Promise<boolean>;
  delete(asked: { readonly key: string }): Promise<boolean>;
  getOrSet(asked: {
    readonly key: string;
    readonly ttl: number;
    readonly factory: (context: { skip(): unknown }) => Promise<unknown>;
  }): Promise<unknown>;
}

interface Store {
  useL1Layer(driver: unknown): Store;
  useL2Layer(driver: unknown): Store;
}

interface Module {
  readonly BentoCache: new (options: {
    readonly default: string;
    readonly logger: Logger;
    readonly stores: Readonly<Record<string, Store>>;
  }) => Bento;
  bentostore(): Store;
}

interface MemoryModule {
  memoryDriver(options: { readonly maxItems: number }): unknown;
}

interface RedisModule {
  redisDriver(options: { readonly connection: Redis }): unknown;
}

interface Redis {
  on(event: 'error', listener: () => void): unknown;
  disconnect(): void;
}

interface IoredisModule {
  readonly Redis: new (endpoint: { readonly host: string; readonly port: number }) => Redis;
}
