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
import { visits } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';
import { onWireRepeatedly } from '../harness/plan/wire-faults.ts';

const size: EverydaySize & { readonly lateMs: number; readonly heldForMs: number } = {
  ...everydaySize,
  lateMs: 10_000,
  heldForMs: 1_400,
};

/** Now and then a reply comes after its caller has given up, and then it does come. */
export const lateReplies: Scenario<typeof size> = {
  name: 'late-replies',
  why: 'A reply that comes after its caller gave up must not be handed to the next one.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { lateMs, heldForMs, visitsPerSecond: perSecond } = numbers;
    const spacing = { fromMs: 300, untilMs: lateMs - 2_000, everyMs: 1_900 };
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('late', {
          forMs: lateMs,
          faults: onWireRepeatedly('hold', spacing, () => ({
            type: 'hold-reply',
            forMs: heldForMs,
            selector: { kind: 'read' },
            timesMax: 1,
          })),
          load: [visits({ overMs: lateMs, perSecond })],
        }),
        calmDown(numbers),
      ),
    };
  },
};
