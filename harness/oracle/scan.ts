import type { CheckedFinding, Finding } from '../model/finding.ts';
import type { OpRow, ShownRow } from '../model/rows.ts';
import type { RecordReader } from '../record/reader.ts';
import { type Checker, type Examination, inconclusive } from './checker.ts';
import { foreignDevices } from './foreign.ts';
import { type Known, knownOf } from './known.ts';
import { unrecordedFor } from './needs.ts';

type OpColumn =
  | 'id'
  | 'actorKind'
  | 'actorId'
  | 'kind'
  | 'intendedNs'
  | 'sentNs'
  | 'outcome'
  | 'status'
  | 'toldUserId'
  | 'credential'
  | 'cookieUserId';

const opColumns: readonly OpColumn[] = [
  'id',
  'actorKind',
  'actorId',
  'kind',
  'intendedNs',
  'sentNs',
  'outcome',
  'status',
  'toldUserId',
  'credential',
  'cookieUserId',
];

/** A request of somebody who is no canary. */
export type OpSeen = Pick<OpRow, OpColumn>;

type ShownColumn =
  | 'id'
  | 'opId'
  | 'viewerId'
  | 'surface'
  | 'requestedNs'
  | 'shownNs'
  | 'askedEventId'
  | 'askedDeviceId'
  | 'state'
  | 'deviceId'
  | 'eventId'
  | 'version'
  | 'tailDeviceId';

const shownColumns: readonly ShownColumn[] = [
  'id',
  'opId',
  'viewerId',
  'surface',
  'requestedNs',
  'shownNs',
  'askedEventId',
  'askedDeviceId',
  'state',
  'deviceId',
  'eventId',
  'version',
  'tailDeviceId',
];

/** Something that was shown to somebody who is no canary, and not swapped by the harness. */
export type ShownSeen = Pick<ShownRow, ShownColumn> & {
  /** The devices named in it that this viewer may not see. */
  readonly foreign: readonly string[];
};

/**
 * Asks all these checkers, in one pass over the requests and one over what was shown: records have millions of both, and reading
 * a row costs more than judging it. The findings are in the order of the checkers.
 */
export function findingsOf(
  record: RecordReader,
  checkers: readonly Checker[],
): readonly CheckedFinding[] {
  const known = knownOf(record);
  const begun = checkers.map((checker) => ({
    checker,
    examination: examinationOf(checker, known),
  }));
  const examinations: readonly Examination[] = begun.map(({ examination }) => examination);
  tellOps(known, examinations);
  tellShown(known, examinations);
  return begun.map(({ checker, examination }) => named(checker, examination.finding()));
}

function examinationOf(checker: Checker, known: Known): Examination {
  const missing = unrecordedFor(checker.name, known.record);
  if (missing !== null) return { finding: () => inconclusive(missing) };
  if ('begin' in checker) return checker.begin(known);
  return { finding: () => checker.check(known.record, known) };
}

function named({ name }: Checker, finding: Finding): CheckedFinding {
  return { check: name, ...finding };
}

function tellOps({ record }: Known, examinations: readonly Examination[]): void {
  const listeners = examinations.filter(({ op }) => op !== undefined);
  if (listeners.length === 0) return;
  for (const row of record.rows('op', opColumns, { canary: false }))
    for (const listener of listeners) listener.op?.(row);
}

function tellShown({ record, ownership }: Known, examinations: readonly Examination[]): void {
  const listeners = examinations.filter(({ shown }) => shown !== undefined);
  if (listeners.length === 0) return;
  const rights = ownership();
  for (const row of record.rows('shown', shownColumns, { canary: false, swapped: false })) {
    const seen: ShownSeen = Object.assign(row, { foreign: foreignDevices(row, rights) });
    for (const listener of listeners) listener.shown?.(seen);
  }
}
