import type { CheckedFinding } from '../harness/model/finding.ts';
import type { RunJson } from './json.ts';
import type { EvaluatedRun, JudgedRun, Measures, RunKey, ScorecardHeader } from './scorecard.ts';

/** For tests: the header of an evaluation. */
export const exampleHeader: ScorecardHeader = {
  crosswire: '0.1.0',
  node: '24.21.0',
  system: 'Linux 6.1 x64',
  processors: 2,
  seed: 7,
  repeats: 1,
  from: '2026-01-02T03:04:05.000Z',
  to: '2026-01-02T03:14:05.000Z',
  command: 'crosswire evaluate --targets a,b --seed 7',
  selfAudit: { target: 'ioredis', targetVersion: '4.16.0', violations: 12, examined: 900 },
};

const exampleMeasures: Measures = {
  requests: 1_000,
  errors: 20,
  blends: 0,
  recovery: { ms: 250 },
  latencyMs: { warm: { p50: 4, p99: 30 }, calm: { p50: 3, p99: 42 } },
  origin: { loads: 300, ideal: 200 },
  processorMs: 2_000,
  memoryBytesMost: 150e6,
};

type Changes = Partial<Omit<JudgedRun, 'findings' | 'measures'>> & {
  readonly key?: Partial<RunKey>;
  readonly findings?: readonly Partial<RunJson['findings'][number]>[];
  readonly measures?: Partial<Measures>;
};

/** A run that differs from a passing one by what is named. */
export function exampleRun({ key, findings = [], measures, ...rest }: Changes = {}): EvaluatedRun {
  const usual: RunJson['findings'] = [
    {
      check: 'own-data-only',
      outcome: 'pass',
      examined: 2_995,
      violations: 0,
      upperBound95: 0.001,
    },
    { check: 'settles', outcome: 'pass', examined: 1_060, violations: 0, upperBound95: 0.003 },
    { check: 'on-schedule', outcome: 'pass', examined: 1_060, violations: 0, upperBound95: 0.003 },
  ];
  const changed = findings.map((finding): RunJson['findings'][number] => ({
    check: 'served',
    outcome: 'pass',
    examined: 10,
    violations: 0,
    upperBound95: null,
    ...finding,
  }));
  const names = new Set(changed.map(({ check }) => check));
  const all = [...usual.filter(({ check }) => !names.has(check)), ...changed];
  return {
    target: 'a',
    scenario: 'cache-outage',
    seed: 7,
    ended: 'judged',
    version: '1.0.0',
    cache: 'redis-server 7.0.15',
    verdict: worst(all),
    attribution: [],
    replay: 'npm start -- cache-outage --target a --seed 7',
    record: 'runs/a/cache-outage/seed-7/record.sqlite',
    page: 'runs/a/cache-outage/seed-7/report.html',
    startedAt: '2026-01-02T03:04:05.000Z',
    alone: false,
    ...rest,
    ...key,
    findings: all,
    measures: { ...exampleMeasures, ...measures },
  };
}

function worst(findings: RunJson['findings']): CheckedFinding['outcome'] {
  const outcomes = new Set(findings.map(({ outcome }) => outcome));
  if (outcomes.has('fail')) return 'fail';
  return outcomes.has('inconclusive') ? 'inconclusive' : 'pass';
}
