import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formats } from '../../reports/formats.ts';
import type { RunSummary } from '../../reports/summary.ts';
import { renderTerminal } from '../../reports/terminal.ts';
import * as sample from '../oracle/sample-rows.ts';
import { literalRecord } from '../record/literal-record.ts';
import { RecordError } from '../record/record-error.ts';
import { judgeRecord } from './judgement.ts';
import { readingRecord } from './record-reading.ts';

let folder: string;
let record: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crosswire-hostile-'));
  record = path.join(folder, 'run.sqlite');
  literalRecord({
    folder,
    plan: sample.plan,
    phases: sample.phases,
    ops: [sample.op({})],
    shown: [sample.shown({ deviceId: 'cleo-crib' })],
    cameras: sample.allCameras,
    cacheCalls: [sample.cacheCall({})],
    wireConnections: [sample.wireConnection({})],
    faults: [
      {
        faultId: 'kill-cache',
        fault: '{"kind":"kill","service":"cache"}',
        onNs: 100,
        offNs: 200,
        bit: 1,
      },
    ],
    floods: [
      {
        fromNs: 0,
        toNs: 5,
        requests: 1,
        errors: 0,
        non2xx: 0,
        latencyMsP50: 1,
        latencyMsP99: 2,
      },
    ],
  })[Symbol.dispose]();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function change(sql: string, ...values: readonly string[]): void {
  const database = new DatabaseSync(record, { defensive: false });
  if (values.length === 0) database.exec(sql);
  else database.prepare(sql).run(...values);
  database.close();
}

interface Found {
  readonly summary: RunSummary | null;
  /** `judged: fail`, or one line of what is wrong. */
  readonly says: string;
}

/** All that judge and report make of it. Throws what is no RecordError. */
function found(): Found {
  try {
    const summary = readingRecord(record, () => judgeRecord(record));
    for (const { render } of formats) render(summary, { uplotScript: '', uplotStyle: '' });
    renderTerminal(summary, { colour: false });
    return { summary, says: `judged: ${summary.verdict.outcome}` };
  } catch (error) {
    if (error instanceof RecordError) return { summary: null, says: error.message };
    throw error;
  }
}

/** The same, and that the record was left as it was. */
function read(): Found {
  const before = { bytes: readFileSync(record), mtimeMs: statSync(record).mtimeMs };
  const result = found();
  expect(statSync(record).mtimeMs).toBe(before.mtimeMs);
  expect(readFileSync(record).equals(before.bytes)).toBe(true);
  expect(result.says.split('\n')).toHaveLength(1);
  return result;
}

const withPlan = (plan: unknown): void => change('UPDATE run SET plan = ?', JSON.stringify(plan));

test('the record of these tests is sound, so what fails below fails for its own reason', () => {
  expect(read().says).toBe('judged: fail');
});

test('a check that this version does not have is inconclusive and named', () => {
  withPlan({ ...sample.plan, checks: ['own-data-only', 'tomorrow <b>'] });
  expect(read().summary?.verdict.findings).toContainEqual({
    check: 'tomorrow <b>',
    outcome: 'inconclusive',
    reason: 'this crosswire has no such check: use the one that made the record, or a newer one',
  });
});

test('every part of the plan may be something else: it is judged, or refused in one line', () => {
  const wrong: readonly unknown[] = [null, 7, -1, 'word', [], {}, true, [null], 1e308];
  const places = placesOf(sample.plan);
  expect(places.length).toBeGreaterThan(80);
  for (const [index, place] of places.entries()) {
    // One wrong value a place, another one each time, so that the test stays short.
    withPlan(replaced(sample.plan, place, wrong[index % wrong.length]));
    expect(read().says).not.toMatch(/makes no sense/u);
    withPlan(replaced(sample.plan, place, undefined));
    expect(read().says).not.toMatch(/makes no sense/u);
  }
});

test('strings with markup and control characters are text wherever they end up', () => {
  const evil =
    '</script><script>alert(1)</script><img src=x onerror=alert(2)>\u001B[2J\u202E`|$(id)';
  for (const column of ['scenario', 'target', 'target_version', 'cache', 'started_at', 'reason'])
    change(`UPDATE run SET ${column} = ?`, evil);
  change(
    'UPDATE run SET environment = ?',
    JSON.stringify({ replay: evil, node: evil, [evil]: evil }),
  );
  change('UPDATE shown SET device_id = ?, event_id = ?', evil, evil);
  change('UPDATE phase SET name = ?', evil);
  change('UPDATE fault SET fault_id = ?, fault = ?', evil, evil);
  const { summary } = read();
  if (summary === null) throw new Error('it was refused');
  for (const { name, render } of formats) {
    const text = render(summary, { uplotScript: '', uplotStyle: '' });
    if (name === 'json') continue;
    // What follows is a code block, whose fence is longer than any in it.
    const [page = ''] = text.split('\nReplay:\n');
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img src=x');
  }
  expect(renderTerminal(summary, { colour: false })).not.toContain('\u001B');
});

