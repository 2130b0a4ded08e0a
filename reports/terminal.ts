import type { CheckedFinding, Outcome } from '../harness/model/finding.ts';
import { fleetWords } from './blast-words.ts';
import { hopCounts } from './hop-words.ts';
import { counted, fewerThan, latency, percent, seconds, thousands } from './numbers.ts';
import { type Line, type Paint, renderedLine } from './painted-line.ts';
import { columnsOf, padded, plain, shortened, shortenedInside } from './plain-text.ts';
import type { RunSummary } from './summary.ts';
import {
  because,
  exitCodeOf,
  isRate,
  nobodyReceived,
  worstFirst,
  wrongInExamined,
} from './verdict-words.ts';

/** Widest line, in columns, and most lines that a verdict takes. */
const TERMINAL_LIMITS: Readonly<{ columnsMax: number; linesMax: number }> = {
  columnsMax: 80,
  linesMax: 25,
};

/**
 * The verdict as it is printed at the end of a run: at most 25 lines of at most 80 columns, without a final line end. With `colour` the
 * outcome words are painted; nothing else changes. Whatever a record holds, no control character of it reaches the terminal.
 */
export function renderTerminal(summary: RunSummary, options: { readonly colour: boolean }): string {
  const full = composed(summary, { blank: [[]], findings: findings(summary, { detail: true }) });
  const tight = composed(summary, { blank: [], findings: findings(summary, { detail: true }) });
  const terse = composed(summary, { blank: [], findings: findings(summary, { detail: false }) });
  const { linesMax } = TERMINAL_LIMITS;
  // Air goes first, then what failing checks say at length, and last the findings that are least bad.
  const lines =
    [full, tight, terse].find(({ length }) => length <= linesMax) ??
    composed(summary, {
      blank: [],
      findings: fewer(findings(summary, { detail: false }), terse.length - linesMax),
    });
  return lines
    .map((line) =>
      renderedLine(line, { colour: options.colour, columnsMax: TERMINAL_LIMITS.columnsMax }),
    )
    .join('\n');
}

interface Middle {
  /** What parts two blocks. */
  readonly blank: readonly Line[];
  readonly findings: readonly Line[];
}

function composed(summary: RunSummary, { blank, findings }: Middle): readonly Line[] {
  return [
    ...header(summary),
    ...blank,
    ...findings,
    ...blank,
    ...blast(summary),
    ...sideFigures(summary),
    ...blank,
    ...where(summary),
    ...blank,
    conclusion(summary),
  ];
}

/** The last `count` lines are replaced by one that says how many are missing. */
function fewer(lines: readonly Line[], count: number): readonly Line[] {
  return [...lines.slice(0, -count - 1), [`  and ${thousands(count + 1)} more, in the reports`]];
}

const OUTCOME_PAINT: Readonly<Record<Outcome, Paint>> = {
  pass: 'green',
  fail: 'red',
  inconclusive: 'yellow',
};
const LABEL_COLUMNS = 12;

function header({ run, phases }: RunSummary): readonly Line[] {
  const what = `${run.target} ${run.targetVersion}`;
  return [
    [{ text: `crosswire ${run.scenario}`, paint: 'bold' }, `   seed ${String(run.seed)}`],
    labelled('target', `${what}, ${counted(run.cameras, 'camera')}, ${counted(run.users, 'user')}`),
    labelled('cache', run.cache),
    labelled('on', run.versions.map(({ name, value }) => `${name} ${value}`).join(', ')),
    labelled(
      'phases',
      phases.map(({ name, fromMs, toMs }) => phaseWords(name, fromMs, toMs)).join(', '),
    ),
  ];
}

function phaseWords(name: string, fromMs: number, toMs: number | null): string {
  return toMs === null ? `${name} cut short` : `${name} ${seconds(toMs - fromMs)}`;
}

