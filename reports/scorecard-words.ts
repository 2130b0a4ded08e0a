import { counted, fewerThan, latency, percent, seconds, thousands } from './numbers.ts';
import type {
  Cell,
  CellFigures,
  CellGate,
  Grade,
  ScorecardHeader,
  TargetScore,
} from './scorecard.ts';

/** Words that all forms of the scorecard share. */
export const gateWords: Readonly<Record<CellGate, string>> = {
  pass: 'pass',
  inconclusive: 'inconclusive',
  impaired: 'impaired',
  unsafe: 'UNSAFE',
  skipped: 'skipped',
  'not-run': 'not run',
};

export const gradeWords: Readonly<Record<Grade, string>> = {
  safe: 'safe',
  unproven: 'unproven',
  impaired: 'impaired',
  unsafe: 'UNSAFE',
  'not-tested': 'not tested',
};

export const figureHeads: readonly string[] = [
  'leaks',
  'blends',
  'never settled',
  'errors',
  'recovery',
  'latency added, p50',
  'p99',
  'origin',
  'cpu / 1,000',
  'memory',
];

/** A cell's figures in the order of `figureHeads`; `-` is not measured. */
export function figureWords(figures: CellFigures | null): readonly string[] {
  if (figures === null) return figureHeads.map(() => '-');
  const { latencyAddedMs, originTimes, processorMsPerThousand, memoryBytesMost } = figures;
  return [
    leakWords(figures),
    thousands(figures.blends),
    figures.neverSettled === null ? '-' : thousands(figures.neverSettled),
    figures.requests === 0 ? '-' : percent(figures.errors / figures.requests),
    recoveryWords(figures.recoveryMs),
    latencyAddedMs === null ? '-' : signed(latencyAddedMs.p50),
    latencyAddedMs === null ? '-' : signed(latencyAddedMs.p99),
    originTimes === null ? '-' : `${originTimes.toFixed(2)} x`,
    processorMsPerThousand === null ? '-' : seconds(processorMsPerThousand),
    memoryBytesMost === null ? '-' : `${thousands(memoryBytesMost / 1e6)} MB`,
  ];
}

export function recoveryWords(recoveryMs: number | 'never' | null): string {
  if (recoveryMs === null) return '-';
  return recoveryMs === 'never' ? 'never' : seconds(recoveryMs);
}

export function costWords(cost: number | null): string {
  return cost === null ? '-' : `${cost.toFixed(2)} x`;
}

export function targetWords({ target, version }: TargetScore): string {
  return version === null || target.endsWith(`@${version}`) ? target : `${target} ${version}`;
}

/** The gate of a cell, and for what is no pass why. */
export function cellWords({ gate, says }: Cell): string {
  return says === '' || gate === 'not-run' ? gateWords[gate] : `${gateWords[gate]}: ${says}`;
}

/** Facts of the evaluation, each with its name. */
export function headerFacts(header: ScorecardHeader): readonly (readonly [string, string])[] {
  const { selfAudit, from, to } = header;
  return [
    [
      'Seed',
      header.repeats === 1
        ? String(header.seed)
        : `${header.seed} to ${header.seed + header.repeats - 1}`,
    ],
    ['Ran', from === null || to === null ? 'nothing' : `${minute(from)} to ${minute(to)} UTC`],
    [
      'On',
      `crosswire ${header.crosswire}, node ${header.node}, ${header.system}, ${counted(header.processors, 'processor')}`,
    ],
    ['Self-audit', selfAudit === null ? 'left out' : auditWords(selfAudit)],
  ];
}

function auditWords({
  target,
  targetVersion,
  violations,
  examined,
}: NonNullable<ScorecardHeader['selfAudit']>): string {
  const name = `${target} ${targetVersion}, a version with a known bug`;
  return violations === 0
    ? `nothing was seen of ${name}: no cell can pass`
    : `${thousands(violations)} of ${thousands(examined)} things shown by ${name}, were seen to be strangers’`;
}

function leakWords({ leaks, examined, upperBound95 }: CellFigures): string {
  if (examined === 0) return '-';
  if (leaks > 0) return `${thousands(leaks)} of ${thousands(examined)}`;
  return upperBound95 === null ? `0 of ${thousands(examined)}` : `0: ${fewerThan(upperBound95)}`;
}

function signed(ms: number): string {
  return ms < 0 ? `-${latency(-ms)}` : `+${latency(ms)}`;
}

function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
