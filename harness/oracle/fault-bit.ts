import type { WireRule } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import type { FaultOnStep, Plan } from '../model/plan.ts';
import type { PhaseRow } from '../model/rows.ts';
import type { RecordReader } from '../record/reader.ts';
import {
  counted,
  cutShort,
  findingOf,
  inconclusive,
  violationList,
  type WholeChecker,
} from './checker.ts';

/** A pass proves nothing unless something was broken and somebody felt it. */
export const faultBit: WholeChecker = {
  name: 'fault-bit',
  says: 'the faults of the plan acted, connections were cut, and the backend felt errors',
  check: (record): Finding => {
    const short = cutShort(record);
    if (short !== null) return short;
    const planned = record.plan().steps.filter((step) => step.type === 'fault-on');
    if (planned.length === 0)
      return inconclusive('the plan breaks nothing, so nothing was endured');
    const idle = planned.filter(({ faultId }) => bitesOf(record, faultId) === 0);
    const dead = kindsThatNeverBit(planned, idle);
    if (dead.length > 0)
      return inconclusive(`no fault of the kind ${dead.join(' or ')} ever acted`);
    const troubles = record.phases().filter(({ name }) => name !== 'warm' && name !== 'calm');
    const cuts = cutsIn(record, troubles);
    if (cuts === 0 && planned.some(endsConnections))
      return inconclusive(
        'no connection between backend and cache was cut while things were broken',
      );
    const errors = errorsIn(record, troubles);
    const { cacheTopology } = record.plan();
    if (errors === 0 && planned.some((step) => isFeltAsErrors(step, cacheTopology)))
      return inconclusive(
        'the backend felt no error while things were broken, so nothing was endured',
      );
    const names = idle.map(({ faultId }) => faultId);
    const says = [
      `${planned.length - idle.length} of ${counted(planned.length, 'fault', 'faults')} acted (${actsByKind(record, planned)}), ${counted(cuts, 'connection was', 'connections were')} cut, the backend felt ${counted(errors, 'error', 'errors')}`,
      ...(names.length === 0 ? [] : [`never acted: ${names.join(', ')}`]),
    ];
    return findingOf(planned.length, violationList(), says.join('; '));
  },
};

function bitesOf(record: RecordReader, faultId: string): number {
  return record
    .faults()
    .filter((fault) => fault.faultId === faultId)
    .reduce((sum, fault) => sum + fault.bit, 0);
}

/** One cut of twenty that found nothing to cut is luck; twenty of twenty is a test that did not take place. */
function kindsThatNeverBit(
  planned: readonly FaultOnStep[],
  idle: readonly FaultOnStep[],
): readonly string[] {
  const acted = new Set(planned.filter((step) => !idle.includes(step)).map(kindOf));
  return [...new Set(idle.map(kindOf))].filter((kind) => !acted.has(kind));
}

function kindOf({ fault }: FaultOnStep): string {
  return fault.kind === 'wire' ? fault.rule.type : `${fault.kind} ${fault.service}`;
}

function endsConnections({ fault }: FaultOnStep): boolean {
  switch (fault.kind) {
    case 'kill':
    case 'loading':
    case 'limit-connections':
    case 'failover':
      return true;
    case 'pause':
    case 'starve':
    case 'limit-memory':
    case 'move-slots':
      return false;
    case 'wire':
      return cutting.has(fault.rule.type);
    default:
      return fault satisfies never;
  }
}

/** Rules whose every bite ends a connection that was in use. */
const cutting: ReadonlySet<WireRule['type']> = new Set([
  'cut-after-reply',
  'cut-before-reply',
  'cut-in-array',
  'cut-between-values',
  'cut-in-reply',
  'refuse-connections',
]);

/** Rules whose bites a backend feels, though what counts as a connection cut depends on who does it: Toxiproxy stands before the wire. */
const felt: ReadonlySet<WireRule['type']> = new Set([
  ...cutting,
  'error-reply',
  'drop-bytes',
  'reset-on-bytes',
  'limit-bytes',
]);

/**
 * What a good client can bear without its caller noticing is not asked to be noticed: replies that come late or in pieces, and
 * an eviction, which is felt as misses. A client of a cluster follows redirections, and asks again what it lost with a connection.
 */
function isFeltAsErrors({ fault }: FaultOnStep, cacheTopology: Plan['cacheTopology']): boolean {
  if (fault.kind === 'limit-memory') return fault.eviction === 'noeviction';
  if (fault.kind === 'move-slots') return false;
  if (fault.kind !== 'wire') return true;
  return cacheTopology !== 'cluster' && felt.has(fault.rule.type);
}

/** For example `kill cache once, cut-after-reply 19 times`. */
function actsByKind(record: RecordReader, planned: readonly FaultOnStep[]): string {
  const acts = new Map<string, number>();
  for (const step of planned) {
    const kind = kindOf(step);
    acts.set(kind, (acts.get(kind) ?? 0) + bitesOf(record, step.faultId));
  }
  return [...acts]
    .map(([kind, times]) => `${kind} ${times === 1 ? 'once' : `${times} times`}`)
    .join(', ');
}

function cutsIn(record: RecordReader, phases: readonly PhaseRow[]): number {
  return phases.reduce(
    (sum, phase) =>
      sum +
      record.count('wire_connection', {
        closedBy: ['rule', 'server'],
        closedNs: rangeOf(phase),
      }),
    0,
  );
}

function errorsIn(record: RecordReader, phases: readonly PhaseRow[]): number {
  return phases.reduce(
    (sum, phase) =>
      sum +
      record.count('cache_call', { outcome: 'error', doneNs: rangeOf(phase) }) +
      record.count('op', { status: { from: 500, below: 600 }, doneNs: rangeOf(phase) }),
    0,
  );
}

function rangeOf({ fromNs, toNs }: PhaseRow): { readonly from: number; readonly below: number } {
  return { from: fromNs, below: toNs ?? Number.MAX_SAFE_INTEGER };
}