/** A heading and one line a finding, worst first; with `detail` a second line for what a failing check says, where the first is too short. */
function findings(
  { verdict }: RunSummary,
  { detail }: { readonly detail: boolean },
): readonly Line[] {
  if (verdict.findings.length === 0) return [];
  const sorted = worstFirst(verdict.findings);
  const columns: FindingColumns = {
    word: 2 + Math.max(...sorted.map(({ outcome }) => outcome.length)),
    check: 2 + Math.max(...sorted.map(({ check }) => columnsOf(plain(check)))),
    count: 2 + Math.max(0, ...sorted.map((finding) => (wrongInExamined(finding) ?? '').length)),
  };
  const bounded = sorted.some(({ outcome, check }) => outcome === 'pass' && isRate(check));
  const counts = columns.count > 2 ? 'wrong in examined' : '';
  const names = `${padded('check', columns.check)}${padded(counts, columns.count)}`;
  const title = `${' '.repeat(2 + columns.word)}${names}${bounded ? 'with 95 % confidence' : ''}`;
  return [
    [{ text: title.trimEnd(), paint: 'dim' }],
    ...sorted.flatMap((finding) => findingLines(finding, columns, detail)),
  ];
}

interface FindingColumns {
  readonly word: number;
  readonly check: number;
  readonly count: number;
}

function findingLines(
  finding: CheckedFinding,
  columns: FindingColumns,
  detail: boolean,
): readonly Line[] {
  const indent = 2 + columns.word;
  const start: Line = [
    '  ',
    {
      text: padded(finding.outcome.toUpperCase(), columns.word),
      paint: OUTCOME_PAINT[finding.outcome],
    },
    padded(finding.check, columns.check),
  ];
  const count = padded(wrongInExamined(finding) ?? '', columns.count);
  switch (finding.outcome) {
    case 'pass':
      return [
        isRate(finding.check)
          ? [...start, count, fewerThan(finding.upperBound95)]
          : [...start, finding.says],
      ];
    case 'fail': {
      if (!isRate(finding.check)) return [[...start, finding.says]];
      const used = indent + columns.check + columns.count;
      const fits = used + columnsOf(plain(finding.says)) <= TERMINAL_LIMITS.columnsMax;
      return fits || !detail
        ? [[...start, count, finding.says]]
        : [
            [...start, count],
            [' '.repeat(indent), finding.says],
          ];
    }
    case 'inconclusive':
      return [[...start, finding.reason]];
    default:
      return finding satisfies never;
  }
}

/** How far it went. That nobody received anything is said only where it was looked for. */
function blast({ verdict, run }: RunSummary): readonly Line[] {
  const { blastRadius } = verdict;
  const { usersReceived, usersTapped, usersExposed, videosPlayed, firstAtMs, lastAtMs } =
    blastRadius;
  if (nobodyReceived(verdict)) return [['  nobody received a stranger’s thumbnail']];
  if (usersReceived === 0) return [['  no stranger’s thumbnail was seen']];
  const when = blastRadius.stillLeakingAfterCalm
    ? ` from ${seconds(firstAtMs ?? 0)} on, even in calm`
    : `, ${seconds(firstAtMs ?? 0)} to ${seconds(lastAtMs ?? 0)}`;
  return [
    [
      '  ',
      { text: thousands(usersReceived), paint: 'red' },
      ` of ${counted(run.users, 'user')} received a stranger’s thumbnail${when}`,
    ],
    [
      `  ${thousands(usersTapped)} tapped one, ${counted(videosPlayed, 'clip')} played, `,
      `${counted(usersExposed, 'user')} exposed, ${percent(blastRadius.usersAffectedShare)} of all affected`,
    ],
  ];
}

/** Said of a run without a leak too: that nobody of a few hundred was affected leaves room for many of a fleet. */
function fleetLine({ fleet }: RunSummary): readonly Line[] {
  if (fleet === null) return [];
  return [labelled('fleet', fleetWords(fleet))];
}

function sideFigures(summary: RunSummary): readonly Line[] {
  const { floods, selfAudit } = summary;
  return [
    ...fleetLine(summary),
    ...attributionLine(summary),
    ...floodLine(floods),
    ...auditLine(selfAudit),
  ];
}

/** Who bound the wrong values first; the stories are in the reports. */
function attributionLine({ attribution }: RunSummary): readonly Line[] {
  if (attribution === null || attribution.hops.length === 0) return [];
  return [labelled('first wrong', hopCounts(attribution))];
}

