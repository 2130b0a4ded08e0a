import type { AffectedPerson } from '../harness/model/finding.ts';

/**
 * Who must be told, as CSV by RFC 4180, line by line: a header, then a line for each entry, each with its line end. A cell that a
 * spreadsheet would take for a formula begins with an apostrophe instead (OWASP, "CSV Injection").
 */
export function* affectedCsv(people: Iterable<AffectedPerson>): Generator<string> {
  yield line(columns.map(([name]) => name));
  for (const person of people) yield line(columns.map(([, cell]) => cell(person)));
}

const columns: readonly (readonly [name: string, cell: (person: AffectedPerson) => string])[] = [
  ['user', ({ userId }) => userId],
  ['side', ({ side }) => side],
  ['counterpart', ({ counterpartId }) => counterpartId ?? ''],
  ['device', ({ deviceId }) => deviceId],
  ['event', ({ eventId }) => eventId ?? ''],
  ['surface', ({ surface }) => surface],
  ['first_at_ms', ({ firstAtMs }) => firstAtMs.toFixed(3)],
  ['times', ({ times }) => String(times)],
  ['tapped', ({ tapped }) => (tapped ? 'yes' : 'no')],
];

function line(cells: readonly string[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function quoted(text: string): string {
  const inert = looksLikeFormula.test(text) ? `'${text}` : text;
  const wellFormed = inert.toWellFormed();
  return needsQuotes.test(wellFormed) ? `"${wellFormed.replaceAll('"', '""')}"` : wellFormed;
}

/** Also after blanks and control characters, which some spreadsheets skip, and in the full width of East Asian keyboards. */
const looksLikeFormula = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u;
const needsQuotes = /[",\s\p{Cc}]|^'/u;
