import type { Scenario } from '../harness/model/scenario.ts';
import { cutBetweenReplies, cutInsideReplies, kill } from '../harness/plan/faults.ts';
import { cameras, flood, visits, visitsOfEveryone } from '../harness/plan/load.ts';
import { population } from '../harness/plan/population.ts';
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
  checks: ['own-data-only', 'mapping', 'settles', 'served', 'fault-bit', 'canary'],
  plan: (
    rng,
    { cameras: count, users, warmMs, outageMs, herdMs, herdWithinMs, calmMs, visitsPerSecond },
  ) => {
    // A backend on one core takes about a thousand cameras a second: larger fleets get longer phases, never a smaller herd.
    const warmForMs = Math.max(warmMs, count * 3);
    const herdForMs = Math.max(herdMs, count * 2);
    const cuts = { fromMs: 500, untilMs: herdForMs - 2_000 };
    const people = visits({ overMs: warmForMs, perSecond: visitsPerSecond });
    return {
      population: population(rng.fork('population'), {
        users,
        cameras: count,
        canaries: 4,
        redialMs: Math.max(1_000, count / 2),
      }),
      habits: { tapShare: 1_504 / 13_000, thinkMsMin: 200, thinkMsMax: 1_500, pageSize: 10 },
      heartbeatMs: Math.max(4_000, count * 2),
      ...timeline(
        { requestDeadlineMs: 4_000 },
        phase('warm', {
          forMs: warmForMs,
          load: [cameras({ overMs: warmForMs - 1_000, uploadShare: 1 }), people],
        }),
        phase('outage', {
          forMs: outageMs,
          faults: [kill('cache')],
          load: [visits({ overMs: outageMs, perSecond: visitsPerSecond })],
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
            visits({ overMs: herdForMs, perSecond: visitsPerSecond }),
            flood({ forMs: herdForMs, connections: 10, perSecondMax: 150 }),
          ],
        }),
        phase('calm', { forMs: calmMs, load: [visitsOfEveryone({ overMs: calmMs / 2 })] }),
      ),
    };
  },
};
