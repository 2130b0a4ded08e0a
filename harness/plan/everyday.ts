import type { CheckName } from '../model/finding.ts';
import type { Plan } from '../model/plan.ts';
import type { Rng } from '../model/world.ts';
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
  'mapping',
  'settles',
  'served',
  'fault-bit',
  'canary',
];

/** A request that is not answered within this is given up by whoever asked. */
export const requestDeadlineMs = 4_000;

/** People, cameras and how they live. Larger fleets dial and speak up less often each, so that together they stay the same. */
export function everydayLife(
  rng: Rng,
  { cameras: count, users }: Pick<EverydaySize, 'cameras' | 'users'>,
): Pick<Plan, 'population' | 'habits' | 'heartbeatMs'> {
  const redialMs = Math.max(1_000, count / 2);
  return {
    population: population(rng.fork('population'), {
      users,
      cameras: count,
      canaries: 4,
      redialMs,
    }),
    habits: { tapShare: 1_504 / 13_000, thinkMsMin: 200, thinkMsMax: 1_500, pageSize: 10 },
    heartbeatMs: Math.max(4_000, count * 2),
  };
}

/** Every camera connects and uploads an event, people come and look, the cache fills. A thousand cameras take three seconds at least. */
export function warmUp({ cameras: count, warmMs, visitsPerSecond }: EverydaySize): Phase {
  const forMs = Math.max(warmMs, count * 3);
  return phase('warm', {
    forMs,
    load: [
      cameras({ overMs: forMs - 1_000, uploadShare: 1 }),
      visits({ overMs: forMs, perSecond: visitsPerSecond }),
    ],
  });
}

/** Everything is healed, and everyone reads once more. */
export function calmDown({ calmMs }: Pick<EverydaySize, 'calmMs'>): Phase {
  return phase('calm', { forMs: calmMs, load: [visitsOfEveryone({ overMs: calmMs / 2 })] });
}
