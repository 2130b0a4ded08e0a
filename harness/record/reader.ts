import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Plan } from '../model/plan.ts';
import type * as rows from '../model/rows.ts';
import {
  type CameraBucket,
  camerasPerBucket,
  type LatencyBucket,
  latencyPerBucket,
  type OpBucket,
  opsPerBucket,
} from './buckets.ts';
import type { Table } from './column.ts';
import { decoderOf } from './decode.ts';
import { isRecorded } from './layout.ts';
import { type OpenedRecord, openWithoutWriting, partsBeside } from './opening.ts';
import { planOf } from './plan-shape.ts';
import { RecordError, readError } from './record-error.ts';
import { type Where, whereSql } from './sql.ts';
import { type RowOf, runTable, tables } from './tables.ts';

/** Reads one record; it never writes. Every query throws RecordError when the file is not what it promises to be. */
export interface RecordReader extends Disposable, AsyncDisposable {
  readonly path: string;
  run(): rows.RunRow;
  /** The plan of the run, parsed and checked for its shape. */
  plan(): Plan;
  phases(): readonly rows.PhaseRow[];
  faults(): readonly rows.FaultRow[];
  floods(): readonly rows.FloodRow[];
  /** Streams whole rows in the order of their ids. */
  ops(where?: Where<rows.OpRow>): IterableIterator<rows.OpRow>;
  shown(where?: Where<rows.ShownRow>): IterableIterator<rows.ShownRow>;
  cameras(where?: Where<rows.CameraRow>): IterableIterator<rows.CameraRow>;
  told(where?: Where<rows.ToldRow>): IterableIterator<rows.ToldRow>;
  /** Streams some columns of any table in the order of its ids: the cheap way through millions of rows. */
  rows<Name extends rows.RecordTable, Key extends keyof RowOf[Name] & string>(
    table: Name,
    columns: readonly Key[],
    where?: Where<RowOf[Name]>,
  ): IterableIterator<Pick<RowOf[Name], Key>>;
  count<Name extends rows.RecordTable>(table: Name, where?: Where<RowOf[Name]>): number;
  /** False for a table or columns that were not recorded yet when an earlier crosswire made this record: they read as empty. */
  recorded<Name extends rows.RecordTable>(
    table: Name,
    columns?: readonly (keyof RowOf[Name] & string)[],
  ): boolean;
  /** Names of files that writers left beside the record: those of a run that was killed, which are not read. */
  partsBeside(): readonly string[];
  /** The offending bytes of a row of `shown`, where they were kept. */
  evidenceFor(shownId: number): rows.EvidenceRow | undefined;
  /** How many ops the plan wanted in each bucket of time, by outcome; empty buckets included. `bucketNs` in nanoseconds. */
  opsPerBucket(bucketNs: number): readonly OpBucket[];
  /** How long viewers waited for answers that were `ok`, bucketed by the intended moment; buckets without one are left out. */
  latencyPerBucket(bucketNs: number): readonly LatencyBucket[];
  /** How many cameras were connected at the end of each bucket, and how many tried within it. */
  camerasPerBucket(bucketNs: number): readonly CameraBucket[];
}

export interface OpenRecordOptions {
  /** An existing folder in which a record that was cut short is copied to, because reading it means repairing it. */
  readonly scratchFolder: string;
}

/**
 * Opens a record without ever writing to its file or its folder. A record that was cut short opens as well; its
 * `run().state` says so, and one that an earlier crosswire made: what was not recorded then reads as empty.
 *
 * @throws RecordError in one line: not there, not a record, cut off, newer than this code, a table or column missing
 */
export function openRecord(path: string, options: OpenRecordOptions): RecordReader {
  const opened = openWithoutWriting(path, options.scratchFolder);
  try {
    return readerOver(opened, path);
  } catch (cause) {
    opened.close();
    throw readError(path, cause);
  }
}

