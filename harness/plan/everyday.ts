import type { CheckName } from '../model/finding.ts';
import type { Plan } from '../model/plan.ts';
import type { Ratio, Rng } from '../model/world.ts';
import { cameras, visits, visitsOfEveryone } from './load.ts';
import { population } from './population.ts';
import { type Phase, phase } from './timeline.ts';

/** The numbers that every scenario over the everyday cloud has. */
export interface EverydaySize {
  readonly cameras: number;
  readonly users: number;
  readonly warmMs: number;
  readonly calmMs: number;
  /** How many people open the app a second. */
  readonly visitsPerSecond: number;
}

/** Usual numbers: a cloud that two cores carry, with room for trouble. */
export const everydaySize: EverydaySize = {
  cameras: 600,
  users: 150,
  warmMs: 5_000,
  calmMs: 5_000,
  visitsPerSecond: 40,
};

/** What must hold whatever is broken. */
export const everydayChecks: readonly CheckName[] = [
  'own-data-only',
  'right-device',
  'fresh',
  'mapping',
  'stored',
  'intact',
  'fails-closed',
  'settles',
  'comes-back',
  'served',
  'fault-bit',
  'on-schedule',
  'origin-load',
  'canary',
];

/**
 * How long whoever asked waits for an answer, and how many owners change who may see their cameras meanwhile. A larger fleet waits longer: its herd
 * is served one after the other all the same.
 */
export function patience({ cameras: count }: Pick<EverydaySize, 'cameras'>): {
  readonly requestDeadlineMs: number;
  readonly changeShare: Ratio;
} {
  return { requestDeadlineMs: Math.max(4_000, count / 2), changeShare: 0.03 };
}

/** Newer versions of events a second, of all cameras together, at most. */
const renewalsPerSecond = 4;

/** People, cameras and how they live. Larger fleets dial and speak up less often each, so that together they stay the same. */
export function everydayLife(
  rng: Rng,
  { cameras: count, users }: Pick<EverydaySize, 'cameras' | 'users'>,
): Pick<Plan, 'population' | 'habits' | 'heartbeatMs' | 'renewShare' | 'intruder'> {
  const redialMs = Math.max(1_000, count / 2);
  const heartbeatMs = Math.max(4_000, count * 2);
  const heartbeatsPerSecond = (count * 1_000) / heartbeatMs;
  return {
    population: population(rng.fork('population'), {
      users,
      cameras: count,
      canaries: 4,
      redialMs,
    }),
    habits: {
      tapShare: 1_504 / 13_000,
      thinkMsMin: 200,
      thinkMsMax: 1_500,
      liveShare: 0.1,
      pageSize: 10,
    },
    heartbeatMs,
    renewShare: Math.min(0.2, renewalsPerSecond / heartbeatsPerSecond),
    // Each of its eighteen ways within four seconds.
    intruder: { perSecond: 5 },
  };
}

/**
 * Every camera connects, most upload an event (of large fleets 4,000 do), people come and look, the cache fills. A thousand
 * cameras take three seconds at least.
 */
export function warmUp({ cameras: count, warmMs, visitsPerSecond }: EverydaySize): Phase {
  const forMs = Math.max(warmMs, count * 3);
  return phase('warm', {
    forMs,
    load: [
      cameras({ overMs: forMs - 1_000, uploadShare: Math.min(1, 4_000 / count) }),
      visits({ overMs: forMs, perSecond: visitsPerSecond }),
    ],
  });
}

/** Everything is healed, and everyone reads once more. */
export function calmDown({
  cameras: count,
  calmMs,
}: Pick<EverydaySize, 'cameras' | 'calmMs'>): Phase {
  const forMs = Math.max(calmMs, count);
  return phase('calm', { forMs, load: [visitsOfEveryone({ overMs: forMs / 2 })] });
}
