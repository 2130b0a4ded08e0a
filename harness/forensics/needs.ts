import type { RecordReader } from '../record/reader.ts';
import type { Where } from '../record/sql.ts';
import { type RowOf, tables } from '../record/tables.ts';

/** Rows of a table that have a value in one of their columns. */
export interface Need {
  readonly table: FollowedTable;
  readonly column: string;
  readonly value: string | number;
}

type FollowedTable = Exclude<keyof RowOf, 'evidence' | 'phase' | 'flood'>;

/**
 * One line of inquiry: it yields what it needs to know, and goes on when that has been read. Thousands of them are carried
 * forward side by side, so that the record is read once a round and not once a question.
 */
export type Inquiry<Answer> = Generator<Need, Answer, Rows>;

/** What was read for one need. */
export type Rows = readonly object[];

/** The rows of a table with that value in that column, in the order of time. */
export function* rowsWith<Name extends FollowedTable, Key extends keyof RowOf[Name] & string>(
  table: Name,
  column: Key,
  value: RowOf[Name][Key] & (string | number),
): Inquiry<readonly RowOf[Name][]> {
  // Rows are asked for and read by the same table, so they are what the table holds.
  return (yield { table, column, value }) as readonly RowOf[Name][];
}

/** An inquiry that asks more often than this goes in circles. */
const questionsMax = 20_000;

/** Values of one query; SQLite allows 32,766. */
const valuesMax = 10_000;

/**
 * Carries all inquiries to their end, and answers with what each found. Each round reads what all of them wait for with one query a
 * table and column, so the cost is that of reading the record some ten times, however many inquiries there are.
 */
export function inquire<Answer>(
  record: RecordReader,
  inquiries: readonly Inquiry<Answer>[],
): readonly Answer[] {
  const known = new Map<string, Map<string | number, Rows>>();
  const answers = new Map<Inquiry<Answer>, Answer>();
  let waiting = inquiries.map((inquiry) => ({ inquiry, next: inquiry.next() }));
  for (let round = 0; waiting.length > 0; round += 1) {
    if (round > questionsMax) throw new Error(`an inquiry asked more than ${questionsMax} times`);
    for (const { inquiry, next } of waiting)
      if (next.done === true) answers.set(inquiry, next.value);
    waiting = waiting.filter(({ next }) => next.done !== true);
    read(
      record,
      waiting.flatMap(({ next }) => (next.done === true ? [] : [next.value])),
      known,
    );
    waiting = waiting.map(({ inquiry, next }) => ({
      inquiry,
      next: advanced(inquiry, next, known),
    }));
  }
  return inquiries.map((inquiry) => answers.get(inquiry) as Answer);
}

/** Goes on until something is asked that has not been read. */
function advanced<Answer>(
  inquiry: Inquiry<Answer>,
  from: IteratorResult<Need, Answer>,
  known: Known,
): IteratorResult<Need, Answer> {
  let next = from;
  for (let asked = 0; asked < questionsMax; asked += 1) {
    if (next.done === true) return next;
    const rows = known.get(placeOf(next.value))?.get(next.value.value);
    if (rows === undefined) return next;
    next = inquiry.next(rows);
  }
  throw new Error(`an inquiry asked more than ${questionsMax} times`);
}

type Known = Map<string, Map<string | number, Rows>>;

function read(record: RecordReader, needs: readonly Need[], known: Known): void {
  const wanted = new Map<string, { readonly need: Need; readonly values: Set<string | number> }>();
  for (const need of needs) {
    const place = placeOf(need);
    if (known.get(place)?.has(need.value) === true) continue;
    const group = wanted.get(place) ?? { need, values: new Set() };
    wanted.set(place, group);
    group.values.add(need.value);
  }
  for (const [place, { need, values }] of wanted) {
    const found = known.get(place) ?? new Map<string | number, object[]>();
    known.set(place, found);
    const lists = new Map<string | number, object[]>();
    for (const value of values) {
      const list: object[] = [];
      lists.set(value, list);
      found.set(value, list);
    }
    for (const row of rowsAmong(record, need, [...values])) lists.get(row.value)?.push(row.row);
    for (const list of lists.values()) list.sort((one, other) => momentOf(one) - momentOf(other));
  }
}

function* rowsAmong(
  record: RecordReader,
  { table, column }: Need,
  values: readonly (string | number)[],
): Generator<{ readonly row: object; readonly value: string | number }> {
  const columns = Object.keys(tables[table].columns) as never[];
  for (let from = 0; from < values.length; from += valuesMax) {
    const where = { [column]: values.slice(from, from + valuesMax) } as Where<RowOf[typeof table]>;
    for (const row of record.rows(table, columns, where) as Iterable<object>)
      yield { row, value: (row as Record<string, string | number>)[column] ?? '' };
  }
}

function placeOf({ table, column }: Need): string {
  return `${table}.${column}`;
}

/** When a row came to be: the moment at which it was known what had become of it. */
function momentOf(row: object): number {
  const { replyNs, commandNs, doneNs, startedNs, atNs, id } = row as Record<string, number | null>;
  return replyNs ?? commandNs ?? doneNs ?? startedNs ?? atNs ?? id ?? 0;
}
