import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Recorder, RecordTable } from '../model/rows.ts';
import type { Clock } from '../model/world.ts';
import type { Table } from './column.ts';
import { RecordError, writeError } from './record-error.ts';
import { createSql, encoderOf, insertSql } from './sql.ts';
import { partTable, type RowOf, recordFormat, tableNames, tables } from './tables.ts';

/** The one writer of one process. */
export interface PartWriter extends Recorder, Disposable {
  readonly path: string;
  /** Rows that reached the file. */
  rowsWritten(): number;
  /** The first error of writing; nothing is written after it. */
  failure(): RecordError | undefined;
  /** Writes what is buffered. Never throws; see `failure`. */
  flush(): void;
  /** Flushes every `everyMs`, so that a killed process loses no more than that. Resolves when the signal is aborted. */
  startFlushing(clock: Clock, everyMs: number, signal: AbortSignal): Promise<void>;
  /** Writes what is buffered and leaves one file, with nothing beside it. Never throws; see `failure`. */
  close(): void;
}

export interface PartOptions {
  /** A file that must not exist yet. */
  readonly path: string;
  /** Which process writes, for example `fleet`. */
  readonly name: string;
  /** From 1 to 8191, another one for each writer of a run: ids count from ordinal x 2^40, so that joining renumbers nothing. */
  readonly writer: number;
  /** Rows held back at most; one batch takes about a millisecond of the event loop. */
  readonly batchRows?: number;
  /** The largest file, in pages of 4096 bytes. */
  readonly pagesMax?: number;
  /** Called once, with the first error. It runs inside the call that wrote, so it must not throw. */
  readonly onFailure?: (error: RecordError) => void;
}

/** Marks a file as ours in its header: `cwrc`. */
export const applicationId = 0x63777263;

const idsPerWriter = 2 ** 40;
const writersMax = 8191;

/**
 * Opens a file of its own for the writer of one process.
 *
 * The journal is a write-ahead log without syncing: a process that is killed at any moment leaves a file that opens with
 * everything up to its last batch, because the operating system still holds what was written. Only a machine that loses
 * power can lose more, and that ends the run as well; syncing would stop the event loop of a load generator for
 * milliseconds at a time. The lock is exclusive, so that no shared-memory file is needed, which a full disk could tear.
 *
 * @throws RecordError when the file cannot be created, or the ordinal is out of range
 */
export function openPart(options: PartOptions): PartWriter {
  const { path, name, writer, batchRows = 512 } = options;
  if (!Number.isSafeInteger(writer) || writer < 1 || writer > writersMax) {
    throw new RecordError(
      'unwritable',
      `a writer's ordinal is from 1 to ${writersMax}, got ${writer}`,
    );
  }
  const database = createDatabase(path, (fresh) => {
    fresh.exec('PRAGMA locking_mode = EXCLUSIVE');
    fresh.exec('PRAGMA journal_mode = WAL');
    fresh.exec('PRAGMA synchronous = OFF');
    if (options.pagesMax !== undefined) fresh.exec(`PRAGMA max_page_count = ${options.pagesMax}`);
    fresh.exec('BEGIN');
    fresh.exec(createSql('part', partTable));
    for (const table of tableNames) fresh.exec(createSql(table, tables[table] as Table<unknown>));
    fresh
      .prepare(insertSql('part', partTable))
      .run(...encoderOf(partTable)({ id: writer, name, state: 'open', reason: '' }));
    fresh.exec('COMMIT');
  });
  return writerOver({ database, path, writer, batchRows, onFailure: options.onFailure });
}

