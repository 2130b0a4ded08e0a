import type { Plan } from '../model/plan.ts';
import type { ScenarioSize } from '../model/scenario.ts';
import { planOf } from '../plan/plan.ts';
import type { RunOptions } from './run-options.ts';

/** The scenario's plan, with what the command line changed in it. */
export function planned(
  { scenario, seed, webCacheKey }: Pick<RunOptions, 'scenario' | 'seed' | 'webCacheKey'>,
  size: ScenarioSize,
): Plan {
  const plan = planOf(scenario, { seed, size });
  if (webCacheKey === undefined || plan.webCache === undefined) return plan;
  return { ...plan, webCache: { ...plan.webCache, keyedBy: webCacheKey } };
}
