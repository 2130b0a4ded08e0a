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
import { cameras, visits, visitsOfEveryone } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';

const size: EverydaySize & { readonly failoverMs: number; readonly recoveryMs: number } = {
  ...everydaySize,
  failoverMs: 6_000,
  recoveryMs: 6_000,
};

/** The primary dies under load, Sentinel promotes the replica, and everybody comes back to another server with nearly the same data. */
export const failover: Scenario<typeof size> = {
  name: 'failover',
  why: 'After a failover the same keys are asked of another server; what was under way belongs to the old one.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { failoverMs, recoveryMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      cacheTopology: 'sentinel',
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('failover', {
          forMs: failoverMs,
          faults: [
            { faultId: 'failover', atMs: 500, fault: { kind: 'failover', service: 'cache' } },
          ],
          load: [visits({ overMs: failoverMs, perSecond })],
        }),
        phase('recovery', {
          forMs: recoveryMs,
          load: [
            cameras({ overMs: 250, uploadShare: 0.1 }),
            visitsOfEveryone({ overMs: 500 }),
            visits({ overMs: recoveryMs, perSecond }),
          ],
        }),
        calmDown(numbers),
      ),
    };
  },
};