/** Creates a record file and fills it; removes nothing, and leaves no open handle when that fails. */
export function createDatabase(path: string, fill: (database: DatabaseSync) => void): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    // SQLite would open a file that is already there, and mix two runs.
    closeSync(openSync(path, 'wx', 0o644));
    database = new DatabaseSync(path);
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${recordFormat}`);
    fill(database);
    return database;
  } catch (cause) {
    database?.close();
    throw writeError(path, cause);
  }
}

interface WriterOptions {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly writer: number;
  readonly batchRows: number;
  readonly onFailure: ((error: RecordError) => void) | undefined;
}

interface Queue {
  readonly rows: unknown[];
  readonly write: (row: unknown) => void;
  lastId: number;
}

function writerOver({ database, path, writer, batchRows, onFailure }: WriterOptions): PartWriter {
  const queues = queuesOf(database, writer * idsPerWriter);
  let pending = 0;
  let written = 0;
  let closed = false;
  let failure: RecordError | undefined;

  const attempt = (write: () => void): void => {
    if (failure !== undefined || closed) return;
    try {
      write();
    } catch (cause) {
      failure = writeError(path, cause);
      for (const queue of queues.values()) queue.rows.length = 0;
      rollBack(database);
      onFailure?.(failure);
    }
  };
  const flush = (): void => {
    if (pending === 0) return;
    attempt(() => {
      database.exec('BEGIN');
      for (const queue of queues.values()) {
        for (const row of queue.rows) queue.write(row);
        queue.rows.length = 0;
      }
      database.exec('COMMIT');
      written += pending;
    });
    pending = 0;
  };
  const add = <Name extends RecordTable>(name: Name): ((row: RowOf[Name]) => void) => {
    const queue = queueOf(queues, name);
    return (row) => {
      if (failure !== undefined || closed) return;
      queue.rows.push(row);
      pending += 1;
      if (pending >= batchRows) flush();
    };
  };
  const close = (): void => {
    if (closed) return;
    flush();
    attempt(() => {
      database.exec("UPDATE part SET state = 'closed'");
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.exec('PRAGMA journal_mode = DELETE');
    });
    if (failure !== undefined) noteFailure(database, failure);
    closed = true;
    database.close();
  };
  return {
    path,
    nextId: (table) => {
      const queue = queueOf(queues, table);
      queue.lastId += 1;
      return queue.lastId;
    },
    op: add('op'),
    shown: add('shown'),
    evidence: add('evidence'),
    camera: add('camera'),
    told: add('told'),
    change: add('change'),
    answer: add('answer'),
    sweep: add('sweep'),
    cacheCall: add('cache_call'),
    origin: add('origin'),
    wire: add('wire'),
    wireConnection: add('wire_connection'),
    phase: add('phase'),
    fault: add('fault'),
    flood: add('flood'),
    rowsWritten: () => written,
    failure: () => failure,
    flush,
    startFlushing: (clock, everyMs, signal) => flushUntilAborted({ clock, everyMs, signal, flush }),
    close,
    [Symbol.dispose]: close,
  };
}

function queuesOf(database: DatabaseSync, idBase: number): ReadonlyMap<RecordTable, Queue> {
  return new Map(
    tableNames.map((name) => {
      const table = tables[name] as Table<unknown>;
      const insert = database.prepare(insertSql(name, table));
      const encode = encoderOf(table);
      const write = (row: unknown): void => {
        insert.run(...encode(row));
      };
      return [name, { rows: [], write, lastId: idBase }];
    }),
  );
}

function queueOf(queues: ReadonlyMap<RecordTable, Queue>, name: RecordTable): Queue {
  const queue = queues.get(name);
  if (queue === undefined) throw new Error(`the record has no table ${name}`);
  return queue;
}

async function flushUntilAborted(options: {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly flush: () => void;
}): Promise<void> {
  const { clock, everyMs, signal, flush } = options;
  try {
    while (!signal.aborted) {
      await clock.sleepUntil(clock.nowNs() + everyMs * 1e6, signal);
      flush();
    }
  } catch (cause) {
    // Being aborted is the way in which this ends.
    if (!signal.aborted) throw cause;
  } finally {
    flush();
  }
}

/** Best effort: on a full disk even this may not fit, and then the state stays `open`, which is judged the same. */
function noteFailure(database: DatabaseSync, failure: RecordError): void {
  try {
    database.prepare("UPDATE part SET state = 'failed', reason = ?").run(failure.message);
  } catch {
    rollBack(database);
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } catch {
    // SQLite had already rolled back; the file holds the last whole batch either way.
  }
}
