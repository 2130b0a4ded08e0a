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

function tapped() {
  const cache = memoryCache();
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
