import type { LeakCounts, LeakKind, Outcome } from '../harness/model/finding.ts';
import { markdownText } from './markup.ts';
import { counted, latency, listed, percent, thousands } from './numbers.ts';
import { type Line, renderedLine } from './painted-line.ts';

/** One plan repeated without and with each mitigation. */
export interface WhatIf {
  readonly seed: number;
  readonly rows: readonly WhatIfRow[];
  /** Mitigations that were not tried, and why. */
  readonly notTried: readonly { readonly mitigation: string; readonly reason: string }[];
}

/** What one repetition showed. */
export interface WhatIfRow {
  /** Null for the run without. */
  readonly mitigation: string | null;
  readonly verdict: Outcome;
  /** Pictures and list entries of strangers that people were given. */
  readonly leaks: number;
  readonly usersReceived: number;
  readonly byKind: LeakCounts;
  /** Of viewers, from the moment the plan wanted it sent to the answer, of requests that were answered; null when none was. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Loads from the source of truth. */
  readonly originLoads: number;
  /** Processor time of the backend while the run went on; null when it could not be asked. */
  readonly backendSeconds: number | null;
  /** Share of the viewers' requests that were answered with what they asked for. */
  readonly servedShare: number;
  /** What it stopped and what not, and why; empty for the run without. */
  readonly says: string;
  /** Whether it let through what it is there to stop. */
  readonly unexpected: boolean;
  /** Path of its record. */
  readonly record: string;
}

/** The table as Markdown, with a line on each mitigation. */
export function renderWhatIfMarkdown(whatIf: WhatIf): string {
  return [
    '## What would have helped',
    '',
    `| ${heads.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(heads.length - 1)}`,
    ...whatIf.rows.map((row) => `| ${cellsOf(row).map(markdownText).join(' | ')} |`),
    '',
    ...sentencesOf(whatIf).map((says) => `- ${markdownText(says)}`),
    '',
    legend,
    '',
  ].join('\n');
}

/** The table and its lines in at most 80 columns, without a final line end. */
export function renderWhatIfTerminal(
  whatIf: WhatIf,
  { colour }: { readonly colour: boolean },
): string {
  const rows = [heads, ...whatIf.rows.map(cellsOf)];
  const widths = heads.map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? '').length)),
  );
  const width = widths.reduce((sum, each) => sum + each + 2, -2);
  const gap = width > columnsMax ? ' ' : '  ';
  const lines: readonly Line[] = rows.map((cells, index) => {
    const text = cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join(gap);
    return [index === 0 ? { text, paint: 'dim' } : text];
  });
  const words = [...sentencesOf(whatIf), legend].flatMap((says) => folded(says));
  return [...lines, [''], ...words.map((word): Line => [word])]
    .map((line) => renderedLine(line, { colour, columnsMax }))
    .join('\n');
}

/** The comparison as the file `what-if.json` holds it, with a final line end. */
export function renderWhatIfJson(whatIf: WhatIf): string {
  return `${JSON.stringify({ whatIf }, null, 2)}\n`;
}

/** `3 pictures and 1 list entry`. */
export function kindWords(counts: Partial<LeakCounts>): string {
  const parts = kindNames.flatMap(([kind, one, many]) => {
    const count = counts[kind] ?? 0;
    return count === 0 ? [] : [counted(count, one, many)];
  });
  return parts.length === 0 ? 'nothing' : listed(parts);
}

const kindNames: readonly (readonly [LeakKind, one: string, many: string])[] = [
  ['picture', 'picture', 'pictures'],
  ['list', 'list entry', 'list entries'],
  ['live', 'live view', 'live views'],
  ['session', 'thing under a mixed-up session', 'things under mixed-up sessions'],
  ['shared-cache', 'thing from the shared HTTP cache', 'things from the shared HTTP cache'],
  ['owner', 'wrong owner told to a camera', 'wrong owners told to cameras'],
];

const columnsMax = 80;
const heads = ['with', 'leaks', 'users', 'cameras', 'p50', 'p99', 'loads', 'cpu', 'served'];
const legend =
  'leaks: pictures and list entries of strangers that people were given; users: who received them; cameras: wrong owners told to cameras; p50, p99: viewers, from the intended moment; loads: from the source of truth; cpu: processor time of the backend; served: share of viewers’ requests that got what they asked for. On real sockets the seed repeats the pressure, not the race.';

function cellsOf(row: WhatIfRow): readonly string[] {
  const { latencyMs, backendSeconds } = row;
  return [
    row.mitigation ?? 'nothing',
    thousands(row.leaks),
    thousands(row.usersReceived),
    thousands(row.byKind.owner),
    latencyMs === null ? '-' : latency(latencyMs.p50),
    latencyMs === null ? '-' : latency(latencyMs.p99),
    thousands(row.originLoads),
    backendSeconds === null ? '-' : `${backendSeconds.toFixed(1)} s`,
    percent(row.servedShare),
  ];
}

function sentencesOf({ rows, notTried }: WhatIf): readonly string[] {
  return [
    ...rows.filter(({ says }) => says !== '').map(({ says }) => says),
    ...notTried.map(({ mitigation, reason }) => `${mitigation} was not tried: ${reason}`),
  ];
}

/** Broken at spaces; the lines after the first are set in. A word that is wider than a line is left to be cut. */
function folded(says: string): readonly string[] {
  const lines: string[] = [];
  for (const word of says.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && `${line} ${word}`.length <= columnsMax)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(line === undefined ? word : `  ${word}`);
  }
  return lines;
}
