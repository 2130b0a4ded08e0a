import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../model/plan.ts';
import type { CameraRow, OpRow } from '../model/rows.ts';
import { type LiteralRows, literalRecord } from './literal-record.ts';
import { openPart } from './part.ts';
import { openRecord, type RecordReader } from './reader.ts';

let folder: string;
let scratchFolder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-reader-'));
  scratchFolder = mkdtempSync(join(tmpdir(), 'crosswire-scratch-'));
  path = join(folder, 'run.sqlite');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(scratchFolder, { recursive: true, force: true });
});

const plan: Plan = {
  format: 1,
  scenario: 'cache-outage',
  seed: 7,
  population: {
    users: [{ userId: 'user-1', name: 'Nadia', subscription: 'lite', role: 'viewer' }],
    devices: [
      {
        deviceId: 'device-1',
        name: 'Front door',
        ownerId: 'user-1',
        sharedWith: [],
        backOff: { policy: 'immediate', delayMs: 1 },
      },
    ],
  },
  habits: { tapShare: 0.1, thinkMsMin: 1, thinkMsMax: 2, pageSize: 10 },
  heartbeatMs: 1000,
  steps: [{ type: 'phase', name: 'calm', atMs: 0, forMs: 1000 }],
  checks: ['own-data-only'],
  requestDeadlineMs: 2000,
  deadlineMs: 10_000,
};

const op: Omit<OpRow, 'id'> = {
  actorKind: 'viewer',
  actorId: 'user-1',
  canary: false,
  kind: 'list',
  requestId: 'r-1',
  intendedNs: 0,
  sentNs: 10,
  doneNs: 20,
  outcome: 'ok',
  status: 200,
  toldUserId: 'user-1',
  askedDeviceId: null,
  version: null,
  credential: 'session',
  cookieUserId: null,
  webCache: null,
  askedEventId: null,
  error: null,
};

const camera: Omit<CameraRow, 'id'> = {
  deviceId: 'device-1',
  attempt: 1,
  plannedNs: 0,
  startedNs: 0,
  toldNs: 5,
  toldOwnerId: 'user-1',
  toldDeviceId: 'device-1',
  closedNs: null,
  outcome: 'connected',
  code: null,
  error: null,
};

const write = (rows: LiteralRows): RecordReader => literalRecord({ folder, plan, ...rows });

/** Writes a record and breaks it with SQL that may do anything. */
function broken(rows: LiteralRows, sql: string): void {
  write(rows)[Symbol.dispose]();
  const database = new DatabaseSync(path, { defensive: false });
  database.exec(sql);
  database.close();
}

function everything(of: string): unknown {
  return readdirSync(of)
    .sort()
    .map((name) => {
      const { size, mtimeMs, mode } = statSync(join(of, name));
      const hash = createHash('sha256')
        .update(readFileSync(join(of, name)))
        .digest('hex');
      return { name, size, mtimeMs, mode, hash };
    });
}

function readAll(): void {
  using reader = openRecord(path, { scratchFolder });
  reader.run();
  for (const row of reader.ops()) expect(row.id).toBeGreaterThan(0);
  for (const row of reader.cameras()) expect(row.id).toBeGreaterThan(0);
}

test('rows come back as they were written, flags, nulls and bytes included', () => {
  using reader = write({
    ops: [{ ...op, canary: true, sentNs: null, id: 4 }],
    evidence: [{ shownId: 9, shown: Uint8Array.of(1, 2), asked: null }],
  });
  expect([...reader.ops()]).toEqual([{ ...op, canary: true, sentNs: null, id: 4 }]);
  expect(reader.evidenceFor(9)).toMatchObject({ shown: Uint8Array.of(1, 2), asked: null });
  expect(reader.evidenceFor(8)).toBeUndefined();
  expect(reader.plan()).toEqual(plan);
});

test('rows are found by value, among values, by null and by range', () => {
  using reader = write({
    ops: [
      { ...op, id: 1, intendedNs: 5, kind: 'login' },
      { ...op, id: 2, intendedNs: 10, kind: 'list', doneNs: null },
      { ...op, id: 3, intendedNs: 15, kind: 'clip', canary: true },
    ],
  });
  const ids = (where: Parameters<RecordReader['ops']>[0]): number[] =>
    [...reader.ops(where)].map((row) => row.id);
  expect(ids({ kind: ['login', 'clip'] })).toEqual([1, 3]);
  expect(ids({ kind: [] })).toEqual([]);
  expect(ids({ doneNs: null })).toEqual([2]);
  expect(ids({ doneNs: { not: null } })).toEqual([1, 3]);
  expect(ids({ canary: false })).toEqual([1, 2]);
  expect(ids({ intendedNs: { from: 10, below: 15 } })).toEqual([2]);
  expect(reader.count('op', { canary: true })).toBe(1);
});

