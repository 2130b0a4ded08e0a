import { Redis } from 'ioredis';
import { createClient, RESP_TYPES } from 'redis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chooseTarget } from '../../targets/clients/choose-target.ts';
import iovalkey from '../../targets/clients/iovalkey.ts';
import valkeyGlide from '../../targets/clients/valkey-glide.ts';
import { testLibrary } from '../cli/test-library.ts';
import type { StartedService } from '../model/service.ts';
import { seededRng } from '../plan/rng.ts';
import { embeddedProvider } from './embedded.ts';
import { askOnce } from './provider-bench.ts';

/** All bytes there are, so that a client or server that takes them for text is found. */
const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
let service: StartedService;

beforeAll(async () => {
  const provider = embeddedProvider({ node: process.execPath, onProcess: () => undefined });
  service = await provider.start(AbortSignal.timeout(10_000));
});
beforeEach(async () => {
  await askOnce(service, 'FLUSHALL');
});
afterAll(() => service[Symbol.asyncDispose]());

test('ioredis connects, pipelines, runs a transaction, and gets the bytes back', async () => {
  const client = new Redis({ ...service.endpoint, maxRetriesPerRequest: 0 });
  try {
    expect(await client.set('a', bytes, 'PX', 60_000)).toBe('OK');
    expect(await client.getBuffer('a')).toEqual(bytes);
    const pipeline = client.pipeline();
    for (let index = 0; index < 500; index += 1)
      pipeline.set(`k${index}`, `v${index}`).get(`k${index}`);
    const replies = await pipeline.exec();
    expect(replies?.filter((_, index) => index % 2 === 1).map(([, value]) => value)).toEqual(
      Array.from({ length: 500 }, (_, index) => `v${index}`),
    );
    expect(await client.multi().incr('n').hset('h', { f: '1' }).hgetall('h').exec()).toEqual([
      [null, 1],
      [null, 1],
      [null, { f: '1' }],
    ]);
    expect(await client.mget('k1', 'none', 'k2')).toEqual(['v1', null, 'v2']);
    await expect(client.hget('k1', 'f')).rejects.toThrow('WRONGTYPE');
  } finally {
    client.disconnect();
  }
});

test.for([2, 3] as const)(
  'node-redis connects with RESP%i, pipelines, runs a transaction, and gets the bytes back',
  async (protocol) => {
    const client = createClient({
      socket: { ...service.endpoint, reconnectStrategy: false },
      RESP: protocol,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      expect(await client.set('a', bytes, { expiration: { type: 'PX', value: 60_000 } })).toBe(
        'OK',
      );
      const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      expect(await binary.get('a')).toEqual(bytes);
      const indexes = Array.from({ length: 500 }, (_, index) => index);
      await Promise.all(indexes.map((index) => client.set(`k${index}`, `v${index}`)));
      const values = await Promise.all(indexes.map((index) => client.get(`k${index}`)));
      expect(values).toEqual(indexes.map((index) => `v${index}`));
      expect(await client.multi().incr('n').hSet('h', 'f', '1').get('none').exec()).toEqual([
        1,
        1,
        null,
      ]);
      expect({ ...(await client.hGetAll('h')) }).toEqual({ f: '1' });
      expect([...(await client.sMembers('none'))]).toEqual([]);
      await expect(client.hGet('k1', 'f')).rejects.toThrow('WRONGTYPE');
      const scanned: string[] = [];
      for await (const keys of client.scanIterator({ MATCH: 'k*', COUNT: 50 }))
        scanned.push(...keys);
      expect(scanned).toHaveLength(500);
    } finally {
      client.destroy();
    }
  },
);

/** Targets, because their libraries are fetched and not installed. */
const clients = [
  { target: iovalkey, words: {} },
  { target: valkeyGlide, words: { options: { resp: '2' } } },
  { target: valkeyGlide, words: { options: { resp: '3' } } },
].map(({ target, words }) => ({ target: chooseTarget(target, words) }));

test.for(clients)(
  '$target.name stores, gets pages, waits for expiry and deletes, and gets the bytes back',
  async ({ target }, context) => {
    const { library, missing } = await testLibrary(target);
    if (missing !== undefined) context.skip(missing);
    await using client = await target.open({
      endpoint: service.endpoint,
      library: await import(library),
      timeoutMs: 5_000,
      world: {
        clock: { nowNs: () => 0, sleepUntil: async () => {} },
        rng: seededRng(1),
        log: () => {},
      },
    });
    await client.set('a', bytes, 60_000);
    expect(Buffer.from((await client.get('a')) ?? [])).toEqual(bytes);
    const keys = Array.from({ length: 500 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => client.set(key, Buffer.from(key), 60_000)));
    const page = await client.getMany(['none', ...keys]);
    expect(page.map((value) => value && Buffer.from(value).toString())).toEqual([
      undefined,
      ...keys,
    ]);
    await client.set('brief', bytes, 20);
    await expect.poll(() => client.get('brief'), { timeout: 5_000 }).toBeUndefined();
    await client.delete('a');
    expect(await client.get('a')).toBeUndefined();
  },
);
