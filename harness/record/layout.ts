import type { DatabaseSync } from 'node:sqlite';
import type { RecordTable } from '../model/rows.ts';
import { type AnyColumn, columnName, type Table } from './column.ts';
import { RecordError } from './record-error.ts';
import { columnsOf } from './sql.ts';
import { runTable, tableNames, tables } from './tables.ts';

/** What an earlier crosswire did not record: `sweep`, or `op.version`, by stored names. */
export type Unrecorded = ReadonlySet<string>;

/**
 * Checks that a record has our tables and columns, and lets one that an earlier crosswire made read like today's: what was added since
 * is put before its tables as temporary views, in memory, so the record stays as it is. Views and virtual tables of its own could run
 * anything, so only plain tables will do; more tables and columns than ours do no harm.
 *
 * @throws RecordError for a table or column that was there from the beginning, and is missing
 */
export function fitLayout(database: DatabaseSync, path: string): Unrecorded {
  const plain = plainTables(database);
  const unrecorded = new Set<string>();
  const expected = [['run', runTable] as const, ...tableNames.map((name) => [name, tables[name]])];
  const views: string[] = [];
  for (const [name, table] of expected as readonly (readonly [string, Table<unknown>])[]) {
    const isThere = plain.has(name);
    if (!isThere && table.before !== 'empty')
      throw new RecordError('malformed', `the record ${path} has no table ${name}`);
    const columns = isThere ? columnsIn(database, name) : new Set<string>();
    const missing = columnsOf(table).filter(([key]) => !columns.has(columnName(key)));
    if (missing.length === 0) continue;
    if (isThere) for (const [key, column] of missing) requireAdded({ path, name, key, column });
    const lacking = isThere ? missing.map(([key]) => `${name}.${columnName(key)}`) : [name];
    for (const each of lacking) unrecorded.add(each);
    views.push(isThere ? bridgedView(name, table, missing) : emptyView(name, table));
  }
  // Only the memory of this connection is written to.
  for (const view of views) database.exec(view);
  return unrecorded;
}

/** Whether a record holds a table, or some columns of it, and not what stands in for them. */
export function isRecorded(
  unrecorded: Unrecorded,
  table: RecordTable,
  columns: readonly string[],
): boolean {
  return (
    !unrecorded.has(table) && !columns.some((key) => unrecorded.has(`${table}.${columnName(key)}`))
  );
}

function plainTables(database: DatabaseSync): ReadonlySet<unknown> {
  const rows = database
    .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    .all();
  return new Set(rows.map((row) => row['name']));
}

/** Generated columns are listed by table_xinfo only, so they count as missing here. */
function columnsIn(database: DatabaseSync, name: string): ReadonlySet<unknown> {
  const rows = database.prepare("SELECT name FROM pragma_table_info(?, 'main')").all(name);
  return new Set(rows.map((row) => row['name']));
}

function requireAdded({
  path,
  name,
  key,
  column,
}: {
  readonly path: string;
  readonly name: string;
  readonly key: string;
  readonly column: AnyColumn;
}): void {
  if (column.before !== undefined) return;
  throw new RecordError(
    'malformed',
    `the record ${path} has no column ${columnName(key)} in its table ${name}`,
  );
}

function bridgedView(
  name: string,
  table: Table<unknown>,
  missing: readonly (readonly [string, AnyColumn])[],
): string {
  const reads = new Map(missing.map(([key, column]) => [key, column.before?.reads ?? null]));
  const columns = columnsOf(table).map(([key]) => {
    const value = reads.get(key);
    return value === undefined ? columnName(key) : `${literal(value)} AS ${columnName(key)}`;
  });
  return `CREATE TEMP VIEW ${name} AS SELECT ${columns.join(', ')} FROM main.${name}`;
}

function emptyView(name: string, table: Table<unknown>): string {
  const columns = columnsOf(table).map(([key]) => `NULL AS ${columnName(key)}`);
  return `CREATE TEMP VIEW ${name} AS SELECT ${columns.join(', ')} WHERE 0`;
}

/** Our own words and numbers, from the list of columns. */
function literal(value: string | number | boolean | Uint8Array | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  return String(Number(value));
}
