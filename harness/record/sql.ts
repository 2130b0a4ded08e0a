import type { SQLInputValue } from 'node:sqlite';
import { type AnyColumn, columnName, type Table } from './column.ts';

/** Which rows: every named column must meet its test. */
export type Where<Row> = { readonly [Key in keyof Row]?: Test<Row[Key]> };

/** Equal to the value, among the values, not null, or within a range that includes `from` and excludes `below`. */
export type Test<Value> =
  | Value
  | readonly Value[]
  | (null extends Value ? { readonly not: null } : never)
  | (number extends NonNullable<Value>
      ? { readonly from?: number; readonly below?: number }
      : never);

/** STRICT, so that a value of a wrong type is refused when it is written. Needs SQLite 3.37 or newer to open. */
export function createSql<Row>(name: string, table: Table<Row>): string {
  const columns = columnsOf(table).map(([key, column]) => {
    const type = column.kind === 'boolean' ? 'INTEGER' : column.kind.toUpperCase();
    const constraint = key === 'id' ? ' PRIMARY KEY' : column.nullable ? '' : ' NOT NULL';
    return `  ${columnName(key)} ${type}${constraint}`;
  });
  return `CREATE TABLE ${name} (\n${columns.join(',\n')}\n) STRICT`;
}

export function insertSql<Row>(name: string, table: Table<Row>): string {
  const names = columnsOf(table).map(([key]) => columnName(key));
  return `INSERT INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
}

/** Turns rows into the values of an insert, in the order of its columns. */
export function encoderOf<Row>(table: Table<Row>): (row: Row) => SQLInputValue[] {
  const keys = columnsOf(table).map(([key]) => key as keyof Row);
  const flags = columnsOf(table).map(([, column]) => column.kind === 'boolean');
  return (row) => {
    const values: SQLInputValue[] = [];
    for (const [index, key] of keys.entries()) {
      const value = row[key];
      values.push(flags[index] === true ? (value === true ? 1 : 0) : (value as SQLInputValue));
    }
    return values;
  };
}

/** The condition of a query, and the values for its question marks. */
export function whereSql<Row>(
  table: Table<Row>,
  where: Where<Row>,
): { readonly sql: string; readonly values: readonly SQLInputValue[] } {
  const values: SQLInputValue[] = [];
  const bind = (value: unknown): string => {
    values.push(typeof value === 'boolean' ? Number(value) : (value as SQLInputValue));
    return '?';
  };
  const tests = Object.entries(where).flatMap(([key, test]) => {
    if (!Object.hasOwn(table.columns, key)) throw new Error(`no column holds ${key}`);
    return testSql(columnName(key), test, bind);
  });
  return { sql: tests.length === 0 ? '' : ` WHERE ${tests.join(' AND ')}`, values };
}

function testSql(column: string, test: unknown, bind: (value: unknown) => string): string[] {
  if (test === undefined) return [];
  if (test === null) return [`${column} IS NULL`];
  if (Array.isArray(test)) return [`${column} IN (${test.map(bind).join(', ')})`];
  if (typeof test !== 'object') return [`${column} = ${bind(test)}`];
  if ('not' in test) return [`${column} IS NOT NULL`];
  const range = test as { readonly from?: number; readonly below?: number };
  return [
    ...(range.from === undefined ? [] : [`${column} >= ${bind(range.from)}`]),
    ...(range.below === undefined ? [] : [`${column} < ${bind(range.below)}`]),
  ];
}

/** The columns of a table in their order. */
export function columnsOf<Row>(table: Table<Row>): readonly (readonly [string, AnyColumn])[] {
  return Object.entries(table.columns);
}
