import type { Plan } from '../model/plan.ts';
import { planOf } from '../plan/plan.ts';
import type { RunOptions } from './run-options.ts';

/** The scenario's plan, with what the command line changed in it. */
export function planned({
  scenario,
  seed,
  size,
  target,
  webCacheKey,
}: Pick<RunOptions, 'scenario' | 'seed' | 'size' | 'target' | 'webCacheKey'>): Plan {
  const plan = planOf(scenario, { seed, size });
  const topology = plan.cacheTopology ?? target.topology;
  return {
    ...plan,
    ...(topology === undefined ? {} : { cacheTopology: topology }),
    ...(webCacheKey === undefined || plan.webCache === undefined
      ? {}
      : { webCache: { ...plan.webCache, keyedBy: webCacheKey } }),
  };
}
