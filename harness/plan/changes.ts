import type { ChangesStep, Plan } from '../model/plan.ts';
import type { Device } from '../model/population.ts';
import type { Rng } from '../model/world.ts';

/** One owner changes who may see one of their cameras, `atMs` after the start of the run. */
export interface PlannedChange {
  readonly atMs: number;
  readonly kind: 'share' | 'unshare' | 'transfer' | 'remove';
  readonly deviceId: string;
  /** The owner. */
  readonly byUserId: string;
  /** Who gains or loses; null for a removal. */
  readonly otherUserId: string | null;
}

/** So many of each kind at least, in a run of at least `camerasPerChangeMin` cameras for each change. */
const eachKindMin = 4;
const camerasPerChangeMin = 3;

const kinds = ['unshare', 'transfer', 'remove', 'share'] as const satisfies PlannedChange['kind'][];

/**
 * All changes of a plan as exact moments, sorted. Every kind by itself lies evenly over the `changes` steps, as their shares
 * have it, and no camera is changed twice. Those of canaries are left alone.
 *
 * @param rng the plan's source, `seededRng(plan.seed)`
 */
export function expandChanges(
  { steps, population }: Pick<Plan, 'steps' | 'population'>,
  rng: Rng,
): readonly PlannedChange[] {
  const windows = steps.filter((step) => step.type === 'changes');
  const total = windows.reduce((sum, { share }) => sum + share, 0);
  if (total === 0) return [];
  const own = rng.fork('changes');
  const people = population.users.filter(({ role }) => role === 'viewer');
  const judged = new Set(people.map(({ userId }) => userId));
  const shuffled = population.devices
    .filter(({ ownerId, sharedWith }) => [ownerId, ...sharedWith].every((id) => judged.has(id)))
    .map((device) => ({ device, lot: own.fork(device.deviceId).unit() }))
    .sort((one, other) => one.lot - other.lot)
    .map(({ device }) => device);
  const each = Math.min(
    Math.max(eachKindMin, Math.round((shuffled.length * total) / kinds.length)),
    Math.floor(shuffled.length / (kinds.length * camerasPerChangeMin)),
  );
  const chosen = choose(shuffled, each);
  const changes = kinds.flatMap((kind) =>
    chosen[kind].map((device, index): PlannedChange => {
      const lots = own.fork(`${kind} ${index}`);
      const into = (total * (index + lots.unit())) / chosen[kind].length;
      const others = people.filter(
        ({ userId }) => userId !== device.ownerId && !device.sharedWith.includes(userId),
      );
      const drawn = others[lots.integer(0, Math.max(0, others.length - 1))]?.userId ?? null;
      const { deviceId, ownerId: byUserId, sharedWith } = device;
      const other = { share: drawn, transfer: drawn, unshare: sharedWith[0] ?? null, remove: null };
      const atMs = momentIn(windows, into);
      return { atMs, kind, deviceId, byUserId, otherUserId: other[kind] };
    }),
  );
  return changes
    .filter(({ kind, otherUserId }) => kind === 'remove' || otherUserId !== null)
    .sort((one, other) => one.atMs - other.atMs);
}

/** Cameras with guests are needed where shares end; of the others everyone is as good. */
function choose(
  devices: readonly Device[],
  each: number,
): Readonly<Record<PlannedChange['kind'], readonly Device[]>> {
  const shared = devices.filter(({ sharedWith }) => sharedWith.length > 0);
  const unshare = shared.slice(0, each);
  const rest = devices.filter((device) => !unshare.includes(device));
  return {
    unshare,
    transfer: rest.slice(0, each),
    remove: rest.slice(each, 2 * each),
    share: rest.slice(2 * each, 3 * each),
  };
}

/** The moment at which so much of the steps' shares has passed; whole microseconds. */
function momentIn(windows: readonly ChangesStep[], into: number): number {
  let left = into;
  for (const { atMs, overMs, share } of windows) {
    if (left < share) return Math.round((atMs + (overMs * left) / share) * 1_000) / 1_000;
    left -= share;
  }
  const last = windows.at(-1);
  return last === undefined ? 0 : last.atMs + last.overMs;
}
