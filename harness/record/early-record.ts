import { DatabaseSync } from 'node:sqlite';
import type { Plan } from '../model/plan.ts';
import { applicationId } from './part.ts';

/** For tests: an empty record as the first crosswire laid it out, before there were changes, sweeps, answers and probers. */
export function earlyRecord(path: string, plan: Plan, rowsSql: string): void {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1;`);
  database.exec(layout);
  database
    .prepare(
      `INSERT INTO run VALUES (1, 'complete', '', ?, ?, 'ioredis', '4.16.0', 'embedded', ?, '{}', '2026-01-02T03:04:05.000Z')`,
    )
    .run(plan.scenario, plan.seed, JSON.stringify(plan));
  database.exec("INSERT INTO part VALUES (1, 'all', 'closed', '')");
  database.exec(rowsSql);
  database.close();
}

const layout = `
CREATE TABLE run (format INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, scenario TEXT NOT NULL,
  seed INTEGER NOT NULL, target TEXT NOT NULL, target_version TEXT NOT NULL, cache TEXT NOT NULL, plan TEXT NOT NULL,
  environment TEXT NOT NULL, started_at TEXT NOT NULL) STRICT;
CREATE TABLE part (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE op (id INTEGER PRIMARY KEY, actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL, canary INTEGER NOT NULL,
  kind TEXT NOT NULL, request_id TEXT NOT NULL, intended_ns INTEGER NOT NULL, sent_ns INTEGER, done_ns INTEGER,
  outcome TEXT NOT NULL, status INTEGER, told_user_id TEXT, asked_event_id TEXT, error TEXT) STRICT;
CREATE TABLE shown (id INTEGER PRIMARY KEY, op_id INTEGER NOT NULL, viewer_id TEXT NOT NULL, canary INTEGER NOT NULL,
  swapped INTEGER NOT NULL, surface TEXT NOT NULL, requested_ns INTEGER NOT NULL, shown_ns INTEGER NOT NULL,
  asked_event_id TEXT, state TEXT NOT NULL, owner_id TEXT, device_id TEXT, event_id TEXT, version INTEGER,
  tail_device_id TEXT, bytes INTEGER NOT NULL) STRICT;
CREATE TABLE evidence (id INTEGER PRIMARY KEY, shown_id INTEGER NOT NULL, shown BLOB NOT NULL, asked BLOB) STRICT;
CREATE INDEX evidence_of_shown ON evidence (shown_id);
CREATE TABLE camera (id INTEGER PRIMARY KEY, device_id TEXT NOT NULL, attempt INTEGER NOT NULL,
  planned_ns INTEGER NOT NULL, started_ns INTEGER, told_ns INTEGER, told_owner_id TEXT, told_device_id TEXT,
  closed_ns INTEGER, outcome TEXT NOT NULL, code INTEGER, error TEXT) STRICT;
CREATE TABLE told (id INTEGER PRIMARY KEY, device_id TEXT NOT NULL, at_ns INTEGER NOT NULL,
  told_device_id TEXT NOT NULL, told_owner_id TEXT NOT NULL, surface TEXT NOT NULL) STRICT;
CREATE TABLE cache_call (id INTEGER PRIMARY KEY, call_id INTEGER NOT NULL, request_id TEXT, call TEXT NOT NULL,
  key TEXT NOT NULL, started_ns INTEGER NOT NULL, done_ns INTEGER NOT NULL, outcome TEXT NOT NULL, bytes INTEGER,
  digest TEXT, error TEXT) STRICT;
CREATE TABLE origin (id INTEGER PRIMARY KEY, key TEXT NOT NULL, at_ns INTEGER NOT NULL, request_id TEXT) STRICT;
CREATE TABLE wire (id INTEGER PRIMARY KEY, connection INTEGER NOT NULL, position INTEGER NOT NULL,
  burst INTEGER NOT NULL, burst_place INTEGER NOT NULL, command TEXT NOT NULL, key TEXT, command_ns INTEGER NOT NULL,
  reply_ns INTEGER, reply_type TEXT, reply_bytes INTEGER, reply_digest TEXT, fate TEXT NOT NULL, fault_id TEXT) STRICT;
CREATE TABLE wire_connection (id INTEGER PRIMARY KEY, connection INTEGER NOT NULL, opened_ns INTEGER NOT NULL,
  closed_ns INTEGER NOT NULL, closed_by TEXT NOT NULL, how TEXT, fault_id TEXT, outstanding INTEGER NOT NULL) STRICT;
CREATE TABLE phase (id INTEGER PRIMARY KEY, name TEXT NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER) STRICT;
CREATE TABLE fault (id INTEGER PRIMARY KEY, fault_id TEXT NOT NULL, fault TEXT NOT NULL, on_ns INTEGER NOT NULL,
  off_ns INTEGER, bit INTEGER NOT NULL) STRICT;
CREATE TABLE flood (id INTEGER PRIMARY KEY, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL,
  requests INTEGER NOT NULL, errors INTEGER NOT NULL, non2xx INTEGER NOT NULL, latency_ms_p50 REAL NOT NULL,
  latency_ms_p99 REAL NOT NULL) STRICT;
`;
