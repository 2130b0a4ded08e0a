import { counted, latency, seconds, thousands } from './numbers.ts';
import type { FaultSummary, RunSummary, Timeline } from './summary.ts';

/** The timeline as the page's script draws it, and the same in words and in small tables for those who do not see it. Times in seconds. */
export interface Charts {
  /** Start of each bucket. */
  readonly at: readonly number[];
  readonly untilSeconds: number;
  readonly phases: readonly Span[];
  /** A row for each kind of fault. */
  readonly faults: readonly FaultRow[];
  /** Strangers' pictures shown in each bucket. */
  readonly leaks: readonly number[];
  readonly panels: readonly Panel[];
}

interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

interface FaultRow {
  readonly name: string;
  readonly spans: readonly Omit<Span, 'name'>[];
}

export interface Panel {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly scale: 'linear' | 'log';
  readonly series: readonly Series[];
  /** The panel in a sentence or two: how high each line goes and when. */
  readonly says: string;
  /** The panel phase by phase. */
  readonly table: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
  };
}

interface Series {
  readonly label: string;
  /** The style sheet's custom property that holds its colour, without the leading `--`. */
  readonly colour: string;
  /** Lengths of strokes and gaps in pixels, so that lines differ by more than colour; empty for an unbroken line. */
  readonly dash: readonly number[];
  readonly fill: boolean;
  readonly values: readonly (number | null)[];
}

/** As many rows as the picture has room for; the table of faults names them all. */
const FAULT_ROWS_MAX = 6;

export function toCharts(summary: RunSummary): Charts {
  const { timeline, run } = summary;
  const last = timeline.atMs.at(-1) ?? 0;
  const untilMs = Math.max(run.durationMs, last + timeline.bucketMs);
  const phases = summary.phases.map(({ name, fromMs, toMs }) =>
    toSpan(name, fromMs, toMs ?? untilMs),
  );
  const tableOf = (columns: readonly Column[]): Panel['table'] =>
    phaseTable(columns, timeline, phases);
  return {
    at: timeline.atMs.map((ms) => ms / 1000),
    untilSeconds: untilMs / 1000,
    phases,
    faults: faultRows(summary.faults, untilMs),
    leaks: timeline.leaks,
    panels: panelColumns(timeline).map(({ columns, id, title, unit, scale }) => ({
      id,
      title,
      unit,
      scale,
      series: columns.filter(isDrawn).map((column) => toSeries(column, timeline.bucketMs)),
      says: columns.map((column) => highest(column, timeline)).join(' '),
      table: tableOf(columns),
    })),
  };
}

interface Column {
  readonly label: string;
  readonly colour: string;
  readonly dash: readonly number[];
  readonly fill: boolean;
  readonly values: readonly (number | null)[];
  /** `count`: things that happened in a bucket, drawn a second and added up in the table. `level`: how many there are. `time`: milliseconds. */
  readonly kind: 'count' | 'level' | 'time';
  /** Drawn and listed even where it is nothing but zeros. */
  readonly always: boolean;
}

type PanelColumns = Pick<Panel, 'id' | 'title' | 'unit' | 'scale'> & {
  readonly columns: readonly Column[];
};

function panelColumns(timeline: Timeline): readonly PanelColumns[] {
  const { requests, latencyMs } = timeline;
  return [
    {
      id: 'requests',
      title: 'Requests a second, by how they ended',
      unit: '/s',
      scale: 'linear',
      columns: [
        column('answered', requests.ok, { colour: 'series-blue', fill: true, always: true }),
        column('refused', requests.refused, { colour: 'series-orange' }),
        column('failed', requests.failed, { colour: 'series-purple', dash: [6, 3] }),
        column('no answer in time', requests.expired, { colour: 'series-green', dash: [2, 3] }),
        column('not sent', requests.unsent, { colour: 'series-ink', dash: [8, 3, 2, 3] }),
        column('wrong echo', requests['wrong-echo'], { colour: 'series-ink', dash: [1, 4] }),
      ],
    },
    {
      id: 'latency',
      title: 'Latency, in milliseconds',
      unit: 'ms',
      scale: 'log',
      columns: [
        column('p99 from intended', latencyMs.intended.p99, {
          colour: 'series-orange',
          kind: 'time',
        }),
        column('p99 from sent', latencyMs.sent.p99, {
          colour: 'series-orange',
          kind: 'time',
          dash: [5, 4],
        }),
        column('p50 from intended', latencyMs.intended.p50, {
          colour: 'series-blue',
          kind: 'time',
        }),
        column('p50 from sent', latencyMs.sent.p50, {
          colour: 'series-blue',
          kind: 'time',
          dash: [5, 4],
        }),
      ],
    },
    {
      id: 'cameras',
      title: 'Cameras connected',
      unit: 'cameras',
      scale: 'linear',
      columns: [
        column('connected', timeline.camerasConnected, {
          colour: 'series-green',
          kind: 'level',
          fill: true,
          always: true,
        }),
      ],
    },
    {
      id: 'origin',
      title: 'What comes back at once, a second',
      unit: '/s',
      scale: 'linear',
      columns: [
        column('cameras connecting', timeline.cameraAttempts, {
          colour: 'series-green',
          always: true,
        }),
        column('loads from the source of truth', timeline.originLoads, {
          colour: 'series-purple',
          dash: [6, 3],
          always: true,
        }),
      ],
    },
  ];
}

