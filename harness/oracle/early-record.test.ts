import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { earlyRecord } from '../record/early-record.ts';
import { openRecord } from '../record/reader.ts';
import { affectedPeople } from './affected.ts';
import { checks } from './checks.ts';
import * as sample from './sample-rows.ts';
import { judge } from './verdict.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-early-'));
  path = join(folder, 'record.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rows = `
INSERT INTO op VALUES (1, 'viewer', 'ann', 0, 'thumbnails', 'r-1', 310, 310, 320, 'ok', 200, 'ann', NULL, NULL);
INSERT INTO op VALUES (2, 'camera', 'ann-door', 0, 'upload', 'r-2', 20, 20, 30, 'ok', 201, NULL, NULL, NULL);
INSERT INTO shown VALUES (1, 1, 'ann', 0, 0, 'thumbnail', 310, 320, 'event-1', 'intact', 'cleo', 'cleo-crib', 'event-7', 1, NULL, 5000);
INSERT INTO origin VALUES (1, 'thumb:event-1', 5, 'r-1');
INSERT INTO wire VALUES (1, 1, 1, 1, 1, 'GET', 'thumb:event-1', 5, 6, '$', 10, 'abc', 'delivered', NULL);
INSERT INTO wire_connection VALUES (1, 1, 0, 110, 'server', NULL, NULL, 0);
INSERT INTO phase VALUES (1, 'calm', 300, 400);
`;

test('a record of the first crosswire opens: missing tables read as empty, missing columns as null or what was meant then', () => {
  earlyRecord(path, sample.plan, rows);
  const before = { bytes: readFileSync(path), mtimeMs: statSync(path).mtimeMs };
  {
    using record = openRecord(path, { scratchFolder: folder });
    expect([...record.ops()][0]).toMatchObject({ credential: 'session', version: null });
    expect([...record.rows('sweep', ['id'])]).toEqual([]);
    expect(record.count('change', { kind: 'share' })).toBe(0);
    expect([...record.rows('wire_connection', ['door'])]).toEqual([{ door: 1 }]);
    expect([...record.rows('wire', ['valueDigest', 'replyDigest'])]).toEqual([
      { valueDigest: null, replyDigest: 'abc' },
    ]);
    expect(record.opsPerBucket(1000)).toMatchObject([{ counts: { ok: 2 } }]);
    expect(record.recorded('sweep')).toBe(false);
    expect(record.recorded('op', ['version'])).toBe(false);
    expect(record.recorded('op', ['outcome'])).toBe(true);
  }
  expect(readFileSync(path).equals(before.bytes)).toBe(true);
  expect(statSync(path).mtimeMs).toBe(before.mtimeMs);
});

test('what was not written down then is inconclusive with that reason, and a leak is still a leak', () => {
  earlyRecord(path, sample.plan, rows);
  using record = openRecord(path, { scratchFolder: folder });
  const { findings, blastRadius } = judge(
    record,
    checks.map(({ name }) => name),
  );
  const reasons = Object.fromEntries(
    findings.map((finding) => [
      finding.check,
      finding.outcome === 'inconclusive' ? finding.reason : finding.outcome,
    ]),
  );
  const reason = /^an earlier crosswire made this record, and did not write down /;
  for (const check of ['fresh', 'intact', 'right-device', 'stored', 'fails-closed'] as const)
    expect(reasons[check]).toMatch(reason);
  expect(reasons['own-data-only']).toBe('fail');
  expect(blastRadius).toMatchObject({ usersReceived: 1, usersExposed: 1 });
  expect([...affectedPeople(record)]).toHaveLength(2);
});

test('what was there from the beginning must still be there', () => {
  earlyRecord(path, sample.plan, rows);
  const database = new DatabaseSync(path);
  database.exec('DROP TABLE told');
  database.close();
  expect(() => openRecord(path, { scratchFolder: folder })).toThrow(/has no table told$/u);
});
