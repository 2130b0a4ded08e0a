import { expect, test } from 'vitest';
import type { SweepRow } from '../model/rows.ts';
import type { Clock } from '../model/world.ts';
import { startInProcess } from '../services/in-process.ts';
import { encodeCommand, openConversation } from '../services/resp-conversation.ts';
import { databaseSweep, sweepStores } from './sweep.ts';

const clock: Clock = { nowNs: () => 7, sleepUntil: async () => {} };
const signal = AbortSignal.timeout(20_000);
const page = { things: [{ key: 'session:ada.1', value: Buffer.from('{}') }], next: null };

test('cache and database are read, and a sentence says how much', async () => {
  await using cache = await startInProcess({ clock, log: () => {} });
  await using conversation = await openConversation(cache.endpoint);
  await conversation.say(encodeCommand(['SET', 'device:front:owner', '{"ownerId":"ada"}']), 1);
  const { rows, options } = sweepOf([cache.endpoint]);
  expect(await sweepStores(options, signal)).toBe(
    '1 value of the cache read; 3 values of the database read',
  );
  expect(rows.map(({ store, key, value }) => [store, key, value])).toEqual([
    ['cache', 'device:front:owner', '{"ownerId":"ada"}'],
    ['database', 'session:ada.1', '{}'],
    ['database', 'session:ada.1', '{}'],
    ['database', 'session:ada.1', '{}'],
  ]);
});

test('a cache that is gone is told, and the database is read all the same', async () => {
  const cache = await startInProcess({ clock, log: () => {} });
  const { endpoint } = cache;
  await cache[Symbol.asyncDispose]();
  const { rows, options } = sweepOf([endpoint]);
  expect(await sweepStores(options, signal)).toMatch(
    /^the cache could not be read to its end: .*ECONNREFUSED.*; 3 values of the database read$/,
  );
  expect(rows.map(({ store }) => store)).toEqual(['database', 'database', 'database']);
});

test('an interrupt ends it', async () => {
  const { options } = sweepOf([]);
  const interrupt = AbortSignal.abort(new Error('Ctrl-C'));
  await expect(sweepStores(options, interrupt)).rejects.toThrow('Ctrl-C');
});

/** Three pages of the same one thing in the database. */
function sweepOf(endpoints: readonly { host: string; port: number }[]) {
  const rows: SweepRow[] = [];
  const recorder = { nextId: () => 1, sweep: (row: SweepRow) => void rows.push(row) };
  const seed = 1;
  let pages = 0;
  const stored = () => {
    pages += 1;
    return { ...page, next: pages < 3 ? ({ kind: 'user', after: 'a' } as const) : null };
  };
  const database = databaseSweep({ stored }, { seed, clock, recorder });
  const cache = { endpoints, protocol: 'resp', prefix: '' } as const;
  return { rows, options: { seed, clock, recorder, cache, database } };
}