test.for(['op', 'shown', 'phase', 'fault', 'flood', 'camera', 'wire', 'sweep', 'origin'] as const)(
  'a table %s of very many rows is read, or refused in one line',
  (table) => {
    const rows = 60_000;
    const insert = inserts[table];
    if (insert !== undefined) change(insert);
    change(`CREATE TEMP TABLE one AS SELECT * FROM main.${table} LIMIT 1;
      INSERT INTO main.${table} SELECT n + 1000 AS id, ${columnsBut(table)} FROM one,
        (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${rows}) SELECT n FROM c)`);
    expect(read().says).toMatch(
      refused.has(table)
        ? /has 6000\d rows in its table \w+, and no run has more than \d+$/u
        : /^judged: fail$/u,
    );
  },
);

/** Of the tables that are read whole. */
const refused: ReadonlySet<string> = new Set(['phase', 'fault', 'flood']);

const inserts: Readonly<Record<string, string>> = {
  wire: "INSERT INTO wire (id, connection, position, burst, burst_place, command, command_ns, fate) VALUES (1, 1, 1, 1, 1, 'GET', 1, 'lost')",
  sweep:
    "INSERT INTO sweep (id, store, key, at_ns, bytes, digest) VALUES (1, 'cache', 'k', 1, 1, 'd')",
  origin: "INSERT INTO origin (id, key, at_ns) VALUES (1, 'k', 1)",
};

function columnsBut(table: string): string {
  const database = new DatabaseSync(record);
  const names = database.prepare('SELECT name FROM pragma_table_info(?)').all(table);
  database.close();
  return names
    .map((row) => String(row['name']))
    .filter((name) => name !== 'id')
    .join(', ');
}

test.for([
  [
    'a view that computes for ever',
    "ALTER TABLE origin RENAME TO old; CREATE VIEW origin AS WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM c) SELECT id, 'k' AS key, 1 AS at_ns, NULL AS request_id, NULL AS digest FROM c",
    'has no table origin',
  ],
  [
    'views that need each other',
    'CREATE VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a',
    'judged: fail',
  ],
  [
    'a trigger on every table',
    'CREATE TRIGGER t AFTER INSERT ON op BEGIN DELETE FROM op; END; CREATE TRIGGER u AFTER UPDATE ON run BEGIN DELETE FROM run; END',
    'judged: fail',
  ],
  [
    'a generated column',
    'ALTER TABLE told RENAME TO old; CREATE TABLE told (id INTEGER PRIMARY KEY, device_id TEXT, at_ns INTEGER, told_device_id TEXT, told_owner_id TEXT, surface TEXT AS (hex(zeroblob(100000000))))',
    'has no column surface in its table told',
  ],
  [
    'a view for a table that was added later',
    'DROP TABLE sweep; CREATE VIEW sweep AS SELECT * FROM sqlite_schema, sqlite_schema, sqlite_schema',
    'judged: fail',
  ],
  [
    'a virtual table',
    'DROP TABLE sweep; CREATE VIRTUAL TABLE sweep USING fts5(id)',
    'judged: fail',
  ],
  [
    'a schema that was written over',
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE op (' WHERE name = 'op'",
    'cannot be read',
  ],
] as const)('a record with %s is judged or refused, and nothing in it runs', ([, sql, says]) => {
  change(sql);
  expect(read().says).toContain(says);
});

type Place = readonly (string | number)[];

function placesOf(value: unknown, place: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [place];
  const inner = Object.entries(value).flatMap(([key, each]) => placesOf(each, [...place, key]));
  return place.length === 0 ? inner : [place, ...inner];
}

function replaced(value: unknown, [key, ...rest]: Place, by: unknown): unknown {
  if (key === undefined) return by;
  const copy: unknown = Array.isArray(value) ? [...value] : { ...(value as object) };
  const holder = copy as Record<string | number, unknown>;
  if (rest.length === 0 && by === undefined) delete holder[key];
  else holder[key] = replaced(holder[key], rest, by);
  return copy;
}
