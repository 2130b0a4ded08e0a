import { type AnyColumn, columnName, type Table } from './column.ts';
import { columnsOf } from './sql.ts';
import { partTable, recordFormat, runTable, tableNames, tables } from './tables.ts';

/** docs/record.md, whole, from the source of the tables. `npx vitest run harness/record -u` writes it again. */
export function recordDocument(): string {
  const sections = [
    sectionOf('run', runTable),
    sectionOf('part', partTable),
    ...tableNames.map((name) => sectionOf(name, tables[name] as Table<unknown>)),
  ];
  return `${introduction}\n${sections.join('\n')}`;
}

const introduction = `# The record

One run leaves one SQLite file. \`crosswire judge\` and \`crosswire report\` read nothing else, and never write to it. Any SQLite
tool of version 3.37 or newer opens it. This page is made from harness/record/tables.ts.

- All times end in \`_ns\`: nanoseconds since the start of the run, on one monotonic clock for all processes.
- Ids are unique within a table. Each process writes through one writer, whose ids begin at its ordinal x 2^40; joining the
  files of the processes therefore renumbers nothing, and \`id >> 40\` names the row of \`part\` that wrote it.
- The header says \`PRAGMA application_id\` = 0x63777263 (\`cwrc\`) and \`PRAGMA user_version\` = the format, now ${recordFormat}.
- \`run.state\` is \`running\` until the files of all processes were joined, in one transaction with the change of that word. A
  run that was killed leaves \`running\`, opens, and judges as inconclusive.
- While a run goes on, each process keeps a file of its own beside the main one, in write-ahead mode: it opens after a SIGKILL
  at any moment. A finished record is in rollback mode, one file with nothing beside it.
`;

function sectionOf<Row>(name: string, table: Table<Row>): string {
  const lines = columnsOf(table).map(([key, column]) => {
    return `| \`${columnName(key)}\` | ${typeOf(column)} | ${escaped(column.says)}${wordsOf(column)}${beforeOf(column)} |`;
  });
  return `## ${name}\n\n${table.says}${table.before === 'empty' ? addedTable : ''}\n\n| column | type | what it holds |\n| --- | --- | --- |\n${lines.join('\n')}\n`;
}

const addedTable = ' It was added later; a record that was made before reads as if it were empty.';

function beforeOf({ before }: AnyColumn): string {
  if (before === undefined) return '';
  const reads = before.reads === null ? 'null' : `\`${String(before.reads)}\``;
  return `. Added later: reads as ${reads} in a record that was made before`;
}

function typeOf(column: AnyColumn): string {
  const type = column.kind === 'boolean' ? 'integer, 0 or 1' : column.kind;
  return column.nullable ? `${type}, or null` : type;
}

function wordsOf(column: AnyColumn): string {
  if (column.words === undefined) return '';
  const words = Object.entries(column.words).map(
    ([word, says]) => `\`${word}\` (${escaped(says)})`,
  );
  return `: ${words.join(', ')}`;
}

function escaped(says: string): string {
  return says.replaceAll('|', '\\|');
}
