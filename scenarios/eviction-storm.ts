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

const size: EverydaySize & { readonly stormMs: number; readonly recoveryMs: number } = {
  ...everydaySize,
  stormMs: 6_000,
  recoveryMs: 4_000,
};

/** The cache has room for half of its data and throws out the rest while people look. */
export const evictionStorm: Scenario<typeof size> = {
  name: 'eviction-storm',
  why: 'A miss in the middle of a multi-get must not shift what comes after it.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { stormMs, recoveryMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('storm', {
          forMs: stormMs,
          faults: [
            {
              faultId: 'no-memory',
              atMs: 300,
              fault: {
                kind: 'limit-memory',
                service: 'cache',
                shareOfUsed: 0.5,
                eviction: 'allkeys-random',
              },
            },
          ],
          load: [visits({ overMs: stormMs, perSecond })],
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
