import type { CheckName, Outcome } from '../harness/model/finding.ts';
import { median } from './median.ts';
import type {
  Cell,
  CellFigures,
  CellGate,
  EvaluatedRun,
  EvidenceOfRun,
  JudgedRun,
  LatencyPair,
  Measures,
  RunKey,
} from './scorecard.ts';
import { scorecardRules } from './scorecard-rules.ts';

/** Gate and figures of the runs of one target in one scenario. */
export function cellOf(
  key: Pick<Cell, 'target' | 'scenario'>,
  runs: readonly EvaluatedRun[],
  { isBlind, repeats }: { readonly isBlind: boolean; readonly repeats: number },
): Cell {
  const judged = runs.filter((run) => run.ended === 'judged');
  const [first] = judged;
  if (first === undefined) {
    const [other] = runs;
    if (other === undefined || other.ended === 'judged')
      return { ...key, gate: 'not-run', says: 'not run', figures: null, runs: [] };
    const gate = other.ended === 'skipped' ? 'skipped' : 'inconclusive';
    return { ...key, gate, says: other.reason, figures: null, runs: [] };
  }
  const failed = checksWith(judged, 'fail');
  const open = checksWith(judged, 'inconclusive');
  const { safetyChecks, livenessChecks, livenessChecksAlways } = scorecardRules;
  const unsafe = failed.filter((check) => safetyChecks.includes(check));
  const impaired = [
    ...failed.filter((check) => livenessChecksAlways.includes(check)),
    ...checksWith(judged.filter(keptUp), 'fail').filter((check) => livenessChecks.includes(check)),
  ];
  const worst = judged.toSorted((one, other) => severity(other) - severity(one));
  const rest = { figures: figuresOf(judged), runs: worst.map(evidenceOf) };
  const told = (gate: CellGate, says: readonly string[]): Cell => ({
    ...key,
    gate,
    says: says.join(', '),
    ...rest,
  });
  if (unsafe.length > 0) return told('unsafe', unsafe);
  if (impaired.length > 0) return told('impaired', impaired);
  const broken = runs.flatMap((run) => (run.ended === 'judged' ? [] : [run.reason]));
  if (open.length + broken.length > 0) return told('inconclusive', [...open, ...broken]);
  if (judged.some(({ verdict }) => verdict !== 'pass')) return told('inconclusive', failed);
  if (isBlind) return told('inconclusive', ['the self-audit saw nothing']);
  if (runs.length < repeats)
    return told('inconclusive', [`${runs.length} of ${repeats} runs were made`]);
  return told('pass', []);
}

function checksWith(runs: readonly JudgedRun[], outcome: Outcome): readonly CheckName[] {
  const checks = runs.flatMap(({ findings }) =>
    findings.filter((finding) => finding.outcome === outcome).map(({ check }) => check),
  );
  return [...new Set(checks)];
}

/** A load that was not the plan's is no measure of liveness; a leak is a leak under any. */
function keptUp({ findings }: JudgedRun): boolean {
  return !findings.some(
    ({ check, outcome }) => check === 'on-schedule' && outcome === 'inconclusive',
  );
}

function severity({ findings, verdict }: JudgedRun): number {
  const own = findings.find(({ check }) => check === 'own-data-only');
  const order = { pass: 0, inconclusive: 1, fail: 2 } as const;
  return order[verdict] + (own?.outcome === 'fail' ? 1 : 0);
}

function figuresOf(runs: readonly JudgedRun[]): CellFigures {
  const own = runs.flatMap(({ findings }) =>
    findings.filter(
      ({ check, outcome }) => check === 'own-data-only' && outcome !== 'inconclusive',
    ),
  );
  const settled = runs.flatMap(({ findings }) =>
    findings.filter(({ check }) => check === 'settles'),
  );
  const measures = runs.map((run) => run.measures);
  const examined = sum(own.map((finding) => finding.examined ?? 0));
  const leaks = sum(own.map((finding) => finding.violations ?? 0));
  const recoveries = measures.flatMap(({ recovery }) => (recovery === null ? [] : [recovery.ms]));
  const hasSettled = settled.some(({ outcome }) => outcome !== 'inconclusive');
  return {
    leaks,
    examined,
    upperBound95: leaks > 0 || examined === 0 ? null : -Math.expm1(Math.log(0.05) / examined),
    blends: sum(measures.map(({ blends }) => blends)),
    neverSettled: hasSettled ? sum(settled.map(({ violations }) => violations ?? 0)) : null,
    requests: sum(measures.map(({ requests }) => requests)),
    errors: sum(measures.map(({ errors }) => errors)),
    recoveryMs: slowestOf(recoveries),
    latencyAddedMs: latencyAdded(measures),
    originTimes: median(
      measures.flatMap(({ origin }) =>
        origin === null || origin.ideal === 0 ? [] : [origin.loads / origin.ideal],
      ),
    ),
    processorMsPerThousand: median(
      measures.flatMap(({ processorMs, requests }) =>
        processorMs === null || requests === 0 ? [] : [(processorMs / requests) * 1_000],
      ),
    ),
    memoryBytesMost: median(measures.flatMap(({ memoryBytesMost }) => memoryBytesMost ?? [])),
  };
}

function latencyAdded(measures: readonly Measures[]): LatencyPair | null {
  const added = measures.flatMap(({ latencyMs: { warm, calm } }) =>
    warm === null || calm === null ? [] : [{ p50: calm.p50 - warm.p50, p99: calm.p99 - warm.p99 }],
  );
  const p50 = median(added.map((pair) => pair.p50));
  const p99 = median(added.map((pair) => pair.p99));
  return p50 === null || p99 === null ? null : { p50, p99 };
}

function evidenceOf(run: RunKey & JudgedRun): EvidenceOfRun {
  const [worst] = run.attribution.toSorted((one, other) => other.count - one.count);
  const { seed, verdict, record, page, replay, startedAt, alone } = run;
  return {
    seed,
    verdict,
    record,
    page,
    replay,
    firstWrong: worst?.hop ?? null,
    story: worst?.story ?? [],
    startedAt,
    alone,
  };
}

/** The slowest of several recoveries; null of none. */
export function slowestOf(recoveries: readonly (number | 'never')[]): number | 'never' | null {
  if (recoveries.length === 0) return null;
  const times = recoveries.filter((each) => each !== 'never');
  return times.length < recoveries.length ? 'never' : Math.max(...times);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
