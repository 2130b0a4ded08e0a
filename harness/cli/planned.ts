import type { Plan } from '../model/plan.ts';
import { planOf } from '../plan/plan.ts';
import type { RunOptions } from './run-options.ts';

/** The scenario's plan, with what the command line changed in it. */
export function planned({
  scenario,
  seed,
  size,
  webCacheKey,
}: Pick<RunOptions, 'scenario' | 'seed' | 'size' | 'webCacheKey'>): Plan {
  const plan = planOf(scenario, { seed, size });
  if (webCacheKey === undefined || plan.webCache === undefined) return plan;
  return { ...plan, webCache: { ...plan.webCache, keyedBy: webCacheKey } };
}
