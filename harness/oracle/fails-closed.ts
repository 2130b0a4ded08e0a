import type { Plan, Step } from '../model/plan.ts';
import type { PhaseRow } from '../model/rows.ts';
import type { RecordReader } from '../record/reader.ts';
import {
  atMs,
  counted,
  findingOf,
  inconclusive,
  type RowChecker,
  type ViolationList,
  violationList,
} from './checker.ts';
import { rowsOf } from './own-data-only.ts';
import type { OpSeen } from './scan.ts';

/** Whatever is broken: no session, no data, and no session of somebody else's. */
export const failsClosed: RowChecker = {
  name: 'fails-closed',
  says: 'whoever has no session gets no data, in every phase, and no answer hands over or names the session of another',
  begin: ({ record }) => {
    const violations = violationList();
    const probes = new Set<number>();
    const phases = record.phases();
    const perPhase = new Map<string, number>(phases.map(({ name }) => [kindOf(name), 0]));
    let answers = 0;
    return {
      op: (row) => {
        if (row.sentNs === null || row.actorKind !== 'viewer') return;
        if (row.outcome !== 'wrong-echo') answers += identity(row, violations);
        if (row.credential === 'session') return;
        probes.add(row.id);
        const phase = phaseAt(phases, row.sentNs);
        if (phase !== undefined)
          perPhase.set(kindOf(phase), (perPhase.get(kindOf(phase)) ?? 0) + 1);
        if (isServed(row))
          violations.add(
            `the ${row.kind} of ${row.actorId} ${without(row)} was answered with ${row.status ?? 'success'} at ${atMs(row.sentNs)}`,
            { table: 'op', id: row.id },
          );
      },
      shown: (row) => {
        if (probes.has(row.opId))
          violations.add(
            `${row.viewerId} was shown ${row.deviceId ?? 'something'} (${row.surface}) without a session at ${atMs(row.shownNs)}`,
            ...rowsOf(row),
          );
      },
      finding: () => {
        const missing = troubledPhases(record).filter((name) => (perPhase.get(name) ?? 0) === 0);
        const where = [...perPhase].map(([name, count]) => `${name} ${count}`).join(', ');
        if (violations.count() === 0 && probes.size === 0)
          return inconclusive('nobody asked without a session, so nothing was examined');
        if (violations.count() === 0 && missing.length > 0)
          return inconclusive(
            `nobody asked without a session in ${missing.join(' and ')}, where something was broken (${where})`,
          );
        const asked = counted(probes.size, 'request', 'requests');
        const all = `${asked} without a session (${where}) and ${counted(answers, 'answer', 'answers')} that named a user`;
        const says =
          violations.count() === 0
            ? `${all}: none gave what it may not`
            : `${violations.count()} violations among ${all}`;
        return findingOf(probes.size + answers, violations, says);
      },
    };
  },
};

/** Returns 1 for an answer that named a user, 0 for one that did not. */
function identity(row: OpSeen, violations: ViolationList): 0 | 1 {
  const { actorId, kind, toldUserId, cookieUserId } = row;
  const named = [
    { userId: toldUserId, how: 'was answered as' },
    { userId: cookieUserId, how: 'was handed the session of' },
  ].filter(({ userId }) => userId !== null);
  for (const { userId, how } of named)
    if (userId !== actorId)
      violations.add(`the ${kind} of ${actorId} ${how} ${userId}`, { table: 'op', id: row.id });
  return named.length > 0 ? 1 : 0;
}

function isServed({ outcome, status }: OpSeen): boolean {
  return outcome === 'ok' || (status !== null && status >= 200 && status <= 299);
}

function without({ credential }: OpSeen): string {
  return credential === 'none' ? 'without a session' : 'with a session that had ended';
}

function phaseAt(phases: readonly PhaseRow[], atNs: number): string | undefined {
  return phases.findLast(({ fromNs, toNs }) => fromNs <= atNs && atNs < (toNs ?? Infinity))?.name;
}

/** What comes again and again, as `down-1` and `down-2`, is one kind of phase: some last less than a second. */
function kindOf(phase: string): string {
  return phase.replace(/-\d+$/u, '');
}

/** The phases of the plan during which some fault was to be in place. */
function troubledPhases(record: RecordReader): readonly string[] {
  const { steps } = record.plan();
  const began = new Set(record.phases().map(({ name }) => name));
  const names = steps.flatMap((step) =>
    step.type === 'phase' && began.has(step.name) && isTroubled(step, steps)
      ? [kindOf(step.name)]
      : [],
  );
  return [...new Set(names)];
}

function isTroubled(
  phase: Extract<Step, { readonly type: 'phase' }>,
  steps: Plan['steps'],
): boolean {
  const endMs = phase.atMs + phase.forMs;
  return steps.some((step) => {
    if (step.type !== 'fault-on' || step.atMs >= endMs) return false;
    const off = steps.find((other) => other.type === 'fault-off' && other.faultId === step.faultId);
    return (off?.atMs ?? Infinity) > phase.atMs;
  });
}
