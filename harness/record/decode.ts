import type { SQLOutputValue } from 'node:sqlite';
import { type AnyColumn, columnName, type Table } from './column.ts';
import { RecordError } from './record-error.ts';

/** How to read some columns of one table, checked value by value: a record may come from anywhere. */
export interface Decoder<Row> {
  /** Stored names, in order. */
  readonly names: readonly string[];
  readonly decode: (cells: readonly SQLOutputValue[]) => Row;
}

export interface DecoderOptions<Row, Key> {
  /** For error messages. */
  readonly path: string;
  readonly name: string;
  readonly table: Table<Row>;
  readonly keys: readonly Key[];
}

/** Its `decode` throws RecordError when a cell is not what its column promises. */
export function decoderOf<Row, Key extends keyof Row & string>(
  options: DecoderOptions<Row, Key>,
): Decoder<Pick<Row, Key>> {
  const { path, name, table, keys } = options;
  const readers = keys.map((key) => {
    const column = table.columns[key] as AnyColumn;
    const refuse = (cell: SQLOutputValue): never => {
      throw new RecordError(
        'malformed',
        `the record ${path} is malformed: ${name}.${columnName(key)} holds ${describe(cell)}, not ${expectation(column)}`,
      );
    };
    return { key, read: readerOf(column, refuse) };
  });
  return {
    names: keys.map((key) => columnName(key)),
    decode: (cells) => {
      const row: Record<string, unknown> = {};
      for (const [index, { key, read }] of readers.entries()) row[key] = read(cells[index] ?? null);
      return row as Pick<Row, Key>;
    },
  };
}

type Refuse = (cell: SQLOutputValue) => never;

function readerOf(column: AnyColumn, refuse: Refuse): (cell: SQLOutputValue) => unknown {
  const read = presentReaderOf(column, refuse);
  return (cell) => {
    if (cell !== null) return read(cell);
    return column.nullable ? null : refuse(cell);
  };
}

function presentReaderOf(column: AnyColumn, refuse: Refuse): (cell: SQLOutputValue) => unknown {
  switch (column.kind) {
    case 'integer':
      return (cell) => (Number.isSafeInteger(cell) ? cell : refuse(cell));
    case 'real':
      return (cell) => (Number.isFinite(cell) ? cell : refuse(cell));
    case 'boolean':
      return (cell) => (cell === 0 || cell === 1 ? cell === 1 : refuse(cell));
    case 'blob':
      return (cell) => (cell instanceof Uint8Array ? cell : refuse(cell));
    case 'text': {
      const { words } = column;
      if (words === undefined) return (cell) => (typeof cell === 'string' ? cell : refuse(cell));
      return (cell) =>
        typeof cell === 'string' && Object.hasOwn(words, cell) ? cell : refuse(cell);
    }
    default:
      return column.kind satisfies never;
  }
}

function describe(cell: SQLOutputValue): string {
  if (cell === null) return 'nothing';
  if (cell instanceof Uint8Array) return `${cell.length} bytes`;
  return typeof cell === 'string' ? JSON.stringify(cell.slice(0, 40)) : String(cell);
}

function expectation(column: AnyColumn): string {
  if (column.words !== undefined) return `one of ${Object.keys(column.words).join(', ')}`;
  return column.kind === 'integer' ? 'a whole number below 2^53' : `a ${column.kind}`;
}
