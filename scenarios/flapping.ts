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
import { kill } from '../harness/plan/faults.ts';
import { cameras, visits, visitsOfEveryone } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';

const size: EverydaySize & {
  readonly times: number;
  readonly downMs: number;
  readonly upMs: number;
} = { ...everydaySize, times: 5, downMs: 900, upMs: 2_000 };

/** The cache dies five times, each time shortly after everybody is back. */
export const flapping: Scenario<typeof size> = {
  name: 'flapping',
  why: 'A client that recovers once may not recover from an outage that meets its recovery.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { times, downMs, upMs, visitsPerSecond: perSecond } = numbers;
    const rounds = Array.from({ length: times }, (_, index) => index + 1);
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        ...rounds.flatMap((round) => [
          phase(`down-${round}`, {
            forMs: downMs,
            faults: [{ ...kill('cache'), faultId: `kill-${round}` }],
            load: [visits({ overMs: downMs, perSecond })],
          }),
          phase(`up-${round}`, {
            forMs: upMs,
            load: [cameras({ overMs: 250, uploadShare: 0 }), visitsOfEveryone({ overMs: 250 })],
          }),
        ]),
        calmDown(numbers),
      ),
    };
  },
};
