import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { counted, listed, seconds } from '../../reports/numbers.ts';
import type { RunSummary } from '../../reports/summary.ts';
import {
  kindWords,
  renderWhatIfJson,
  renderWhatIfMarkdown,
  type WhatIf,
  type WhatIfRow,
} from '../../reports/what-if.ts';
import { type Mitigation, mitigationNames } from '../../targets/backend/mitigations.ts';
import type { LeakCounts, LeakKind } from '../model/finding.ts';
import type { Plan } from '../model/plan.ts';
import { leakKindsOf } from '../oracle/leak-kinds.ts';
import type { RecordReader } from '../record/reader.ts';
import { withRecord } from './judgement.ts';
import { type Protection, protections } from './protections.ts';

/** A run that has ended, and what its record does not say. */
export interface Repetition {
  readonly summary: RunSummary;
  /** Processor time of the backend; null when it could not be asked. */
  readonly backendMs: number | null;
}

export interface WhatIfOptions {
  readonly plan: Plan;
  /** The run without any mitigation. */
  readonly without: Repetition;
  /** The folder of that run; each repetition gets one below it. */
  readonly folder: string;
  /** Runs the same plan with this mitigation alone. */
  readonly repeat: (mitigation: Mitigation, folder: string) => Promise<Repetition>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Repeats a plan with each mitigation alone, and compares. Writes `what-if.json` and `what-if.md` into the folder. Null when it was
 * interrupted: half a comparison misleads.
 */
export async function whatIf(options: WhatIfOptions): Promise<WhatIf | null> {
  const { plan, without, folder, repeat, say, signal } = options;
  const { tried, notTried } = chosen(plan);
  say(estimate(tried, without.summary));
  const before = rowOf(null, without);
  const rows: WhatIfRow[] = [before];
  for (const mitigation of tried) {
    if (signal.aborted) return null;
    say(`what if: ${mitigation}`);
    const own = path.join(folder, 'what-if', mitigation);
    mkdirSync(own, { recursive: true });
    const row = rowOf(mitigation, await repeat(mitigation, own));
    rows.push(explained(mitigation, row, before.byKind));
  }
  if (signal.aborted) return null;
  const result: WhatIf = { seed: plan.seed, rows, notTried };
  writeFileSync(path.join(folder, 'what-if.json'), renderWhatIfJson(result));
  writeFileSync(path.join(folder, 'what-if.md'), renderWhatIfMarkdown(result));
  return result;
}

/** Sessions are revoked when calm begins, so a plan without calm has no place for it. */
function chosen(plan: Plan): {
  readonly tried: readonly Mitigation[];
  readonly notTried: WhatIf['notTried'];
} {
  const hasCalm = plan.steps.some((step) => step.type === 'phase' && step.name === 'calm');
  if (hasCalm) return { tried: mitigationNames, notTried: [] };
  return {
    tried: mitigationNames.filter((name) => name !== 'revoke-sessions'),
    notTried: [
      { mitigation: 'revoke-sessions', reason: 'it acts when calm begins, and the plan has none' },
    ],
  };
}

/** Setting up and judging come on top of the plan. */
const aroundMs = 6_000;

function estimate(tried: readonly Mitigation[], { run }: RunSummary): string {
  const eachMs = run.durationMs + aroundMs;
  return `what if: the same plan ${counted(tried.length, 'more time')}, about ${seconds(eachMs)} each and ${String(Math.ceil((tried.length * eachMs) / 60_000))} min in all`;
}

function rowOf(mitigation: Mitigation | null, { summary, backendMs }: Repetition): WhatIfRow {
  return withRecord(summary.record, (record) => {
    const byKind = leakKindsOf(record, summary.verdict);
    return {
      mitigation,
      verdict: summary.verdict.outcome,
      leaks: sum(byKind) - byKind.owner,
      usersReceived: summary.verdict.blastRadius.usersReceived,
      byKind,
      latencyMs: latencyOf(record),
      originLoads: record.count('origin'),
      backendSeconds: backendMs === null ? null : backendMs / 1000,
      servedShare: servedShareOf(record),
      says: '',
      unexpected: false,
      record: summary.record,
    };
  });
}

/** One bucket that no run outlasts: 2^52 ns are 52 days. */
const wholeRunNs = 2 ** 52;

function latencyOf(record: RecordReader): WhatIfRow['latencyMs'] {
  const whole = record.latencyPerBucket(wholeRunNs).find(({ fromNs }) => fromNs === 0);
  if (whole === undefined) return null;
  return { p50: whole.fromIntended.p50Ns / 1e6, p99: whole.fromIntended.p99Ns / 1e6 };
}

function servedShareOf(record: RecordReader): number {
  const asked = { actorKind: 'viewer', canary: false, credential: 'session' } as const;
  const all = record.count('op', asked);
  return all === 0 ? 0 : record.count('op', { ...asked, outcome: 'ok' }) / all;
}

/** What the mitigation stopped and what not, with the reason that its registry gives, checked against what was seen. */
function explained(mitigation: Mitigation, row: WhatIfRow, before: LeakCounts): WhatIfRow {
  const { does, passes } = protections[mitigation];
  const guards = (kind: LeakKind): boolean => passes[kind] === null;
  const gone = (kind: LeakKind): boolean => row.byKind[kind] === 0;
  const stopped = some(before, (kind) => guards(kind) && gone(kind));
  const broken = some(row.byKind, guards);
  const through = some(row.byKind, (kind) => !guards(kind));
  const absent = some(before, (kind) => !guards(kind) && gone(kind));
  const parts = [
    ...(sum(stopped) > 0 ? [`stopped ${kindWords(stopped)}`] : []),
    ...(sum(through) > 0
      ? [`did not stop ${kindWords(through)}, because ${why(through, passes)}`]
      : []),
    ...(sum(absent) > 0 ? [`met none of ${kindWords(absent)}, which it does not guard`] : []),
    ...(sum(broken) > 0
      ? [`LET THROUGH ${kindWords(broken)}, WHICH IT IS THERE TO STOP: look at its record`]
      : []),
  ];
  const nothing = 'had nothing to stop, as nothing leaked without';
  const says = `${mitigation} ${does}: it ${parts.length === 0 ? nothing : parts.join('; it ')}.`;
  return { ...row, says, unexpected: sum(broken) > 0 };
}

/** Each reason once. */
function why(through: Partial<LeakCounts>, passes: Protection['passes']): string {
  const reasons = Object.entries(through)
    .filter(([, count]) => count > 0)
    .map(([kind]) => passes[kind as LeakKind] ?? '');
  return listed([...new Set(reasons)]);
}

function some(counts: LeakCounts, wanted: (kind: LeakKind) => boolean): Partial<LeakCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([kind]) => wanted(kind as LeakKind)));
}

function sum(counts: Partial<LeakCounts>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