function column(
  label: string,
  values: readonly (number | null)[],
  look: { readonly colour: string } & Partial<Pick<Column, 'dash' | 'fill' | 'kind' | 'always'>>,
): Column {
  const rest = { dash: [], fill: false, kind: 'count', always: false } as const;
  return { ...rest, ...look, label, values };
}

function isDrawn({ values, always }: Column): boolean {
  return always || values.some((value) => value !== null && value > 0);
}

function toSeries({ label, colour, dash, fill, values, kind }: Column, bucketMs: number): Series {
  const drawn = values.map((value) => drawnValue(kind, value, bucketMs));
  return { label, colour, dash, fill, values: drawn };
}

function drawnValue(kind: Column['kind'], value: number | null, bucketMs: number): number | null {
  if (value === null || kind === 'level') return value;
  // A logarithmic scale has no zero.
  return kind === 'time' ? Math.max(0.01, value) : aSecond(value, bucketMs);
}

function aSecond(value: number | null, bucketMs: number): number | null {
  return value === null ? null : Math.round((value * 10_000) / bucketMs) / 10;
}

function highest(column: Column, { atMs, bucketMs }: Timeline): string {
  const peak = Math.max(0, ...column.values.map((value) => value ?? 0));
  if (peak === 0) return `${column.label}: none.`;
  const when = seconds(atMs[column.values.indexOf(peak)] ?? 0);
  return `${column.label}: at most ${inUnit(column, peak, bucketMs)}, at ${when}.`;
}

function inUnit({ kind }: Column, value: number, bucketMs: number): string {
  switch (kind) {
    case 'count':
      return `${thousands(aSecond(value, bucketMs) ?? 0)} a second`;
    case 'level':
      return thousands(value);
    case 'time':
      return latency(value);
    default:
      return kind satisfies never;
  }
}

function phaseTable(
  columns: readonly Column[],
  { atMs }: Timeline,
  phases: readonly Span[],
): Panel['table'] {
  const listed = columns.filter(isDrawn);
  return {
    head: ['phase', ...listed.map(({ label, kind }) => `${label}${TABLE_WORDS[kind]}`)],
    rows: phases.map(({ name, from, to }) => [
      `${name}, ${seconds(from * 1000)} to ${seconds(to * 1000)}`,
      ...listed.map((column) =>
        cell(
          column,
          column.values.filter((_, index) => isWithin(atMs[index] ?? 0, { from, to })),
        ),
      ),
    ]),
  };
}

const TABLE_WORDS: Readonly<Record<Column['kind'], string>> = {
  count: '',
  level: ', lowest and last',
  time: ', highest',
};

function cell({ kind }: Column, values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'no sample';
  switch (kind) {
    case 'count':
      return thousands(known.reduce((sum, value) => sum + value, 0));
    case 'level':
      return `${thousands(Math.min(...known))}, ${thousands(known.at(-1) ?? 0)}`;
    case 'time':
      return latency(Math.max(...known));
    default:
      return kind satisfies never;
  }
}

function isWithin(atMs: number, { from, to }: Omit<Span, 'name'>): boolean {
  return atMs >= from * 1000 && atMs < to * 1000;
}

function faultRows(faults: readonly FaultSummary[], untilMs: number): readonly FaultRow[] {
  const kinds = Map.groupBy(faults, ({ kind }) => kind);
  return [...kinds].slice(0, FAULT_ROWS_MAX).map(([kind, members]) => {
    const spans = members.slice(0, SPANS_MAX).map(({ fromMs, toMs }) => ({
      from: fromMs / 1000,
      to: (toMs ?? untilMs) / 1000,
    }));
    return { name: `${cut(kind)}${timesWords(members)}`, spans };
  });
}

/** A fault that was planned is not one that bit. */
function timesWords(members: readonly FaultSummary[]): string {
  const bit = members.reduce((sum, fault) => sum + fault.bit, 0);
  if (bit === 0) return ', never felt';
  return members.length === 1 && bit === 1 ? '' : `, ${counted(bit, 'time')}`;
}

function toSpan(name: string, fromMs: number, toMs: number): Span {
  return { name: cut(name), from: fromMs / 1000, to: toMs / 1000 };
}

const NAME_LENGTH_MAX = 60;

function cut(name: string): string {
  return name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX)}...` : name;
}

/** More marks than a row has room for. */
const SPANS_MAX = 500;
