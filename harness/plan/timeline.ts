import type { Fault } from '../model/fault.ts';
import type { PhaseName, Plan, Step } from '../model/plan.ts';
import { changes } from './load.ts';

/** One phase of a scenario: how long, what fails meanwhile, who arrives. Moments inside it count from its start. */
export interface Phase {
  readonly name: PhaseName;
  readonly forMs: number;
  /** All are healed when the phase ends. */
  readonly faults: readonly PlannedFault[];
  /** Arrivals and floods. */
  readonly load: readonly Step[];
}

export interface PlannedFault {
  readonly faultId: string;
  readonly fault: Fault;
  /** From the start of the phase; 0 when absent. */
  readonly atMs?: number;
}

/** Describes one phase; see {@link Phase}. */
export function phase(
  name: PhaseName,
  content: {
    readonly forMs: number;
    readonly faults?: readonly PlannedFault[];
    readonly load?: readonly Step[];
  },
): Phase {
  return { name, forMs: content.forMs, faults: content.faults ?? [], load: content.load ?? [] };
}

/**
 * Lays phases end to end. Steps come out sorted by time; at one moment faults are healed first, then the phase
 * begins, then new faults are injected, then people and cameras arrive. With a `changeShare` owners change so many of their cameras in
 * the course of the run, in every phase. `deadlineMs` is the end plus two request deadlines.
 */
export function timeline(
  settings: { readonly requestDeadlineMs: number; readonly changeShare?: number },
  ...phases: readonly Phase[]
): Pick<Plan, 'steps' | 'requestDeadlineMs' | 'deadlineMs'> {
  const { changeShare = 0 } = settings;
  const troubleMs = phases
    .filter(({ name }) => name !== 'warm' && name !== 'calm')
    .reduce((sum, { forMs }) => sum + forMs, 0);
  let startMs = 0;
  const steps: Step[] = [];
  for (const { name, forMs, faults, load } of phases) {
    const endMs = startMs + forMs;
    steps.push({ atMs: startMs, type: 'phase', name, forMs });
    for (const { faultId, fault, atMs = 0 } of faults) {
      steps.push({ atMs: startMs + atMs, type: 'fault-on', faultId, fault });
      steps.push({ atMs: endMs, type: 'fault-off', faultId });
    }
    for (const step of load) steps.push({ ...step, atMs: startMs + step.atMs });
    if (changeShare > 0) {
      const { fromMs, ...window } = changesWindow({ name, forMs }, { changeShare, troubleMs });
      steps.push({ ...changes(window), atMs: startMs + fromMs });
    }
    startMs = endMs;
  }
  const order: readonly Step['type'][] = [
    'fault-off',
    'phase',
    'fault-on',
    'arrivals',
    'changes',
    'flood',
  ];
  steps.sort((a, b) => a.atMs - b.atMs || order.indexOf(a.type) - order.indexOf(b.type));
  const { requestDeadlineMs } = settings;
  return { steps, requestDeadlineMs, deadlineMs: startMs + 2 * requestDeadlineMs };
}

/**
 * A quarter of the changes is made in warm, once cameras have uploaded, and a quarter in the beginning of calm, so that everybody still
 * reads after the last one. The others come in between, where phases lie.
 */
function changesWindow(
  { name, forMs }: Pick<Phase, 'name' | 'forMs'>,
  { changeShare, troubleMs }: { readonly changeShare: number; readonly troubleMs: number },
): { readonly fromMs: number; readonly overMs: number; readonly share: number } {
  if (name === 'warm') return { fromMs: forMs / 2, overMs: forMs / 2, share: changeShare / 4 };
  if (name === 'calm') return { fromMs: 0, overMs: forMs / 3, share: changeShare / 4 };
  return { fromMs: 0, overMs: forMs, share: ((changeShare / 2) * forMs) / troubleMs };
}
