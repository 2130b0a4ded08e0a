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
import { onWire } from '../harness/plan/wire-faults.ts';

const size: EverydaySize & {
  readonly brownoutMs: number;
  readonly heldForMs: number;
  readonly recoveryMs: number;
} = { ...everydaySize, brownoutMs: 8_000, heldForMs: 1_300, recoveryMs: 4_000 };

/** The cache answers everything, and everything too late. */
export const cacheBrownout: Scenario<typeof size> = {
  name: 'cache-brownout',
  why: 'Every call times out while its reply is still under way: the hardest case for who pairs by order.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { brownoutMs, heldForMs, recoveryMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('brownout', {
          forMs: brownoutMs,
          faults: [
            onWire('brownout', {
              type: 'hold-reply',
              forMs: heldForMs,
              selector: {},
              timesMax: 1_000_000,
            }),
          ],
          load: [visits({ overMs: brownoutMs, perSecond })],
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
