import type { Fault } from '../model/fault.ts';
import type { FaultOnStep, FloodStep, Plan, Step } from '../model/plan.ts';
import type { PhaseRow, Recorder } from '../model/rows.ts';
import type { World } from '../model/world.ts';

/** What a run acts on. All of it arrives as values: a run does not know whether a process, a socket or a simulation is behind them. */
export interface RunParts {
  readonly world: World;
  readonly recorder: Recorder;
  readonly faults: {
    inject(faultId: string, fault: Fault, signal: AbortSignal): Promise<RunGuard>;
  };
  readonly fleet: {
    /** Follows the plan's arrivals; resolves when every camera and viewer has ended, rejects soon after its signal aborts. */
    run(plan: Plan, signal: AbortSignal): Promise<void>;
  };
  readonly flood: {
    /** Resolves when the flood ended and has written its row, rejects soon after its signal aborts. */
    run(step: FloodStep, signal: AbortSignal): Promise<void>;
  };
  /** Reads what is stored when all is calm; nothing is read when it is absent. */
  readonly sweep?: {
    /** Rejects soon after its signal aborts. Everything that the plan started still stands. */
    run(signal: AbortSignal): Promise<void>;
    /** Told why it failed. The run goes on to its end: what was shown is known all the same. */
    readonly onFailure: (says: string) => void;
  };
  /** Told each phase as it begins. */
  readonly onPhase: (phase: { readonly name: string; readonly forMs: number }) => void;
}

export interface RunGuard extends AsyncDisposable {
  bit(): Promise<number>;
}

/**
 * Carries out a plan: effects, no opinions. Every fault is healed on every way out. Rejects with the signal's reason when aborted,
 * and with a clear error when a part fails or the plan's deadline passes.
 */
export async function run(plan: Plan, parts: RunParts, signal: AbortSignal): Promise<void> {
  await using stage = new Stage(parts, signal);
  const load = new AbortController();
  const all = AbortSignal.any([signal, load.signal]);
  const fleet = parts.fleet.run(plan, all);
  const floods: Promise<void>[] = [];
  // Somebody must be listening when the fleet fails long before it is awaited.
  fleet.catch(() => undefined);
  try {
    for (const step of plan.steps) {
      await Promise.race([parts.world.clock.sleepUntil(step.atMs * 1e6, all), failureOf(fleet)]);
      if (step.type === 'flood') floods.push(startFlood(parts, step, all));
      else await stage.perform(step);
    }
    await withDeadline(Promise.all([fleet, ...floods]), { plan, parts, signal: all });
    stage.endPhase();
    await sweep(parts, all);
  } catch (error) {
    load.abort(error);
    await Promise.allSettled([fleet, ...floods]);
    throw error;
  }
}

async function sweep({ sweep: part }: RunParts, signal: AbortSignal): Promise<void> {
  try {
    await part?.run(signal);
  } catch (error) {
    signal.throwIfAborted();
    part?.onFailure(error instanceof Error ? error.message : String(error));
  }
}

function startFlood(parts: RunParts, step: FloodStep, signal: AbortSignal): Promise<void> {
  const flood = parts.flood.run(step, signal);
  flood.catch(() => undefined);
  return flood;
}

/** Never resolves: settles only by rejecting, when the fleet fails. */
function failureOf(fleet: Promise<void>): Promise<never> {
  return new Promise((_, reject) => {
    fleet.catch(reject);
  });
}

interface Deadline {
  readonly plan: Plan;
  readonly parts: RunParts;
  readonly signal: AbortSignal;
}

async function withDeadline(
  work: Promise<unknown>,
  { plan, parts, signal }: Deadline,
): Promise<void> {
  const timer = new AbortController();
  const late = parts.world.clock
    .sleepUntil(plan.deadlineMs * 1e6, AbortSignal.any([signal, timer.signal]))
    .then(() => {
      throw new Error(
        `the fleet had not ended ${plan.deadlineMs} ms after the start, the deadline of the plan`,
      );
    });
  late.catch(() => undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    timer.abort(new Error('no longer needed'));
  }
}

/** What is in force right now: the phase and the faults. Identity and lifetime are the point, so a class. */
class Stage implements AsyncDisposable {
  readonly #parts: RunParts;
  readonly #signal: AbortSignal;
  readonly #inForce = new Map<
    string,
    { readonly guard: RunGuard; readonly step: FaultOnStep; readonly onNs: number }
  >();
  #phase: Omit<PhaseRow, 'toNs'> | undefined;

  constructor(parts: RunParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  async perform(step: Exclude<Step, FloodStep>): Promise<void> {
    switch (step.type) {
      case 'phase':
        this.#beginPhase(step);
        return;
      case 'fault-on': {
        const guard = await this.#parts.faults.inject(step.faultId, step.fault, this.#signal);
        this.#inForce.set(step.faultId, { guard, step, onNs: this.#nowNs() });
        return;
      }
      case 'fault-off':
        await this.#heal(step.faultId);
        return;
      case 'arrivals':
      case 'changes':
        // The fleet follows these by itself.
        return;
      default:
        step satisfies never;
    }
  }

  endPhase(): void {
    if (this.#phase === undefined) return;
    this.#parts.recorder.phase({ ...this.#phase, toNs: this.#nowNs() });
    this.#phase = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endPhase();
    const healed = await Promise.allSettled(
      [...this.#inForce.keys()].map((faultId) => this.#heal(faultId)),
    );
    const failures = healed
      .filter((result) => result.status === 'rejected')
      .map((result) => String(result.reason));
    // An interrupted run heals by stopping what it started; failing to restart it first is no news then.
    if (failures.length > 0 && !this.#signal.aborted)
      throw new Error(`not healed: ${failures.join('; ')}`);
  }

  #beginPhase({ name, forMs }: { readonly name: string; readonly forMs: number }): void {
    this.endPhase();
    this.#phase = { id: this.#parts.recorder.nextId('phase'), name, fromNs: this.#nowNs() };
    this.#parts.onPhase({ name, forMs });
  }

  async #heal(faultId: string): Promise<void> {
    const entry = this.#inForce.get(faultId);
    if (entry === undefined) return;
    this.#inForce.delete(faultId);
    const { guard, step, onNs } = entry;
    try {
      await guard[Symbol.asyncDispose]();
    } finally {
      const bit = await guard.bit().catch(() => 0);
      const { recorder } = this.#parts;
      const fault = JSON.stringify(step.fault);
      recorder.fault({
        id: recorder.nextId('fault'),
        faultId,
        fault,
        onNs,
        offNs: this.#nowNs(),
        bit,
      });
    }
  }

  #nowNs(): number {
    return this.#parts.world.clock.nowNs();
  }
}
