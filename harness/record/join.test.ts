import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunRow } from '../model/rows.ts';
import { createRecord, finishRecord } from './join.ts';
import { openPart } from './part.ts';
import { openRecord } from './reader.ts';

let folder: string;
let main: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-join-'));
  main = join(folder, 'run.sqlite');
  createRecord(main, header);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const header: Omit<RunRow, 'format' | 'state' | 'reason'> = {
  scenario: 'cache-outage',
  seed: 7,
  target: 'ioredis',
  targetVersion: '6.0.0',
  cache: 'embedded',
  plan: '{}',
  environment: '{}',
  startedAt: '2026-01-02T03:04:05.000Z',
};

function writePart(name: string, writer: number, rows: number): string {
  const path = join(folder, `run.sqlite.${name}.part`);
  const part = openPart({ path, name, writer });
  for (let row = 0; row < rows; row += 1)
    part.origin({
      id: part.nextId('origin'),
      key: `${name} ${row}`,
      atNs: row,
      requestId: null,
      digest: null,
    });
  part.close();
  return path;
}

function stateAndCount(): unknown {
  using reader = openRecord(main, { scratchFolder: folder });
  const { state, reason } = reader.run();
  return { state, reason, origins: reader.count('origin') };
}

const finish = (parts: readonly string[]): unknown =>
  finishRecord({ path: main, parts, state: 'complete', reason: '' });

test('a record says that it is running from the first moment', () => {
  expect(stateAndCount()).toEqual({ state: 'running', reason: '', origins: 0 });
});

test('the rows of all parts are joined under the ids that they had, and one file is left', () => {
  const parts = [writePart('backend', 1, 3), writePart('fleet', 2, 2)];
  expect(finish(parts)).toEqual({ state: 'complete', reason: '' });
  expect(readdirSync(folder)).toEqual(['run.sqlite']);
  using reader = openRecord(main, { scratchFolder: folder });
  expect([...reader.rows('origin', ['id', 'key'])]).toEqual([
    { id: 2 ** 40 + 1, key: 'backend 0' },
    { id: 2 ** 40 + 2, key: 'backend 1' },
    { id: 2 ** 40 + 3, key: 'backend 2' },
    { id: 2 * 2 ** 40 + 1, key: 'fleet 0' },
    { id: 2 * 2 ** 40 + 2, key: 'fleet 1' },
  ]);
  expect(reader.run().state).toBe('complete');
});

test('a part that is missing makes the record failed, and the others are kept', () => {
  const missing = join(folder, 'nowhere.part');
  finish([writePart('backend', 1, 3), missing]);
  expect(stateAndCount()).toEqual({
    state: 'failed',
    reason: expect.stringContaining(`the part ${missing} cannot be read: ENOENT`),
    origins: 3,
  });
  expect(existsSync(missing)).toBe(false);
});

test('a part that is not SQLite makes the record failed and is left where it is', () => {
  const bad = join(folder, 'bad.part');
  writeFileSync(bad, 'this is no database, however long it may be'.repeat(100));
  finish([writePart('backend', 1, 3), bad]);
  expect(stateAndCount()).toEqual({
    state: 'failed',
    reason: `the part ${bad} cannot be read: file is not a database`,
    origins: 3,
  });
  expect(readdirSync(folder).sort()).toEqual(['bad.part', 'run.sqlite']);
});

test('a part that is cut off makes the record failed', () => {
  const cut = writePart('fleet', 2, 2000);
  truncateSync(cut, 4096 * 15);
  finish([writePart('backend', 1, 3), cut]);
  expect(stateAndCount()).toMatchObject({ state: 'failed', origins: 3 });
  expect(existsSync(cut)).toBe(true);
});

test('a part whose rows have silently vanished from a page makes the record failed', () => {
  const path = writePart('fleet', 2, 2000);
  const bytes = readFileSync(path);
  const leaves = Array.from({ length: bytes.length / 4096 }, (_, page) => page * 4096).filter(
    (start) => bytes[start] === 0x0d && bytes.readUInt16BE(start + 3) > 50,
  );
  // A leaf of the table that says it holds no cells: reading meets no error, and finds fewer rows.
  bytes.writeUInt16BE(0, leaves.at(-2)! + 3);
  writeFileSync(path, bytes);
  finish([writePart('backend', 1, 3), path]);
  expect(stateAndCount()).toMatchObject({ state: 'failed', origins: 3 });
  expect(existsSync(path)).toBe(true);
});

