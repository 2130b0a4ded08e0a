import type { CheckName } from './finding.ts';
import type { Plan } from './plan.ts';
import type { Rng } from './world.ts';

/** A scenario is pure: a seed goes in, a plan comes out. */
export interface Scenario<Size extends ScenarioSize = ScenarioSize> {
  /** Also the word on the command line and the file name. */
  readonly name: string;
  /** One sentence, printed on the report. */
  readonly why: string;
  /** The incident it follows. */
  readonly follows?: string;
  /** Every number that a reader may want to turn, units in the names. */
  readonly size: Size;
  readonly checks: readonly CheckName[];
  plan(rng: Rng, size: Size): Omit<Plan, 'format' | 'seed' | 'scenario' | 'checks'>;
}

export interface ScenarioSize {
  readonly cameras: number;
  readonly users: number;
}