test('a finished record is read without a trace, also from a folder that cannot be written', () => {
  write({ ops: [{ ...op }] })[Symbol.dispose]();
  chmodSync(path, 0o444);
  chmodSync(folder, 0o555);
  const before = everything(folder);
  readAll();
  expect(everything(folder)).toEqual(before);
  expect(readdirSync(scratchFolder)).toEqual([]);
  chmodSync(folder, 0o755);
});

test('a finished record is read while another tool holds its lock, because reading takes none', () => {
  write({ ops: [op] })[Symbol.dispose]();
  const other = new DatabaseSync(path);
  other.exec('BEGIN EXCLUSIVE');
  expect(readAll).not.toThrow();
  other.exec('ROLLBACK');
  other.close();
});

test('a record with a journal beside it is read from a copy that is removed, and stays as it was', () => {
  write({ ops: [{ ...op }] })[Symbol.dispose]();
  const writer = new DatabaseSync(path);
  writer.exec('PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN');
  writer.exec("UPDATE run SET state = 'failed'");
  for (let row = 100; row < 400; row += 1)
    writer.exec(`INSERT INTO origin VALUES (${row}, '${'x'.repeat(300)}', 1, NULL, NULL)`);
  // What a kill in the middle of a transaction leaves: pages of it in the file, and the journal that takes them back.
  const left = join(folder, 'left');
  mkdirSync(left);
  copyFileSync(path, join(left, 'run.sqlite'));
  copyFileSync(`${path}-journal`, join(left, 'run.sqlite-journal'));
  writer.exec('ROLLBACK');
  writer.close();
  const before = everything(left);
  {
    using reader = openRecord(join(left, 'run.sqlite'), { scratchFolder });
    expect(reader.run().state).toBe('complete');
    expect(reader.count('origin')).toBe(0);
  }
  expect(everything(left)).toEqual(before);
  expect(readdirSync(scratchFolder)).toEqual([]);
});