function floodLine(floods: RunSummary['floods']): readonly Line[] {
  const worst = floods.toSorted((one, other) => other.latencyMsP99 - one.latencyMsP99)[0];
  if (worst === undefined) return [];
  const total = (pick: (flood: RunSummary['floods'][number]) => number): number =>
    floods.reduce((sum, flood) => sum + pick(flood), 0);
  const requests = `flood of ${counted(
    total((flood) => flood.requests),
    'request',
  )}`;
  const failed = `${thousands(total((flood) => flood.errors))} failed`;
  const refused = `${thousands(total((flood) => flood.non2xx))} refused`;
  const p99 = `p99 ${latency(worst.latencyMsP99)}`;
  return [labelled('unchecked', `${requests}: ${failed}, ${refused}, ${p99}`)];
}

function auditLine(audit: RunSummary['selfAudit']): readonly Line[] {
  if (audit === null) return [];
  const leaked = `leaked ${thousands(audit.violations)} in ${counted(audit.examined, 'read')}`;
  const sees = audit.violations > 0 ? ', so the oracle sees' : ': the oracle is blind';
  return [labelled('self-audit', `${audit.target} ${audit.targetVersion} ${leaked}${sees}`)];
}

function where({ record, reports, replay }: RunSummary): readonly Line[] {
  const room = TERMINAL_LIMITS.columnsMax - 2 - LABEL_COLUMNS;
  return [
    labelled('record', shortenedInside(plain(record), room)),
    ...(reports.length === 0 ? [] : [labelled('reports', reportPaths(reports, room))]),
    ...replayLines(plain(replay)),
  ];
}

/** Reports that lie in one folder are named by it once. */
function reportPaths(reports: RunSummary['reports'], columnsMax: number): string {
  const paths = reports.map(({ path }) => plain(path));
  const folder = (paths[0] ?? '').replace(/[^/\\]*$/, '');
  const together = folder !== '' && paths.every((path) => path.startsWith(folder));
  const names = together
    ? paths.map((path) => path.slice(folder.length)).join(', ')
    : paths.join(', ');
  const words =
    together && paths.length > 1 ? `${folder}{${names}}`.replaceAll(', ', ',') : paths.join(', ');
  return shortenedInside(words, columnsMax);
}

const REPLAY_LINES_MAX = 3;

/**
 * The replay line can be copied even where it is longer than a line: every POSIX shell joins a line that ends in a backslash with
 * the next. One that needs more than three lines is left to the reports.
 */
function replayLines(replay: string): readonly Line[] {
  const lines = foldedAtSpaces(replay, TERMINAL_LIMITS.columnsMax - 2 - LABEL_COLUMNS);
  if (lines === null || lines.length > REPLAY_LINES_MAX) {
    return [labelled('replay', 'too long for a line here; it is in the record and in the reports')];
  }
  return lines.map((line, index) => labelled(index === 0 ? 'replay' : '', line));
}

/** Null when a single word is wider than a line. */
function foldedAtSpaces(text: string, columnsMax: number): readonly string[] | null {
  if (columnsOf(text) <= columnsMax) return [text];
  const words = text.split(' ');
  const room = columnsMax - CONTINUED.length;
  if (words.some((word) => columnsOf(word) > room)) return null;
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    const longer = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && columnsOf(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line, index) => (index < lines.length - 1 ? line + CONTINUED : line));
}

const CONTINUED = ' \\';

function conclusion(summary: RunSummary): Line {
  const { outcome } = summary.verdict;
  const code = String(exitCodeOf(outcome));
  const tail = `; exit code ${code}`;
  const word = outcome.toUpperCase();
  const room = TERMINAL_LIMITS.columnsMax - word.length - 2 - tail.length;
  return [
    { text: word, paint: OUTCOME_PAINT[outcome] },
    `  ${shortened(plain(because(summary)), room)}${tail}`,
  ];
}

function labelled(label: string, words: string): Line {
  return [{ text: `  ${padded(label, LABEL_COLUMNS)}`, paint: 'dim' }, words];
}
