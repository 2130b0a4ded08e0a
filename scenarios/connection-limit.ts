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

const size: EverydaySize & { readonly limitMs: number; readonly recoveryMs: number } = {
  ...everydaySize,
  limitMs: 5_000,
  recoveryMs: 4_000,
};

/** The cache has no room for another client, and says so to everyone who comes back. */
export const connectionLimit: Scenario<typeof size> = {
  name: 'connection-limit',
  why: 'An error that comes before any command was sent must not be taken for the answer to one.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { limitMs, recoveryMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('limit', {
          forMs: limitMs,
          faults: [
            {
              faultId: 'no-room',
              atMs: 300,
              fault: { kind: 'limit-connections', service: 'cache', connectionsMax: 0 },
            },
          ],
          load: [visits({ overMs: limitMs, perSecond })],
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
