import type { Plan } from '../model/plan.ts';
import type { Scenario, ScenarioSize } from '../model/scenario.ts';
import { seededRng } from './rng.ts';

/** Seed and size in, plan out: the same ones give the same plan, byte for byte. */
export function planOf<Size extends ScenarioSize>(
  scenario: Scenario<Size>,
  { seed, size }: { readonly seed: number; readonly size: Size },
): Plan {
  return {
    format: 1,
    scenario: scenario.name,
    seed,
    checks: scenario.checks,
    ...scenario.plan(seededRng(seed).fork(scenario.name), size),
  };
}
