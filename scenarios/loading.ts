import type { Scenario } from '../harness/model/scenario.ts';
import {
  calmDown,
  type EverydaySize,
  everydayChecks,
  everydayLife,
  everydaySize,
  patience,
  warmUp,
} from '../harness/plan/everyday.ts';
import { visits, visitsOfEveryone } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';

const size: EverydaySize & { readonly loadingMs: number; readonly recoveryMs: number } = {
  ...everydaySize,
  loadingMs: 5_000,
  recoveryMs: 4_000,
};

/** The cache is back and still loading its data: it answers LOADING to everything. */
export const loading: Scenario<typeof size> = {
  name: 'loading',
  why: 'An error that answers each command of a pipeline must stay an error, and in its place.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { loadingMs, recoveryMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('loading', {
          forMs: loadingMs,
          faults: [
            {
              faultId: 'loading',
              atMs: 300,
              fault: { kind: 'loading', service: 'cache', forMs: loadingMs - 300 },
            },
          ],
          load: [visits({ overMs: loadingMs, perSecond })],
        }),
        phase('recovery', {
          forMs: recoveryMs,
          load: [visitsOfEveryone({ overMs: 500 }), visits({ overMs: recoveryMs, perSecond })],
        }),
        calmDown(numbers),
      ),
    };
  },
};