test('a journal that names another file to be deleted is refused, and the file stays', () => {
  write({})[Symbol.dispose]();
  const trailer = Buffer.concat([Buffer.alloc(600), Buffer.from('d9d505f920a163d7', 'hex')]);
  writeFileSync(`${path}-journal`, trailer);
  expect(readAll).toThrow(/the journal beside .* is not one of crosswire's/u);
});

test.each([
  ['there is none', (): void => {}, /^there is no record at .*run\.sqlite$/u],
  ['it is a folder', (): void => mkdirSync(path), /is not a file, so it is not a record$/u],
  ['it is empty', (): void => writeFileSync(path, ''), /^the record .* is empty$/u],
  [
    'it is a text',
    (): void => writeFileSync(path, 'hello '.repeat(1000)),
    /is not a SQLite file, so it is not a record$/u,
  ],
  [
    'it ends within the header',
    (): void => {
      write({})[Symbol.dispose]();
      truncateSync(path, 50);
    },
    /is cut off after 50 bytes$/u,
  ],
  [
    'its end is missing',
    (): void => {
      write({})[Symbol.dispose]();
      truncateSync(path, statSync(path).size - 5000);
    },
    /is cut off: it has \d+ bytes of \d+$/u,
  ],
  [
    'it is a database of somebody else',
    (): void => {
      const database = new DatabaseSync(path);
      database.exec('CREATE TABLE run (a)');
      database.close();
    },
    /is a SQLite file, but not a record of crosswire$/u,
  ],
  [
    'it is the file of one writer',
    (): void => openPart({ path, name: 'fleet', writer: 1 }).close(),
    /has no table run$/u,
  ],
])('one clear line when %s', (_, prepare, message) => {
  prepare();
  expect(readAll).toThrow(message);
  expect(readdirSync(scratchFolder)).toEqual([]);
});

test.each([
  ['a newer format', 'PRAGMA user_version = 2', /has format 2, and this crosswire reads up to 1/u],
  ['no table op', 'DROP TABLE op', /has no table op$/u],
  [
    'a view for a table',
    'DROP TABLE op; CREATE VIEW op AS SELECT * FROM origin',
    /has no table op$/u,
  ],
  ['a missing column', 'ALTER TABLE op DROP COLUMN status', /no column status in its table op$/u],
  [
    'two headers',
    'INSERT INTO run SELECT * FROM run',
    /more than one header row in its table run$/u,
  ],
  ['no header', 'DELETE FROM run', /no header row in its table run$/u],
  [
    'an unknown word',
    "UPDATE op SET outcome = 'splendid'",
    /op\.outcome holds "splendid", not one of ok, refused, failed, expired, unsent, wrong-echo$/u,
  ],
  [
    'a number beyond 2^53',
    'UPDATE op SET intended_ns = 9223372036854775807',
    /the record .* cannot be read: .*9223372036854775807/u,
  ],
  ['a flag that is neither', 'UPDATE op SET canary = 2', /op\.canary holds 2, not a boolean$/u],
  [
    'bytes where a text belongs',
    "ALTER TABLE op RENAME TO old; CREATE TABLE op AS SELECT * FROM old; UPDATE op SET actor_id = x'0102'",
    /op\.actor_id holds 2 bytes, not a text$/u,
  ],
  [
    'nothing where something belongs',
    'ALTER TABLE op RENAME TO old; CREATE TABLE op AS SELECT * FROM old; UPDATE op SET actor_id = NULL',
    /op\.actor_id holds nothing, not a text$/u,
  ],
])('one clear line for a record with %s', (_, sql, message) => {
  broken({ ops: [{ ...op }] }, sql);
  expect(readAll).toThrow(message);
});

test('a page of rubbish in the middle is one clear line', () => {
  write({ ops: Array.from({ length: 3000 }, () => op) })[Symbol.dispose]();
  const bytes = readFileSync(path);
  bytes.fill(0xee, 4096 * 25, 4096 * 45);
  writeFileSync(path, bytes);
  expect(readAll).toThrow(/^the record .* cannot be read: database disk image is malformed$/u);
});

test.each([
  ['not JSON', '{', /is not JSON/u],
  ['a list', '[]', /format is not one of 1; .*population is not an object/u],
  [
    'a population of something else',
    JSON.stringify({ ...plan, population: { users: [{ userId: 7 }], devices: {} } }),
    /population\.users\[0\]\.userId is not a text; .*; population\.devices is not a list/u,
  ],
  [
    'an unknown step',
    JSON.stringify({ ...plan, steps: [{ type: 'dance', atMs: 1 }] }),
    /steps\[0\]\.type is not one of phase/u,
  ],
])('a plan that is %s is refused with the place', (_, json, message) => {
  write({})[Symbol.dispose]();
  const database = new DatabaseSync(path);
  database.prepare('UPDATE run SET plan = ?').run(json);
  database.close();
  using reader = openRecord(path, { scratchFolder });
  expect(() => reader.plan()).toThrow(message);
});

test('ops of those who may ask are counted by outcome in every bucket, the empty ones included', () => {
  using reader = write({
    ops: [
      { ...op, intendedNs: 0 },
      { ...op, intendedNs: 99, outcome: 'refused' },
      { ...op, intendedNs: 250 },
      { ...op, intendedNs: 260, outcome: 'refused', credential: 'ended' },
    ],
  });
  const none = { ok: 0, refused: 0, failed: 0, expired: 0, unsent: 0, 'wrong-echo': 0 };
  expect(reader.opsPerBucket(100)).toEqual([
    { fromNs: 0, counts: { ...none, ok: 1, refused: 1 } },
    { fromNs: 100, counts: none },
    { fromNs: 200, counts: { ...none, ok: 1 } },
  ]);
});

test('a chart of one row far in the future is refused instead of filling the memory', () => {
  using reader = write({ ops: [{ ...op, intendedNs: 9e15 }] });
  expect(() => reader.opsPerBucket(1)).toThrow(/more than 100000 buckets of time/u);
  expect(() => reader.opsPerBucket(0.5)).toThrow(/whole number of nanoseconds above 0, got 0.5/u);
});

test('latency is counted from the intended and from the sent moment', () => {
  using reader = write({
    ops: Array.from({ length: 100 }, (_, index) => ({
      ...op,
      intendedNs: 0,
      sentNs: 1_000_000,
      doneNs: index < 98 ? 2_000_000 : 51_000_000,
    })),
  });
  const [bucket] = reader.latencyPerBucket(1e9);
  expect(bucket).toMatchObject({ fromNs: 0, count: 100 });
  const near = (actual: number, expected: number): void =>
    expect(Math.abs(actual / expected - 1)).toBeLessThan(0.004);
  near(bucket!.fromIntended.p50Ns, 2e6);
  near(bucket!.fromIntended.p99Ns, 51e6);
  near(bucket!.fromSent.p50Ns, 1e6);
  near(bucket!.fromSent.p99Ns, 50e6);
});

test('cameras are connected from the moment they were told until they are closed', () => {
  using reader = write({
    cameras: [
      { ...camera, startedNs: 10, toldNs: 20, closedNs: 250 },
      { ...camera, startedNs: 110, toldNs: 120, closedNs: null },
      { ...camera, startedNs: 130, toldNs: null, closedNs: 140, outcome: 'refused' },
    ],
  });
  expect(reader.camerasPerBucket(100)).toEqual([
    { fromNs: 0, connected: 1, attempts: 1, unsuccessful: 0 },
    { fromNs: 100, connected: 2, attempts: 2, unsuccessful: 1 },
    { fromNs: 200, connected: 1, attempts: 0, unsuccessful: 0 },
  ]);
});