function readerOver(opened: OpenedRecord, path: string): RecordReader {
  const session: Session = { opened, path };
  let plan: Plan | undefined;
  let closed = false;
  const close = (): void => {
    if (!closed) opened.close();
    closed = true;
  };
  const some: RecordReader['rows'] = (name, columns, where = {}) =>
    streamRows(session, { name, table: tables[name], columns, where });
  const whole = <Name extends rows.RecordTable>(
    name: Name,
    where: Where<RowOf[Name]> = {},
  ): IterableIterator<RowOf[Name]> => {
    const table: Table<RowOf[Name]> = tables[name];
    const columns = keysOf(table);
    // All of its columns make a whole row.
    return streamRows(session, { name, table, columns, where }) as IterableIterator<RowOf[Name]>;
  };
  const few = <Name extends keyof typeof rowsMax>(name: Name): RowOf[Name][] => {
    const count = countRows(session, { name, table: tables[name], where: {} });
    if (count <= rowsMax[name]) return [...whole(name)];
    throw new RecordError(
      'malformed',
      `the record ${path} has ${count} rows in its table ${name}, and no run has more than ${rowsMax[name]}`,
    );
  };
  const query = (sql: string, values: readonly SQLInputValue[]): readonly SQLOutputValue[][] =>
    queryAll(session, sql, values);
  return {
    path,
    run: () => readRun(session),
    plan: () => (plan ??= planOf(readRun(session).plan, path)),
    phases: () => few('phase').sort((one, other) => one.fromNs - other.fromNs),
    faults: () => few('fault'),
    floods: () => few('flood'),
    ops: (where) => whole('op', where),
    shown: (where) => whole('shown', where),
    cameras: (where) => whole('camera', where),
    told: (where) => whole('told', where),
    rows: some,
    count: (name, where = {}) => countRows(session, { name, table: tables[name], where }),
    recorded: (table, columns = []) => isRecorded(opened.unrecorded, table, columns),
    partsBeside: () => partsBeside(path),
    evidenceFor: (shownId) => [...whole('evidence', { shownId })][0],
    opsPerBucket: (bucketNs) => opsPerBucket(query, bucketNs),
    latencyPerBucket: (bucketNs) =>
      latencyPerBucket(
        some('op', ['intendedNs', 'sentNs', 'doneNs'], { actorKind: 'viewer', outcome: 'ok' }),
        bucketNs,
      ),
    camerasPerBucket: (bucketNs) => camerasPerBucket(query, bucketNs),
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: () => Promise.resolve(close()),
  };
}

/** Of the tables that are read whole. */
const rowsMax = { phase: 1_000, fault: 50_000, flood: 10_000 } as const;

interface Session {
  readonly opened: OpenedRecord;
  readonly path: string;
}

interface Selection<Row, Key> {
  readonly name: string;
  readonly table: Table<Row>;
  readonly columns: readonly Key[];
  readonly where: Where<Row>;
}

function* streamRows<Row, Key extends keyof Row & string>(
  { opened, path }: Session,
  { name, table, columns, where }: Selection<Row, Key>,
): IterableIterator<Pick<Row, Key>> {
  const decoder = decoderOf({ path, name, table, keys: columns });
  const condition = whereSql(table, where);
  try {
    const statement = opened.database.prepare(
      `SELECT ${decoder.names.join(', ')} FROM ${name}${condition.sql} ORDER BY id`,
    );
    statement.setReturnArrays(true);
    // The type of `iterate` does not know that rows are arrays now.
    const found = statement.iterate(...condition.values) as unknown as Iterable<SQLOutputValue[]>;
    for (const cells of found) yield decoder.decode(cells);
  } catch (cause) {
    throw readError(path, cause);
  }
}

function queryAll(
  { opened, path }: Session,
  sql: string,
  values: readonly SQLInputValue[],
): readonly SQLOutputValue[][] {
  try {
    const statement = opened.database.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as SQLOutputValue[][];
  } catch (cause) {
    throw readError(path, cause);
  }
}

function countRows<Row>(
  session: Session,
  { name, table, where }: Omit<Selection<Row, never>, 'columns'>,
): number {
  const condition = whereSql(table, where);
  const counted = queryAll(
    session,
    `SELECT COUNT(*) FROM ${name}${condition.sql}`,
    condition.values,
  );
  return Number(counted[0]?.[0]);
}

function readRun(session: Session): rows.RunRow {
  const { path } = session;
  const decoder = decoderOf({ path, name: 'run', table: runTable, keys: keysOf(runTable) });
  const found = queryAll(session, `SELECT ${decoder.names.join(', ')} FROM run LIMIT 2`, []);
  const [cells] = found;
  if (cells === undefined || found.length > 1) {
    throw new RecordError(
      'malformed',
      `the record ${path} has ${cells === undefined ? 'no' : 'more than one'} header row in its table run`,
    );
  }
  return decoder.decode(cells);
}

function keysOf<Row>(table: Table<Row>): (keyof Row & string)[] {
  return Object.keys(table.columns) as (keyof Row & string)[];
}