test('a part that fails half way is left out as a whole', () => {
  const path = join(folder, 'fleet.part');
  const part = openPart({ path, name: 'fleet', writer: 2 });
  part.told({
    id: part.nextId('told'),
    deviceId: 'device-1',
    atNs: 1,
    toldDeviceId: 'device-1',
    toldOwnerId: 'user-1',
    surface: 'heartbeat',
  });
  // An id of the other writer: the row of told is copied before this one is refused.
  part.origin({ id: 2 ** 40 + 1, key: 'clash', atNs: 1, requestId: null, digest: null });
  part.close();
  finish([writePart('backend', 1, 3), path]);
  expect(stateAndCount()).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('cannot be joined: UNIQUE constraint failed: origin.id'),
    origins: 3,
  });
  using reader = openRecord(main, { scratchFolder: folder });
  expect(reader.count('told')).toBe(0);
});

test('two writers of one ordinal are noticed', () => {
  finish([writePart('backend', 1, 3), writePart('fleet', 1, 2)]);
  expect(stateAndCount()).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('UNIQUE constraint failed: part.id'),
    origins: 3,
  });
});

test('a part that was not closed makes the record failed, with the rows that it had written', () => {
  const path = join(folder, 'fleet.part');
  const part = openPart({ path, name: 'fleet', writer: 1 });
  part.origin({ id: part.nextId('origin'), key: 'a', atNs: 1, requestId: null, digest: null });
  part.flush();
  // What a kill at this moment leaves: the file and its log.
  const left = join(folder, 'left.part');
  copyFileSync(path, left);
  copyFileSync(`${path}-wal`, `${left}-wal`);
  part.close();
  finish([left]);
  expect(stateAndCount()).toEqual({
    state: 'failed',
    reason: 'the writer fleet did not end properly, so its last rows are missing',
    origins: 1,
  });
});

test('a part that met a full disk makes the record failed with its reason', () => {
  const path = join(folder, 'fleet.part');
  const part = openPart({ path, name: 'fleet', writer: 1, batchRows: 1, pagesMax: 60 });
  for (let row = 0; row < 2000; row += 1)
    part.origin({
      id: part.nextId('origin'),
      key: 'x'.repeat(200),
      atNs: 1,
      requestId: null,
      digest: null,
    });
  part.close();
  finish([path]);
  expect(stateAndCount()).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('the writer fleet failed: the record could not be written'),
    origins: part.rowsWritten(),
  });
});

test('more parts than can be attached are refused by name', () => {
  const parts = Array.from({ length: 11 }, (_, index) => writePart(`p${index}`, index + 1, 1));
  finish(parts);
  expect(stateAndCount()).toMatchObject({
    state: 'failed',
    reason: `the part ${parts[10]} is beyond the limit of 10 parts`,
    origins: 10,
  });
});

test('how the run ended is kept, and joined with what went wrong', () => {
  finishRecord({
    path: main,
    parts: [join(folder, 'nowhere')],
    state: 'interrupted',
    reason: 'stopped by SIGINT',
  });
  expect(stateAndCount()).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^stopped by SIGINT; the part .*nowhere cannot be read/u),
  });
});

test('a record is finished once', () => {
  finish([]);
  expect(() => finish([])).toThrow(/was finished before/u);
});

test('a record is not made over a file that is already there', () => {
  expect(() => createRecord(main, header)).toThrow(/a file is already there/u);
});

test('a full disk while joining leaves the parts, and a record that is not complete', () => {
  const part = writePart('backend', 1, 5000);
  const finished = finishRecord({
    path: main,
    parts: [part],
    state: 'complete',
    reason: '',
    pagesMax: 30,
  });
  expect(finished.state).toBe('failed');
  expect(finished.reason).toContain('disk full');
  expect(existsSync(part)).toBe(true);
  expect(stateAndCount()).toMatchObject({ state: 'failed', origins: 0 });
});

test('what the environment says at the end takes the place of what it said before', () => {
  const part = writePart('backend', 3, 1);
  finishRecord({
    path: main,
    parts: [part],
    state: 'complete',
    reason: '',
    environment: '{"a":1}',
  });
  using reader = openRecord(main, { scratchFolder: folder });
  expect(reader.run()).toMatchObject({ state: 'complete', environment: '{"a":1}' });
});
