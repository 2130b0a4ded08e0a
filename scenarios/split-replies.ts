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
import { onWireRepeatedly } from '../harness/plan/wire-faults.ts';

const size: EverydaySize & { readonly splitMs: number } = { ...everydaySize, splitMs: 8_000 };

/** Replies arrive in pieces: within the length, between CR and LF, one byte before their end. Nothing is lost and nothing is late. */
export const splitReplies: Scenario<typeof size> = {
  name: 'split-replies',
  why: 'TCP promises bytes and no boundaries; a decoder that leans on boundaries blends two replies.',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { splitMs, visitsPerSecond: perSecond } = numbers;
    const spacing = { fromMs: 100, untilMs: splitMs - 500, everyMs: 200 };
    const lots = rng.fork('splits');
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('split', {
          forMs: splitMs,
          faults: onWireRepeatedly('split', spacing, () => ({
            type: 'split-replies',
            // `$5432`, CR, LF: the first seven bytes of a picture's reply are its length.
            offsets: [1, lots.integer(2, 5), 6, lots.integer(7, 2_000), lots.integer(2_001, 8_000)],
            gapMs: 1,
            selector: { kind: 'read' },
            timesMax: 5,
          })),
          load: [visitsOfEveryone({ overMs: 1_000 }), visits({ overMs: splitMs, perSecond })],
        }),
        calmDown(numbers),
      ),
    };
  },
};
