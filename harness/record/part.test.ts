import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OriginRow } from '../model/rows.ts';
import { openPart, type PartWriter } from './part.ts';
import type { RecordError } from './record-error.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-part-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (writer: PartWriter, key: string): OriginRow => ({
  id: writer.nextId('origin'),
  key,
  atNs: 5,
  requestId: null,
  digest: null,
});

function keysIn(path: string): unknown[] {
  const database = new DatabaseSync(path);
  try {
    return database.prepare('SELECT id, key FROM origin ORDER BY id').all();
  } finally {
    database.close();
  }
}

test('rows are in the file once they are flushed, and a closed part is one file', () => {
  const path = join(folder, 'fleet.part');
  const writer = openPart({ path, name: 'fleet', writer: 3 });
  writer.origin(load(writer, 'thumb:a'));
  writer.origin(load(writer, 'thumb:b'));
  writer.close();
  expect(writer.failure()).toBeUndefined();
  expect(writer.rowsWritten()).toBe(2);
  expect(readdirSync(folder)).toEqual(['fleet.part']);
  expect(keysIn(path)).toEqual([
    { id: 3 * 2 ** 40 + 1, key: 'thumb:a' },
    { id: 3 * 2 ** 40 + 2, key: 'thumb:b' },
  ]);
});

test('a full batch is written without being asked', () => {
  const writer = openPart({ path: join(folder, 'p'), name: 'p', writer: 1, batchRows: 2 });
  writer.origin(load(writer, 'a'));
  expect(writer.rowsWritten()).toBe(0);
  writer.origin(load(writer, 'b'));
  expect(writer.rowsWritten()).toBe(2);
  writer.close();
});

test('a file that is already there is left alone', () => {
  const path = join(folder, 'p');
  writeFileSync(path, 'precious');
  expect(() => openPart({ path, name: 'p', writer: 1 })).toThrow(
    /could not be written: a file is already there at .*p/u,
  );
});

test('a folder that is not there is named', () => {
  const path = join(folder, 'nowhere', 'p');
  expect(() => openPart({ path, name: 'p', writer: 1 })).toThrow(/no such folder at/u);
});

test('an ordinal whose ids would not be safe integers is refused', () => {
  expect(() => openPart({ path: join(folder, 'p'), name: 'p', writer: 8192 })).toThrow(
    "a writer's ordinal is from 1 to 8191, got 8192",
  );
  expect(existsSync(join(folder, 'p'))).toBe(false);
});

test('a full disk stops the part with one clear error, and keeps what was written before', () => {
  const path = join(folder, 'p');
  const failures: RecordError[] = [];
  const writer = openPart({
    path,
    name: 'p',
    writer: 1,
    batchRows: 10,
    pagesMax: 60,
    onFailure: (error) => failures.push(error),
  });
  for (let row = 0; row < 5000; row += 1) writer.origin(load(writer, `thumb:${'x'.repeat(100)}`));
  const kept = writer.rowsWritten();
  writer.close();
  expect(failures).toHaveLength(1);
  expect(failures[0]!.message).toContain(`the record could not be written: disk full at ${path}`);
  expect(writer.failure()).toBe(failures[0]);
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(5000);
  expect(keysIn(path)).toHaveLength(kept);
});

test('a value that no column can hold fails the part, which says so itself, instead of the load loop', () => {
  const path = join(folder, 'p');
  const writer = openPart({ path, name: 'p', writer: 1, batchRows: 2 });
  writer.origin(load(writer, 'a'));
  writer.origin({ ...load(writer, 'b'), atNs: 0.5 });
  writer.origin(load(writer, 'c'));
  expect(writer.failure()?.message).toMatch(/cannot store REAL value in INTEGER column/u);
  writer.close();
  expect(keysIn(path)).toEqual([]);
  const database = new DatabaseSync(path);
  expect(database.prepare('SELECT state, reason FROM part').get()).toEqual({
    state: 'failed',
    reason: writer.failure()!.message,
  });
  database.close();
});

test('two tables count their ids apart', () => {
  const writer = openPart({ path: join(folder, 'p'), name: 'p', writer: 1 });
  expect([writer.nextId('op'), writer.nextId('shown'), writer.nextId('op')]).toEqual([
    2 ** 40 + 1,
    2 ** 40 + 1,
    2 ** 40 + 2,
  ]);
  writer.close();
});

test('flushing by the clock goes on until it is aborted, and flushes once more then', async () => {
  const writer = openPart({ path: join(folder, 'p'), name: 'p', writer: 1 });
  const stop = new AbortController();
  const wakes: number[] = [];
  const clock = {
    nowNs: () => wakes.length * 1e9,
    sleepUntil: async (atNs: number): Promise<void> => {
      wakes.push(atNs);
      writer.origin(load(writer, `at ${atNs}`));
      if (wakes.length === 3) stop.abort();
    },
  };
  await writer.startFlushing(clock, 1000, stop.signal);
  expect(wakes).toEqual([1e9, 2e9, 3e9]);
  expect(writer.rowsWritten()).toBe(3);
  writer.close();
});
