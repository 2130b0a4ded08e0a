import type { Plan } from '../model/plan.ts';
import { planOf } from '../plan/plan.ts';
import type { RunOptions } from './run-options.ts';
import { isLibrary } from './web-cache-choice.ts';

/** The scenario's plan, with what the command line changed in it. */
export function planned({
  scenario,
  seed,
  size,
  target,
  webCacheEngine,
  webCacheKey,
  webCacheAnswers,
}: Pick<
  RunOptions,
  'scenario' | 'seed' | 'size' | 'target' | 'webCacheEngine' | 'webCacheKey' | 'webCacheAnswers'
>): Plan {
  const plan = planOf(scenario, { seed, size });
  const topology = plan.cacheTopology ?? target.topology;
  // A library is no server that somebody told to store everything: it stores what the answers let it.
  const answers = webCacheAnswers ?? (isLibrary(webCacheEngine) ? 'vary' : undefined);
  return {
    ...plan,
    ...(topology === undefined ? {} : { cacheTopology: topology }),
    ...(plan.webCache === undefined
      ? {}
      : {
          webCache: {
            ...plan.webCache,
            ...(webCacheKey === undefined ? {} : { keyedBy: webCacheKey }),
            ...(answers === undefined ? {} : { answers }),
          },
        }),
  };
}
