import type { CameraArrivals, Plan, Step, ViewerArrivals } from '../model/plan.ts';
import type { Device, User } from '../model/population.ts';
import type { Rng } from '../model/world.ts';

/** One camera comes (or comes back), `atMs` after the start of the run. */
export interface CameraArrival {
  readonly atMs: number;
  readonly deviceId: string;
  /** Whether it uploads an event as soon as it is connected. */
  readonly uploads: boolean;
}

/** One person opens the app, `atMs` after the start of the run. */
export interface Visit {
  readonly atMs: number;
  readonly userId: string;
  /** How long after `atMs` the person closes the app, whatever it is doing; absent for those who stay. */
  readonly hangUpAfterMs?: number;
}

export interface Arrivals {
  readonly cameras: readonly CameraArrival[];
  readonly visits: readonly Visit[];
}

/** Visits of one step beyond which the step is refused: a rate with a zero too many should not fill the memory. */
export const visitsMax = 2_000_000;

/**
 * All arrivals of a plan as exact moments, sorted. Each draw hangs on the seed, the step's index and the one id alone,
 * so that another camera or viewer in the population moves nobody else's.
 *
 * @param rng the plan's source, `seededRng(plan.seed)`
 * @throws RangeError when a step would give more than `visitsMax` visits
 */
export function expandArrivals(plan: Pick<Plan, 'steps' | 'population'>, rng: Rng): Arrivals {
  const cameras: CameraArrival[] = [];
  const visits: Visit[] = [];
  for (const [index, step] of plan.steps.entries()) {
    if (step.type !== 'arrivals') continue;
    const stepRng = rng.fork(`arrivals of step ${index}`);
    if (step.who === 'cameras') {
      for (const arrival of cameraArrivals(step, plan.population.devices, stepRng))
        cameras.push(arrival);
    } else {
      for (const visit of viewerArrivals(step, plan.population.users, stepRng)) visits.push(visit);
    }
  }
  return { cameras: cameras.sort(byMoment), visits: visits.sort(byMoment) };
}

/** Every camera once, evenly at random over the window. */
export function cameraArrivals(
  step: CameraArrivals,
  devices: readonly Pick<Device, 'deviceId'>[],
  rng: Rng,
): CameraArrival[] {
  return devices
    .map(({ deviceId }) => {
      const own = rng.fork(deviceId);
      const atMs = momentMs(step.atMs + own.unit() * step.overMs);
      return { atMs, deviceId, uploads: own.chance(step.uploadShare) };
    })
    .sort(byMoment);
}

/**
 * Everyone once, evenly at random over the window; or an open rate.
 *
 * The open rate is a Poisson process: one of `perSecond / users` for each viewer, whose sum is one of `perSecond`.
 * So arrivals clump as people's do, and one viewer may come again while an earlier visit is still going on. Another
 * viewer in the population thins everyone's process and reshuffles nobody's: the gaps keep their proportions.
 */
export function viewerArrivals(
  step: ViewerArrivals,
  users: readonly Pick<User, 'userId'>[],
  rng: Rng,
): Visit[] {
  const visits = visitsOf(step, users, rng);
  const { hangUps } = step;
  if (hangUps === undefined) return visits;
  const { share, afterMsMin, afterMsMax } = hangUps;
  return visits.map(({ atMs, userId }, index) => {
    const own = rng.fork(`hang-up ${index} of ${userId}`);
    const hangUpAfterMs = own.integer(afterMsMin, afterMsMax);
    return own.chance(share) ? { atMs, userId, hangUpAfterMs } : { atMs, userId };
  });
}

function visitsOf(step: ViewerArrivals, users: readonly Pick<User, 'userId'>[], rng: Rng): Visit[] {
  const { curve } = step;
  switch (curve.shape) {
    case 'everyone-once':
      return users
        .map(({ userId }) => ({
          atMs: momentMs(step.atMs + rng.fork(userId).unit() * step.overMs),
          userId,
        }))
        .sort(byMoment);
    case 'constant':
      return poissonVisits(step, curve.perSecond, users, rng);
    default:
      return curve satisfies never;
  }
}

/** When the last phase, or the last window of arrivals, ends; milliseconds since the start of the run. */
export function loadEndsMs(steps: readonly Step[]): number {
  let endsMs = 0;
  for (const step of steps) {
    if (step.type === 'phase' || step.type === 'flood')
      endsMs = Math.max(endsMs, step.atMs + step.forMs);
    if (step.type === 'arrivals' || step.type === 'changes')
      endsMs = Math.max(endsMs, step.atMs + step.overMs);
  }
  return endsMs;
}

function poissonVisits(
  step: ViewerArrivals,
  perSecond: number,
  users: readonly Pick<User, 'userId'>[],
  rng: Rng,
): Visit[] {
  const expected = (perSecond * step.overMs) / 1_000;
  if (!(expected >= 0 && expected <= visitsMax / 2)) {
    throw new RangeError(
      `${perSecond} visits a second over ${step.overMs} ms are ${expected} visits, and a step holds at most ${visitsMax / 2}; lower perSecond or overMs`,
    );
  }
  const gapMsMean = (1_000 * users.length) / perSecond;
  const visits: Visit[] = [];
  for (const { userId } of users) {
    const own = rng.fork(userId);
    let offsetMs = exponential(own) * gapMsMean;
    while (offsetMs < step.overMs && visits.length < visitsMax) {
      visits.push({ atMs: momentMs(step.atMs + offsetMs), userId });
      offsetMs += exponential(own) * gapMsMean;
    }
  }
  return visits.sort(byMoment);
}

/** A gap of a Poisson process of rate 1, by inversion. */
function exponential(rng: Rng): number {
  return -Math.log(1 - rng.unit());
}

/** Whole microseconds: the last bits of a logarithm may differ between machines, and a plan may not. */
function momentMs(atMs: number): number {
  return Math.round(atMs * 1_000) / 1_000;
}

/** The sort is stable, so what falls on one microsecond stays in the population's order. */
function byMoment(one: { readonly atMs: number }, other: { readonly atMs: number }): number {
  return one.atMs - other.atMs;
}
