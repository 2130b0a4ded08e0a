import type { Outcome } from '../harness/model/finding.ts';
import type { RunJson } from './json.ts';
import { cellOf, slowestOf } from './scorecard-cell.ts';
import { costOf } from './scorecard-cost.ts';
import { scorecardRules } from './scorecard-rules.ts';

/** One run of an evaluation: a target, a scenario and a seed, and how it ended. */
export type EvaluatedRun = RunKey &
  (JudgedRun | { readonly ended: 'skipped' | 'broken'; readonly reason: string });

export interface RunKey {
  /** As it was asked for: `redis?resp=3@5.0.0`. */
  readonly target: string;
  readonly scenario: string;
  readonly seed: number;
}

export interface JudgedRun {
  readonly ended: 'judged';
  /** The target's exact version. */
  readonly version: string;
  readonly cache: string;
  readonly verdict: Outcome;
  readonly findings: RunJson['findings'];
  /** First wrong hop of the violations, and one story of it; empty without violations. */
  readonly attribution: RunJson['attribution'];
  readonly measures: Measures;
  readonly replay: string;
  /** Paths of the record and its page, from the folder of the evaluation. */
  readonly record: string;
  readonly page: string | null;
  /** Wall clock, ISO 8601. */
  readonly startedAt: string;
  /** Whether nothing else of the evaluation ran beside it. */
  readonly alone: boolean;
}

export interface LatencyPair {
  readonly p50: number;
  readonly p99: number;
}

/** Figures of one run; null is not measured. */
export interface Measures {
  readonly requests: number;
  readonly errors: number;
  readonly blends: number;
  readonly recovery: { readonly ms: number | 'never' } | null;
  readonly latencyMs: { readonly warm: LatencyPair | null; readonly calm: LatencyPair | null };
  readonly origin: { readonly loads: number; readonly ideal: number } | null;
  readonly processorMs: number | null;
  readonly memoryBytesMost: number | null;
}

/** What the audit before all runs saw of a version with a known bug. */
export interface ScorecardAudit {
  readonly target: string;
  readonly targetVersion: string;
  readonly violations: number;
  readonly examined: number;
}

/** What was evaluated and with what. */
export interface ScorecardHeader {
  readonly crosswire: string;
  readonly node: string;
  readonly system: string;
  readonly processors: number;
  readonly seed: number;
  readonly repeats: number;
  /** Wall clock of the first and the last run, ISO 8601; null when nothing ran. */
  readonly from: string | null;
  readonly to: string | null;
  /** The command that makes it again. */
  readonly command: string;
  /** Null when it was left out. */
  readonly selfAudit: ScorecardAudit | null;
}

export type CellGate = 'pass' | 'inconclusive' | 'impaired' | 'unsafe' | 'skipped' | 'not-run';

export interface Cell {
  readonly target: string;
  readonly scenario: string;
  readonly gate: CellGate;
  /** Which checks failed or came to no result, or why nothing ran. */
  readonly says: string;
  readonly figures: CellFigures | null;
  /** The judged runs of it, worst first. */
  readonly runs: readonly EvidenceOfRun[];
}

export interface CellFigures {
  readonly leaks: number;
  /** Pictures and list entries that were looked at. */
  readonly examined: number;
  /** With 95 % confidence the true share is below this; null where there was a leak or nothing was examined. */
  readonly upperBound95: number | null;
  readonly blends: number;
  /** Null where it came to no result. */
  readonly neverSettled: number | null;
  readonly requests: number;
  readonly errors: number;
  readonly recoveryMs: number | 'never' | null;
  readonly latencyAddedMs: LatencyPair | null;
  readonly originTimes: number | null;
  /** Milliseconds a thousand requests. */
  readonly processorMsPerThousand: number | null;
  readonly memoryBytesMost: number | null;
}

export interface EvidenceOfRun {
  readonly seed: number;
  readonly verdict: Outcome;
  readonly record: string;
  readonly page: string | null;
  readonly replay: string;
  readonly firstWrong: string | null;
  readonly story: readonly string[];
  readonly startedAt: string;
  readonly alone: boolean;
}

export type Grade = 'safe' | 'unproven' | 'impaired' | 'unsafe' | 'not-tested';

export interface TargetScore {
  readonly target: string;
  /** Null when it never ran. */
  readonly version: string | null;
  readonly grade: Grade;
  /** The slowest of its cells; null when none was measured. */
  readonly recoveryMs: number | 'never' | null;
  /** 1 is usual among these targets; null when nothing was measured. */
  readonly cost: number | null;
  readonly cells: readonly Cell[];
}

export interface Scorecard {
  readonly format: 1;
  readonly header: ScorecardHeader;
  readonly scenarios: readonly string[];
  /** Best first. */
  readonly targets: readonly TargetScore[];
}

export interface ScorecardOf {
  readonly header: ScorecardHeader;
  readonly targets: readonly string[];
  readonly scenarios: readonly string[];
  readonly runs: readonly EvaluatedRun[];
}

/** Gates, figures and order of everything that ran. A cell without a run was not run. */
export function scorecardOf({ header, targets, scenarios, runs }: ScorecardOf): Scorecard {
  const isBlind = header.selfAudit !== null && header.selfAudit.violations === 0;
  const rows = targets.map((target) => {
    const own = runs.filter((run) => run.target === target);
    const cells = scenarios.map((scenario) =>
      cellOf(
        { target, scenario },
        own.filter((run) => run.scenario === scenario),
        {
          isBlind,
          repeats: header.repeats,
        },
      ),
    );
    const version = own.find((run) => run.ended === 'judged')?.version ?? null;
    return { target, version, grade: gradeOf(cells), recoveryMs: slowest(cells), cells };
  });
  const costs = costOf(rows.flatMap(({ cells }) => cells));
  const scores = rows.map(
    (row): TargetScore => Object.assign(row, { cost: costs.get(row.target) ?? null }),
  );
  return { format: 1, header, scenarios, targets: scores.toSorted(byRank) };
}

/** The band of a recovery: 0 is the fastest. */
export function recoveryBand(recoveryMs: number | 'never' | null): number {
  const { bandsMs } = scorecardRules.recovery;
  if (recoveryMs === null || recoveryMs === 'never') return bandsMs.length;
  const band = bandsMs.findIndex((endMs) => recoveryMs <= endMs);
  return band === -1 ? bandsMs.length : band;
}

function gradeOf(cells: readonly Cell[]): Grade {
  const tested = cells.filter(({ gate }) => gate !== 'skipped');
  const has = (gate: CellGate): boolean => tested.some((cell) => cell.gate === gate);
  if (has('unsafe')) return 'unsafe';
  if (has('impaired')) return 'impaired';
  if (tested.every(({ gate }) => gate === 'not-run')) return 'not-tested';
  return has('inconclusive') || has('not-run') ? 'unproven' : 'safe';
}

function slowest(cells: readonly Cell[]): number | 'never' | null {
  return slowestOf(cells.flatMap(({ figures }) => figures?.recoveryMs ?? []));
}

const gradeOrder: Readonly<Record<Grade, number>> = {
  safe: 0,
  unproven: 1,
  impaired: 2,
  unsafe: 3,
  'not-tested': 4,
};

function byRank(one: TargetScore, other: TargetScore): number {
  return (
    gradeOrder[one.grade] - gradeOrder[other.grade] ||
    recoveryBand(one.recoveryMs) - recoveryBand(other.recoveryMs) ||
    costRank(one.cost) - costRank(other.cost) ||
    (one.target < other.target ? -1 : 1)
  );
}

function costRank(cost: number | null): number {
  return cost ?? Number.MAX_VALUE;
}
