/**
 * One column of a record table, typed by the field of the row that it holds: a row type that gains, loses or changes a
 * field does not compile until its column follows. Times are whole nanoseconds, and booleans are stored as 0 and 1.
 */
export interface Column<Value> {
  readonly kind: Kind<NonNullable<Value>>;
  readonly nullable: null extends Value ? true : false;
  /** For the documentation. */
  readonly says: string;
  /** For closed sets of words: every word and what it means. Reading another word is an error. */
  readonly words: Words<NonNullable<Value>>;
  /** For a column that was added later: what a record reads as that was made before. Without it the column must be there. */
  readonly before?: { readonly reads: Value };
}

type Kind<Value> = Value extends boolean
  ? 'boolean'
  : Value extends number
    ? 'integer' | 'real'
    : Value extends string
      ? 'text'
      : Value extends Uint8Array
        ? 'blob'
        : never;

type Words<Value> = [Value] extends [string]
  ? string extends Value
    ? undefined
    : { readonly [Word in Value]: string }
  : undefined;

/** The columns of one row type: every field has one. */
export type Columns<Row> = { readonly [Key in keyof Row]-?: Column<Row[Key]> };

/** One table: the source of its SQL, of the checks on reading and of docs/record.md. */
export interface Table<Row> {
  readonly says: string;
  /** For a table that was added later: a record that was made before reads as if it were there and empty. */
  readonly before?: 'empty';
  readonly columns: Columns<Row>;
}

/** A column whose row type is not known, for code that walks over all of them. */
export interface AnyColumn {
  readonly kind: 'boolean' | 'integer' | 'real' | 'text' | 'blob';
  readonly nullable: boolean;
  readonly says: string;
  readonly words: Readonly<Record<string, string>> | undefined;
  readonly before?: { readonly reads: string | number | boolean | Uint8Array | null };
}

export const integer = (says: string): Column<number> => ({
  kind: 'integer',
  nullable: false,
  says,
  words: undefined,
});

export const integerOrNull = (says: string): Column<number | null> => ({
  kind: 'integer',
  nullable: true,
  says,
  words: undefined,
});

export const real = (says: string): Column<number> => ({
  kind: 'real',
  nullable: false,
  says,
  words: undefined,
});

export const flag = (says: string): Column<boolean> => ({
  kind: 'boolean',
  nullable: false,
  says,
  words: undefined,
});

export const text = (says: string): Column<string> => ({
  kind: 'text',
  nullable: false,
  says,
  words: undefined,
});

export const textOrNull = (says: string): Column<string | null> => ({
  kind: 'text',
  nullable: true,
  says,
  words: undefined,
});

/** A closed set of words, each with its meaning. */
export const oneOf = <Word extends string>(
  says: string,
  words: { readonly [Each in Word]: string },
): Column<Word> => ({ kind: 'text', nullable: false, says, words }) as unknown as Column<Word>;

export const blob = (says: string): Column<Uint8Array> => ({
  kind: 'blob',
  nullable: false,
  says,
  words: undefined,
});

export const blobOrNull = (says: string): Column<Uint8Array | null> => ({
  kind: 'blob',
  nullable: true,
  says,
  words: undefined,
});

/** A column that was added later, and what it reads as in a record that was made before. */
export function added<Value>(column: Column<Value>, reads: NoInfer<Value>): Column<Value> {
  return { ...column, before: { reads } };
}

/** `requestedNs` is stored as `requested_ns`. */
export function columnName(key: string): string {
  return key.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
