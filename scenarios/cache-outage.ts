import type { Scenario } from '../harness/model/scenario.ts';
import {
  calmDown,
  everydayChecks,
  everydayLife,
  patience,
  warmUp,
} from '../harness/plan/everyday.ts';
import { cutBetweenReplies, cutInsideReplies, kill } from '../harness/plan/faults.ts';
import { cameras, flood, visits, visitsOfEveryone } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';

const size = {
  cameras: 2_000,
  users: 500,
  warmMs: 6_000,
  outageMs: 6_000,
  herdMs: 12_000,
  herdWithinMs: 250,
  calmMs: 6_000,
  visitsPerSecond: 60,
};

/** The cache dies under load; every camera and everybody is back within a quarter of a second of its return. */
export const cacheOutage: Scenario<typeof size> = {
  name: 'cache-outage',
  why: 'A herd onto a cold cache, with connections cut in mid-pipeline, is when replies get crossed.',
  follows:
    'February 2024: 13,000 people were shown thumbnails of strangers as cameras came back online',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { cameras: count, outageMs, herdMs, herdWithinMs, visitsPerSecond: perSecond } = numbers;
    // A backend on one core takes about a thousand cameras a second: a larger fleet gets a longer phase, never a smaller herd.
    const herdForMs = Math.max(herdMs, count * 3);
    const cuts = { fromMs: 500, untilMs: herdForMs - 2_000 };
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('outage', {
          forMs: outageMs,
          faults: [kill('cache')],
          load: [visits({ overMs: outageMs, perSecond })],
        }),
        phase('herd', {
          forMs: herdForMs,
          faults: [
            ...cutBetweenReplies(rng.fork('cuts'), { ...cuts, everyMs: 500 }),
            ...cutInsideReplies(rng.fork('cuts'), { ...cuts, everyMs: 2_500 }),
          ],
          load: [
            cameras({ overMs: herdWithinMs, uploadShare: 0.1 }),
            visitsOfEveryone({ overMs: herdWithinMs }),
            visits({ overMs: herdForMs, perSecond }),
            flood({ forMs: herdForMs, connections: 10, perSecondMax: 150 }),
          ],
        }),
        calmDown(numbers),
      ),
    };
  },
};
