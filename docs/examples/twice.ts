import type { Scenario } from '../../harness/model/scenario.ts';
import { kill } from '../../harness/plan/faults.ts';
import { cameras, visitsOfEveryone } from '../../harness/plan/load.ts';
import { population } from '../../harness/plan/population.ts';
import { phase, timeline } from '../../harness/plan/timeline.ts';

const size = { cameras: 500, users: 100, downMs: 2_000 };

/** The cache dies twice, and comes back empty each time. */
export const twice: Scenario<typeof size> = {
  name: 'twice',
  why: 'A client that recovers once may not recover twice.',
  size,
  checks: ['own-data-only', 'mapping', 'settles', 'served'],
  plan: (rng, { cameras: count, users, downMs }) => ({
    population: population(rng, { users, cameras: count, canaries: 2, redialMs: 1_000 }),
    habits: { tapShare: 0.1, thinkMsMin: 200, thinkMsMax: 900, pageSize: 10 },
    heartbeatMs: 4_000,
    ...timeline(
      { requestDeadlineMs: 4_000 },
      phase('warm', { forMs: 4_000, load: [cameras({ overMs: 3_000, uploadShare: 1 })] }),
      phase('first', { forMs: downMs, faults: [kill('cache')] }),
      phase('between', { forMs: 2_000, load: [visitsOfEveryone({ overMs: 250 })] }),
      phase('second', { forMs: downMs, faults: [{ ...kill('cache'), faultId: 'kill-again' }] }),
      phase('calm', { forMs: 4_000, load: [visitsOfEveryone({ overMs: 2_000 })] }),
    ),
  }),
};
