import { performance } from 'node:perf_hooks';
import { crc32 } from 'node:zlib';
import type { Plan, Step } from '../model/plan.ts';
import type { BackOff, Device, Population, User } from '../model/population.ts';
import type { Clock, World } from '../model/world.ts';
import { seededRng } from '../plan/rng.ts';
import type { FleetOptions } from './fleet.ts';
import { memoryRecorder, type Written } from './memory-recorder.ts';

const soon: BackOff = { policy: 'immediate', delayMs: 5 };

/** So many viewers and canaries with two cameras each; the second camera of everybody but canaries is shared with the next viewer. */
export function smallPopulation({
  viewers = 3,
  canaries = 1,
  backOff = soon,
}: {
  readonly viewers?: number;
  readonly canaries?: number;
  readonly backOff?: BackOff;
} = {}): Population {
  const users: User[] = Array.from({ length: viewers + canaries }, (_, index) => ({
    userId: index < viewers ? `user-${index + 1}` : `canary-${index - viewers + 1}`,
    name: `Person ${index + 1}`,
    subscription: index % 2 === 0 ? 'standard' : 'lite',
    role: index < viewers ? 'viewer' : 'canary',
  }));
  const devices = users.flatMap(({ userId, role }, index): Device[] => {
    const next = users[(index + 1) % viewers]?.userId;
    const guests = role === 'viewer' && next !== undefined && next !== userId ? [next] : [];
    return [
      { deviceId: `door-of-${userId}`, name: 'Door', ownerId: userId, sharedWith: [], backOff },
      { deviceId: `yard-of-${userId}`, name: 'Yard', ownerId: userId, sharedWith: guests, backOff },
    ];
  });
  return { users, devices };
}

export function smallPlan(population: Population, steps: readonly Step[]): Plan {
  return {
    format: 1,
    scenario: 'test',
    seed: 42,
    population,
    habits: { tapShare: 1, thinkMsMin: 1, thinkMsMax: 5, pageSize: 10 },
    heartbeatMs: 100,
    steps,
    checks: [],
    requestDeadlineMs: 10_000,
    deadlineMs: 30_000,
  };
}

export const allCamerasAt = (atMs: number, uploadShare = 1): Step => ({
  type: 'arrivals',
  who: 'cameras',
  atMs,
  overMs: 20,
  uploadShare,
});

export const everyoneAt = (atMs: number): Step => ({
  type: 'arrivals',
  who: 'viewers',
  atMs,
  overMs: 20,
  curve: { shape: 'everyone-once' },
});

export const until = (endMs: number): Step => ({
  type: 'phase',
  name: 'calm',
  atMs: 0,
  forMs: endMs,
});

/** Everything that `runFleet` needs against a backend on loopback, starting now, and what it writes down. */
export function fleetAgainst(
  port: number,
  plan: Plan,
): { readonly options: FleetOptions; readonly written: Written } {
  const { recorder, written } = memoryRecorder();
  const backend = { host: '127.0.0.1', port };
  const onProgress = (): void => undefined;
  return {
    options: { world: worldFromNow(), plan, backend, recorder, crc32, onProgress },
    written,
  };
}

export function worldFromNow(): World {
  const startMs = performance.now();
  const clock: Clock = {
    nowNs: () => Math.round((performance.now() - startMs) * 1e6),
    sleepUntil: () => Promise.reject(new Error('a fleet has an agenda of its own')),
  };
  return { clock, rng: seededRng(1), log: () => undefined };
}
