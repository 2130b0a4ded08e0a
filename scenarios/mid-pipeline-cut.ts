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
import { cutBetweenReplies, cutInsideReplies } from '../harness/plan/faults.ts';
import { visits } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';

const size: EverydaySize & { readonly cutsMs: number } = { ...everydaySize, cutsMs: 10_000 };

/** No outage at all: connections are cut between and inside replies while people look at their events. */
export const midPipelineCut: Scenario<typeof size> = {
  name: 'mid-pipeline-cut',
  why: 'A client that pairs replies by order alone is off by some after a cut in mid-pipeline.',
  follows: 'ioredis 4.16.0, whose reply queue stayed shifted after such a cut (fixed in 4.16.1)',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { cutsMs, visitsPerSecond: perSecond } = numbers;
    const spacing = { fromMs: 300, untilMs: cutsMs - 1_000 };
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('cuts', {
          forMs: cutsMs,
          faults: [
            ...cutBetweenReplies(rng.fork('between'), { ...spacing, everyMs: 700 }),
            ...cutInsideReplies(rng.fork('inside'), { ...spacing, everyMs: 1_700 }),
          ],
          load: [visits({ overMs: cutsMs, perSecond })],
        }),
        calmDown(numbers),
      ),
    };
  },
};
