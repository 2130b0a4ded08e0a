import { setTimeout as delay } from 'node:timers/promises';
import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';
import { companionOf, type LayerCalls, layerClient } from './layer-client.ts';
import { fromJsonField } from './stored-layers.ts';

/** @hapi/catbox with @hapi/catbox-redis, as their API pages say. What it stores is JSON, so bytes are given to it as base64. */
const catbox: Target = defineTarget({
  name: 'catbox',
  package: '@hapi/catbox',
  version: '12.1.1',
  companions: { '@hapi/catbox-redis': '7.1.0' },
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of catbox takes an AbortSignal' },
    { ability: 'deadline', because: 'no call of catbox takes a deadline of its own' },
  ],
  unwrap: (stored) => fromJsonField(stored, 'item'),
  open: openCatbox,
});
export default catbox;

/** As hapi does, waits for `start`; if that fails or takes too long, calls reject until it has started. */
async function openCatbox(options: OpenOptions): Promise<CacheClient> {
  const { host, port } = options.endpoint;
  const { Client } = options.library as CatboxModule;
  const { Engine } = companionOf(options, '@hapi/catbox-redis') as EngineModule;
  // "Usage" of @hapi/catbox-redis: a partition, and where the server is.
  const client = new Client(Engine, { partition: 'crosswire', host, port });
  const stopped = new AbortController();
  const starting = startAgainAndAgain(client, stopped.signal);
  await withinDeadline(starting.first, options.timeoutMs, 'start').catch(() => undefined);
  const close = async (): Promise<void> => {
    stopped.abort();
    await starting.all;
    await client.stop();
  };
  return layerClient({ ...callsOf(client, options), close }, options);
}

function callsOf(client: Client, options: OpenOptions): Omit<LayerCalls, 'close'> {
  const { Policy } = options.library as CatboxModule;
  const idOf = (id: string): Id => ({ segment, id });
  const get = async (key: string): Promise<unknown> => {
    const cached = await client.get(idOf(key));
    return cached === null ? undefined : decoded(cached.item);
  };
  const policy = new Policy(
    {
      expiresIn: 600_000,
      // The caller's function and time come with the id, which may be an object; a time of 0 means that nothing is stored.
      generateFunc: async ({ load, ttlMs }, flags) => {
        const value = await load();
        flags.ttl = value === undefined ? 0 : ttlMs;
        return value === undefined ? null : value.toString('base64');
      },
      // To be said with generateFunc.
      generateTimeout: options.timeoutMs,
    },
    client,
    segment,
  );
  return {
    name: 'catbox',
    get,
    // It has no call for many keys.
    getMany: async (keys) => Promise.all(keys.map(get)),
    set: async (key, value, ttlMs) => client.set(idOf(key), value.toString('base64'), ttlMs),
    delete: async (key) => client.drop(idOf(key)),
    getOrLoad: async (key, load, ttlMs) => decoded(await policy.get({ id: key, load, ttlMs })),
  };
}

interface Starting {
  readonly first: Promise<void>;
  /** Over when it has started, or is no longer wanted. */
  readonly all: Promise<void>;
}

/** `start` tries once, and hapi does not start without it: whoever looks after the process starts it again. */
function startAgainAndAgain(client: Client, signal: AbortSignal): Starting {
  const first = client.start();
  const startMore = async (failed: unknown): Promise<void> => {
    let isStarted = failed === undefined;
    while (!isStarted && !signal.aborted) {
      await delay(retryDelayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      isStarted = await client.start().then(
        () => true,
        () => false,
      );
    }
  };
  return { first, all: first.catch((error: unknown) => error ?? true).then(startMore) };
}

/** Comes back quickly, so that a short outage ends when the service is back and not seconds later. */
const retryDelayMs = 500;

const segment = 'values';

function decoded(item: unknown): unknown {
  return typeof item === 'string' ? Buffer.from(item, 'base64') : item;
}

interface Id {
  readonly segment: string;
  readonly id: string;
}

/** What is used of the library. */
interface Client {
  start(): Promise<void>;
  stop(): Promise<void>;
  get(id: Id): Promise<{ readonly item: unknown } | null>;
  set(id: Id, item: string, ttlMs: number): Promise<void>;
  drop(id: Id): Promise<void>;
}

interface Asked {
  readonly id: string;
  readonly load: () => Promise<Buffer | undefined>;
  readonly ttlMs: number;
}

interface CatboxModule {
  readonly Client: new (
    engine: unknown,
    options: { readonly partition: string; readonly host: string; readonly port: number },
  ) => Client;
  readonly Policy: new (
    rules: {
      readonly expiresIn: number;
      readonly generateFunc: (asked: Asked, flags: { ttl?: number }) => Promise<string | null>;
      readonly generateTimeout: number;
    },
    client: Client,
    segment: string,
  ) => { get(asked: Asked): Promise<unknown> };
}

interface EngineModule {
  readonly Engine: unknown;
}
