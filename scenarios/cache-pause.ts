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

const size: EverydaySize & { readonly pauseMs: number; readonly recoveryMs: number } = {
  ...everydaySize,
  pauseMs: 4_000,
  recoveryMs: 4_000,
};

/** The cache stands still for longer than anybody waits, and goes on as if nothing had been. */
export const cachePause: Scenario<typeof size> = {
  name: 'cache-pause',
  why: 'A paused server answers everything it was asked, long after everyone who asked has given up.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { pauseMs, recoveryMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('pause', {
          forMs: pauseMs,
          faults: [{ faultId: 'pause', atMs: 300, fault: { kind: 'pause', service: 'cache' } }],
          load: [visits({ overMs: pauseMs, perSecond })],
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
