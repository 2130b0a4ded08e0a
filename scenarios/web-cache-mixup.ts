import type { Scenario } from '../harness/model/scenario.ts';
import {
  calmDown,
  type EverydaySize,
  everydayLife,
  everydaySize,
  patience,
  warmUp,
} from '../harness/plan/everyday.ts';
import { kill } from '../harness/plan/faults.ts';
import { cameras, visits, visitsOfEveryone } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';

const size: EverydaySize & {
  readonly crowdMs: number;
  readonly outageMs: number;
  readonly freshSeconds: number;
} = {
  ...everydaySize,
  crowdMs: 8_000,
  outageMs: 0,
  freshSeconds: 2,
};

/**
 * Everybody looks through a shared HTTP cache. Keyed by the URL alone (`--web-cache-key url`) it gives people each other's pages. With
 * `--size outageMs=2000` the cache behind the backend dies after the crowd, so that what is stored meets answers of 503.
 */
export const webCacheMixup: Scenario<typeof size> = {
  name: 'web-cache-mixup',
  why: 'A shared cache that leaves the session out of its key serves whoever asked first to everybody.',
  follows:
    'September 2023: users of a web view were shown cameras of other homes, for as long as a cache held the pages',
  size,
  checks: ['own-data-only', 'mapping', 'settles', 'served', 'canary'],
  plan: (rng, numbers) => {
    const { crowdMs, outageMs, freshSeconds, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      // Whoever puts such a cache there has decided that answers may be so many seconds old, so nothing changes that would show it.
      renewShare: 0,
      webCache: { keyedBy: 'url-and-session', freshSeconds },
      ...timeline(
        { ...patience(numbers), changeShare: 0 },
        warmUp(numbers),
        phase('crowd', {
          forMs: crowdMs,
          load: [
            cameras({ overMs: 250, uploadShare: 0.2 }),
            visitsOfEveryone({ overMs: 250 }),
            visits({ overMs: crowdMs, perSecond }),
          ],
        }),
        ...(outageMs === 0
          ? []
          : [
              phase('outage', {
                forMs: outageMs,
                faults: [kill('cache')],
                load: [
                  visitsOfEveryone({ overMs: Math.min(outageMs, 1_000) }),
                  visits({ overMs: outageMs, perSecond }),
                ],
              }),
            ]),
        calmDown(numbers),
      ),
    };
  },
};
