import { expect, test } from 'vitest';
import type { CacheCallRow, Recorder } from '../../harness/model/rows.ts';
import { createCacheTap } from './cache-tap.ts';
import { digestOf } from './digests.ts';
import { memoryCache } from './memory-cache.ts';

test('every key of a call becomes a row, and rows of one call share its id', async () => {
  const { tap, rows } = tapped();
  const cache = tap.forRequest('request-1');
  await cache.set('a', Buffer.from('A'), 1_000);
  expect(await cache.getMany(['a', 'b'])).toEqual([Uint8Array.of(65), undefined]);
  await cache.delete('a');
  const requestId = 'request-1';
  const letter = { bytes: 1, digest: digestOf(Buffer.from('A')) };
  expect(rows).toMatchObject([
    { id: 1, callId: 1, requestId, call: 'set', key: 'a', outcome: 'stored', ...letter },
    { id: 2, callId: 2, requestId, call: 'getMany', key: 'a', outcome: 'hit', ...letter },
    { id: 3, callId: 2, requestId, call: 'getMany', key: 'b', outcome: 'miss', digest: null },
    { id: 4, callId: 4, requestId, call: 'delete', key: 'a', outcome: 'deleted', bytes: null },
  ]);
});

test('a read-through is a miss for whoever loads, a hit for whoever does not, and both rows say what was given', async () => {
  const { tap, rows } = tapped({ readsThrough: true });
  const cache = tap.forRequest('r');
  const load = async (): Promise<Uint8Array> => Buffer.from('A');
  const options = { ttlMs: 1_000 };
  await Promise.all([1, 2].map(async () => cache.getOrLoad?.('a', load, options)));
  expect(await cache.getOrLoad?.('nobody', async () => undefined, options)).toBeUndefined();
  const letter = { call: 'getOrLoad', key: 'a', bytes: 1, digest: digestOf(Buffer.from('A')) };
  expect(rows).toMatchObject([
    { ...letter, outcome: 'miss' },
    { ...letter, outcome: 'hit' },
    { call: 'getOrLoad', key: 'nobody', outcome: 'miss', bytes: null, digest: null },
  ]);
});

test('a cache without a read-through is not given one', () => {
  expect(tapped().tap.forRequest('r').getOrLoad).toBeUndefined();
});

test('a loader that the library calls when the backend is closed is not run', async () => {
  const { tap, cache } = tapped({ readsThrough: true });
  let late: (() => Promise<Uint8Array | undefined>) | undefined;
  cache.getOrLoad = async (_key, load) => {
    late = load;
    return undefined;
  };
  let loads = 0;
  await tap.forRequest('r').getOrLoad?.(
    'a',
    async () => {
      loads += 1;
      return undefined;
    },
    { ttlMs: 1 },
  );
  tap.close();
  await expect(late?.()).rejects.toThrow('closing');
  expect(loads).toBe(0);
});

test('a failed call is a row a key with what went wrong', async () => {
  const { tap, rows, cache } = tapped();
  cache.state = 'rejecting';
  await expect(tap.forRequest('r').getMany(['a', 'b'])).rejects.toThrow('did not answer');
  const error = 'the connection is closed';
  expect(rows).toMatchObject([
    { key: 'a', outcome: 'error', error },
    { key: 'b', outcome: 'error', error },
  ]);
  expect(tap.errors()).toBe(1);
});

test('closing rejects what hangs, long before its deadline, and what comes later', async () => {
  const { tap, rows, cache } = tapped();
  cache.state = 'hanging';
  const hanging = tap.forRequest('r').get('a');
  tap.close();
  await expect(hanging).rejects.toThrow('did not answer');
  await expect(tap.forRequest('r').get('a')).rejects.toThrow('did not answer');
  expect(rows).toEqual([]);
}, 5_000);

function tapped({ readsThrough = false } = {}) {
  const cache = memoryCache({ readsThrough });
  const rows: CacheCallRow[] = [];
  let id = 0;
  const nextId = (): number => {
    id += 1;
    return id;
  };
  const recorder = { nextId, cacheCall: (row: CacheCallRow) => void rows.push(row) };
  const tap = createCacheTap({
    cache,
    recorder: recorder as unknown as Recorder,
    clock: { nowNs: () => 5, sleepUntil: async () => {} },
    deadlineMs: 60_000,
  });
  return { tap, rows, cache };
}
