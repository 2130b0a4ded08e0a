import { existsSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { RunRow } from '../model/rows.ts';
import { columnName, type Table } from './column.ts';
import { decoderOf } from './decode.ts';
import { applicationId, createDatabase } from './part.ts';
import { messageOf, primaryCode, RecordError, writeError } from './record-error.ts';
import { columnsOf, createSql, encoderOf, insertSql } from './sql.ts';
import { partTable, recordFormat, runTable, tableNames, tables } from './tables.ts';

/** SQLite attaches at most ten files to one connection. */
const partsMax = 10;

/**
 * Makes the main file of a run: its tables, and its header with the state `running`. It is complete only when
 * `finishRecord` has said so.
 *
 * @throws RecordError when the file is already there or cannot be written
 */
export function createRecord(path: string, run: Omit<RunRow, 'format' | 'state' | 'reason'>): void {
  const row: RunRow = { ...run, format: recordFormat, state: 'running', reason: '' };
  const database = createDatabase(path, (fresh) => {
    fresh.exec('BEGIN');
    fresh.exec(createSql('run', runTable));
    fresh.exec(createSql('part', partTable));
    for (const table of tableNames) fresh.exec(createSql(table, tables[table] as Table<unknown>));
    fresh.exec('CREATE INDEX evidence_of_shown ON evidence (shown_id)');
    fresh.prepare(insertSql('run', runTable)).run(...encoderOf(runTable)(row));
    fresh.exec('COMMIT');
  });
  database.close();
}

export interface FinishOptions {
  /** The main file, made by `createRecord`. */
  readonly path: string;
  /** The files of the writers, at most 10. Every one of them should have been closed. */
  readonly parts: readonly string[];
  /** How the run ended, as far as its owner knows. */
  readonly state: 'complete' | 'interrupted' | 'failed';
  /** Why it is not complete; empty when it is. */
  readonly reason: string;
  /** What the header says from now on; as it was when absent. */
  readonly environment?: string;
  /** The largest file, in pages of 4096 bytes. */
  readonly pagesMax?: number;
}

/** What the record says of itself now. */
export interface Finished {
  readonly state: RunRow['state'];
  readonly reason: string;
}

/**
 * Joins the parts into the main file and writes how the run ended, all in one transaction: a record that was killed while
 * it was joined still says `running`, and its parts are still there. A part that is missing, unreadable or was not closed
 * makes the state `failed`; its sound rows are kept, because a leak that was seen stays seen. Parts are removed once their
 * rows are safely in the main file, which is then one file with nothing beside it.
 *
 * @returns what the record says of itself now; `running` with a reason when the disk is too full to write even that
 * @throws RecordError when the main file is not a running record
 */
export function finishRecord(options: FinishOptions): Finished {
  const { path, parts } = options;
  const database = openMain(path);
  try {
    if (options.pagesMax !== undefined)
      database.exec(`PRAGMA main.max_page_count = ${options.pagesMax}`);
    const attached = parts.slice(0, partsMax).map((part, index) => attach(database, part, index));
    const tooMany = parts
      .slice(partsMax)
      .map((part) => `the part ${part} is beyond the limit of ${partsMax} parts`);
    const finished = joinAll(database, path, {
      ...options,
      attached,
      problems: tooMany,
    });
    database.close();
    for (const part of finished.joined) removePart(part);
    return { state: finished.state, reason: finished.reason };
  } catch (cause) {
    throw writeError(path, cause);
  } finally {
    if (database.isOpen) database.close();
  }
}

interface Attached {
  readonly path: string;
  readonly schema: string;
  /** Why it cannot be joined, or null. */
  readonly problem: string | null;
}

function openMain(path: string): DatabaseSync {
  if (!existsSync(path)) throw new RecordError('missing', `there is no record at ${path}`);
  const database = new DatabaseSync(path);
  try {
    // The parts are removed afterwards, so their rows must be on the disk by then.
    database.exec('PRAGMA synchronous = FULL');
    const running = database.prepare("SELECT 1 FROM run WHERE state = 'running'").get();
    if (running === undefined)
      throw new RecordError('malformed', `the record ${path} was finished before`);
    return database;
  } catch (cause) {
    database.close();
    throw writeError(path, cause);
  }
}

/** ATTACH would create a missing file, and cannot be done within the transaction that joins. */
function attach(database: DatabaseSync, path: string, index: number): Attached {
  const schema = `part${index}`;
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file');
    database.prepare(`ATTACH ? AS ${schema}`).run(path);
    // Its index is then kept in memory, not in a shared-memory file beside it.
    database.exec(`PRAGMA ${schema}.locking_mode = EXCLUSIVE`);
    const id = database.prepare(`PRAGMA ${schema}.application_id`).get()?.['application_id'];
    if (id !== applicationId) throw new Error('it is not a part of a record');
    const check = database.prepare(`PRAGMA ${schema}.quick_check(1)`).get()?.['quick_check'];
    if (check !== 'ok') throw new Error(String(check));
    return { path, schema, problem: null };
  } catch (cause) {
    return { path, schema, problem: `the part ${path} cannot be read: ${messageOf(cause)}` };
  }
}

