import type { CheckName, Finding, RowReference, Violation } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import type { Known } from './known.ts';
import type { OpSeen, ShownSeen } from './scan.ts';

/** One question about a record. It reads nothing else, and the same record always gets the same finding. */
export type Checker = WholeChecker | RowChecker;

interface NamedChecker {
  readonly name: CheckName;
  /** One line for `crosswire list checks`. */
  readonly says: string;
}

/** Asks the record by itself. */
export interface WholeChecker extends NamedChecker {
  check(record: RecordReader, known: Known): Finding;
}

/** Looks at every request, or at everything that was shown, in a pass that all such checkers share. */
export interface RowChecker extends NamedChecker {
  begin(known: Known): Examination;
}

/** One checker's part in the pass: first it is told every request, then everything that was shown, then it is asked. */
export interface Examination {
  op?(row: OpSeen): void;
  shown?(row: ShownSeen): void;
  finding(): Finding;
}

/** A finding keeps this many violations; the count goes on. */
const violationsKept = 10_000;

/** Gathers violations up to the limit, and counts the rest. */
export interface ViolationList {
  add(says: string, ...evidence: readonly RowReference[]): void;
  /** Takes over what another list has gathered. */
  addAll(other: ViolationList): void;
  count(): number;
  kept(): readonly Violation[];
}

export function violationList(): ViolationList {
  const kept: Violation[] = [];
  let count = 0;
  return {
    add: (says, ...evidence) => {
      count += 1;
      if (kept.length < violationsKept) kept.push({ says, evidence });
    },
    addAll: (other) => {
      count += other.count();
      kept.push(...other.kept().slice(0, violationsKept - kept.length));
    },
    count: () => count,
    kept: () => kept,
  };
}

/** Fails when there is a violation; passes with the bound that so many draws without one give. */
export function findingOf(examined: number, violations: ViolationList, says: string): Finding {
  const count = violations.count();
  if (count > 0) return { outcome: 'fail', examined, count, violations: violations.kept(), says };
  return { outcome: 'pass', examined, upperBound95: upperBound95(examined), says };
}

export function inconclusive(reason: string): Finding {
  return { outcome: 'inconclusive', reason };
}

/** With no violation in `examined` draws, the true share is below this with 95 % confidence: exact binomial, 1 - 0.05^(1/n). */
export function upperBound95(examined: number): number {
  return examined === 0 ? 1 : -Math.expm1(Math.log(0.05) / examined);
}

/** `3 requests`, `1 request`. */
export function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** Milliseconds from the start of the run, for people. */
export function atMs(timeNs: number): string {
  return `${(timeNs / 1e6).toFixed(1)} ms`;
}

/** `12.34 %` of a whole; `0.00 %` of nothing. */
export function percent(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (100 * part) / whole).toFixed(2)} %`;
}

/** Why nothing about endings can be said of this record, or null when it is whole. */
export function cutShort(record: RecordReader): Finding | null {
  const { state } = record.run();
  if (state === 'complete') return null;
  return inconclusive(`the record is ${state}, so what is not in it may still have happened`);
}

/** From the beginning of calm to its end, in nanoseconds; undefined when it never came. */
export function calmOf(
  record: RecordReader,
): { readonly fromNs: number; readonly toNs: number } | undefined {
  const calm = record.phases().find((phase) => phase.name === 'calm');
  return calm && { fromNs: calm.fromNs, toNs: calm.toNs ?? Number.MAX_SAFE_INTEGER };
}

/** The calm that a question about endings is asked of, or the finding when there is none to ask. */
export function calmToJudge(
  record: RecordReader,
): { readonly fromNs: number; readonly toNs: number } | Finding {
  const short = cutShort(record);
  if (short !== null) return short;
  const missing = calmMissing(record);
  return missing === null ? (calmOf(record) ?? inconclusive(noCalm)) : inconclusive(missing);
}

const noCalm = 'the run had no calm phase to settle in';

/** Less of calm than this share of what was planned says nothing about how things settle. */
const calmShareMin = 0.5;

/**
 * Why calm cannot be judged, or null. A fault that took longer to heal than its phase lasted eats into calm: the plan's people
 * and cameras came while things were still broken, which is the harness' trouble and not the target's.
 */
export function calmMissing(record: RecordReader): string | null {
  const calm = calmOf(record);
  if (calm === undefined) return noCalm;
  const planned = record.plan().steps.find((step) => step.type === 'phase' && step.name === 'calm');
  if (planned?.type !== 'phase' || calm.toNs === Number.MAX_SAFE_INTEGER) return null;
  const lastedMs = (calm.toNs - calm.fromNs) / 1e6;
  if (lastedMs >= calmShareMin * planned.forMs) return null;
  return `calm lasted ${(lastedMs / 1e3).toFixed(1)} s of the ${(planned.forMs / 1e3).toFixed(1)} s planned, because healing took longer than its phase`;
}
