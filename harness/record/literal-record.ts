import { join } from 'node:path';
import type { Plan } from '../model/plan.ts';
import type * as rows from '../model/rows.ts';
import { createRecord, finishRecord } from './join.ts';
import { openPart } from './part.ts';
import { openRecord, type RecordReader } from './reader.ts';

/** Rows of a record, written out by hand. A row without an id is given one. */
export interface LiteralRows {
  readonly ops?: readonly Literal<rows.OpRow>[];
  readonly shown?: readonly Literal<rows.ShownRow>[];
  readonly evidence?: readonly Literal<rows.EvidenceRow>[];
  readonly cameras?: readonly Literal<rows.CameraRow>[];
  readonly told?: readonly Literal<rows.ToldRow>[];
  readonly changes?: readonly Literal<rows.ChangeRow>[];
  readonly answers?: readonly Literal<rows.AnswerRow>[];
  readonly sweeps?: readonly Literal<rows.SweepRow>[];
  readonly origins?: readonly Literal<rows.OriginRow>[];
  readonly wire?: readonly Literal<rows.WireRow>[];
  readonly cacheCalls?: readonly Literal<rows.CacheCallRow>[];
  readonly wireConnections?: readonly Literal<rows.WireConnectionRow>[];
  readonly phases?: readonly Literal<rows.PhaseRow>[];
  readonly faults?: readonly Literal<rows.FaultRow>[];
  readonly floods?: readonly Literal<rows.FloodRow>[];
}

type Literal<Row extends { readonly id: number }> = Omit<Row, 'id'> & { readonly id?: number };

export interface LiteralRecord extends LiteralRows {
  /** An empty folder that the caller removes. */
  readonly folder: string;
  readonly plan: Plan;
  readonly state?: 'complete' | 'interrupted' | 'failed';
  readonly reason?: string;
  /** JSON; an empty object unless told. */
  readonly environment?: string;
}

/** Writes a whole record through the real writer and opens it: how tests of checks and reports make theirs. */
export function literalRecord(literal: LiteralRecord): RecordReader {
  const path = join(literal.folder, 'run.sqlite');
  const part = join(literal.folder, 'run.sqlite.all.part');
  createRecord(path, {
    scenario: literal.plan.scenario,
    seed: literal.plan.seed,
    target: 'ioredis',
    targetVersion: '6.0.0',
    cache: 'embedded',
    plan: JSON.stringify(literal.plan),
    environment: literal.environment ?? '{}',
    startedAt: '2026-01-02T03:04:05.000Z',
  });
  writeRows(part, literal);
  const { state = 'complete', reason = '' } = literal;
  finishRecord({ path, parts: [part], state, reason });
  return openRecord(path, { scratchFolder: literal.folder });
}

function writeRows(path: string, literal: LiteralRows): void {
  using writer = openPart({ path, name: 'all', writer: 1 });
  const named = <Row extends { readonly id: number }>(
    table: rows.RecordTable,
    row: Literal<Row>,
  ): Row => ({ ...row, id: row.id ?? writer.nextId(table) }) as unknown as Row;
  for (const row of literal.ops ?? []) writer.op(named('op', row));
  for (const row of literal.shown ?? []) writer.shown(named('shown', row));
  for (const row of literal.evidence ?? []) writer.evidence(named('evidence', row));
  for (const row of literal.cameras ?? []) writer.camera(named('camera', row));
  for (const row of literal.told ?? []) writer.told(named('told', row));
  for (const row of literal.changes ?? []) writer.change(named('change', row));
  for (const row of literal.answers ?? []) writer.answer(named('answer', row));
  for (const row of literal.sweeps ?? []) writer.sweep(named('sweep', row));
  for (const row of literal.origins ?? []) writer.origin(named('origin', row));
  for (const row of literal.wire ?? []) writer.wire(named('wire', row));
  for (const row of literal.cacheCalls ?? []) writer.cacheCall(named('cache_call', row));
  for (const row of literal.wireConnections ?? [])
    writer.wireConnection(named('wire_connection', row));
  for (const row of literal.phases ?? []) writer.phase(named('phase', row));
  for (const row of literal.faults ?? []) writer.fault(named('fault', row));
  for (const row of literal.floods ?? []) writer.flood(named('flood', row));
  writer.close();
  const failure = writer.failure();
  if (failure !== undefined) throw failure;
}