function joinAll(
  database: DatabaseSync,
  path: string,
  options: FinishOptions & {
    readonly attached: readonly Attached[];
    readonly problems: readonly string[];
  },
): Finished & { readonly joined: readonly string[] } {
  const problems = [...options.problems];
  const joined: string[] = [];
  // Not IMMEDIATE: that would open a writing transaction on every part as well, and with it a super-journal beside the
  // record, without which a record that was killed here could not be rolled back.
  database.exec('BEGIN');
  try {
    for (const part of options.attached) {
      const problem = part.problem ?? joinPart(database, part);
      if (problem === null) joined.push(part.path);
      else problems.push(problem);
    }
    problems.push(...unclosedParts(database, path));
    const finished = endOf(options, problems);
    setState(database, finished);
    if (options.environment !== undefined)
      database.prepare('UPDATE main.run SET environment = ?').run(options.environment);
    database.exec('COMMIT');
    return { ...finished, joined };
  } catch (cause) {
    // The disk was full, most likely: nothing is joined, the parts stay, and the header says so if that much still fits.
    if (database.isTransaction) database.exec('ROLLBACK');
    const finished = endOf(options, [...problems, writeError(path, cause).message]);
    return { ...stateThatFits(database, finished), joined: [] };
  }
}

/** The reason why this part could not be joined, or null. Its rows are in or out as a whole. */
function joinPart(database: DatabaseSync, part: Attached): string | null {
  database.exec('SAVEPOINT part');
  try {
    copyTable(database, part.schema, 'part', partTable);
    for (const name of tableNames)
      copyTable(database, part.schema, name, tables[name] as Table<unknown>);
    database.exec('RELEASE part');
    return null;
  } catch (cause) {
    // A failure of the main file is not this part's: it has undone the whole transaction, or soon would.
    if (!database.isTransaction || [10, 13].includes(primaryCode(cause))) throw cause;
    database.exec('ROLLBACK TO part');
    database.exec('RELEASE part');
    return `the part ${part.path} cannot be joined: ${messageOf(cause)}`;
  }
}

function copyTable<Row>(
  database: DatabaseSync,
  schema: string,
  name: string,
  table: Table<Row>,
): void {
  const names = columnsOf(table)
    .map(([key]) => columnName(key))
    .join(', ');
  const copied = Number(
    database
      .prepare(`INSERT INTO main.${name} (${names}) SELECT ${names} FROM ${schema}.${name}`)
      .run().changes,
  );
  const count = database.prepare(`SELECT COUNT(*) AS rows FROM ${schema}.${name}`).get();
  const expected = Number(count?.['rows']);
  if (copied !== expected) throw new Error(`${copied} of ${expected} rows of ${name} were copied`);
}

function unclosedParts(database: DatabaseSync, path: string): readonly string[] {
  const keys = ['id', 'name', 'state', 'reason'] as const;
  const decoder = decoderOf({ path, name: 'part', table: partTable, keys });
  const statement = database.prepare(`SELECT ${decoder.names.join(', ')} FROM main.part`);
  statement.setReturnArrays(true);
  // The type of `all` does not know that rows are arrays now.
  const rows = statement.all() as unknown as readonly SQLOutputValue[][];
  return rows
    .map((cells) => decoder.decode(cells))
    .filter((part) => part.state !== 'closed')
    .map((part) =>
      part.state === 'failed'
        ? `the writer ${part.name} failed: ${part.reason}`
        : `the writer ${part.name} did not end properly, so its last rows are missing`,
    );
}

function endOf(options: FinishOptions, problems: readonly string[]): Finished {
  if (problems.length === 0) return { state: options.state, reason: options.reason };
  const reasons = options.reason === '' ? problems : [options.reason, ...problems];
  return { state: 'failed', reason: reasons.join('; ') };
}

/** The header stays as it was when not even one page fits; `running` is judged as inconclusive as well. */
function stateThatFits(database: DatabaseSync, finished: Finished): Finished {
  try {
    setState(database, finished);
    return finished;
  } catch {
    return { state: 'running', reason: finished.reason };
  }
}

function setState(database: DatabaseSync, finished: Finished): void {
  database
    .prepare('UPDATE main.run SET state = ?, reason = ?')
    .run(finished.state, finished.reason);
}

function removePart(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    rmSync(`${path}${suffix}`, { force: true });
}
