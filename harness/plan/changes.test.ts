import { expect, test } from 'vitest';
import { scenarios } from '../../scenarios/index.ts';
import { expandChanges } from './changes.ts';
import { changes } from './load.ts';
import { planOf } from './plan.ts';
import { population } from './population.ts';
import { seededRng } from './rng.ts';

const people = population(seededRng(3), { users: 20, cameras: 60, canaries: 4, redialMs: 1_000 });
const steps = [
  changes({ overMs: 1_000, share: 0.01 }),
  { ...changes({ overMs: 2_000, share: 0.02 }), atMs: 5_000 },
];

test('the same seed gives the same changes, another seed others', () => {
  const text = (seed: number): string =>
    JSON.stringify(expandChanges({ steps, population: people }, seededRng(seed)));
  expect(text(3)).toBe(text(3));
  expect(text(3)).not.toBe(text(4));
});

test('sixty cameras see a few changes of each kind, by their owners, in the windows given, each camera once', () => {
  const drawn = expandChanges({ steps, population: people }, seededRng(3));
  for (const kind of ['share', 'unshare', 'transfer', 'remove'] as const)
    expect(drawn.filter((change) => change.kind === kind).length).toBeGreaterThanOrEqual(3);
  expect(new Set(drawn.map(({ deviceId }) => deviceId)).size).toBe(drawn.length);
  expect(drawn).toEqual(drawn.toSorted((one, other) => one.atMs - other.atMs));
  for (const { atMs, kind, deviceId, byUserId, otherUserId } of drawn) {
    const device = people.devices.find((each) => each.deviceId === deviceId);
    expect(byUserId).toBe(device?.ownerId);
    expect(otherUserId === null).toBe(kind === 'remove');
    expect(otherUserId).not.toBe(byUserId);
    expect(device?.sharedWith.includes(otherUserId ?? '')).toBe(kind === 'unshare');
    expect(atMs < 1_000 || (atMs >= 5_000 && atMs < 7_000)).toBe(true);
    expect(`${byUserId} ${otherUserId} ${deviceId}`).not.toContain('canary');
  }
});

test('large fleets change a share of their cameras, and tiny ones next to none', () => {
  const count = (cameras: number): number => {
    const size = { users: Math.ceil(cameras / 3), cameras, canaries: 4, redialMs: 1_000 };
    const fleet = population(seededRng(3), size);
    return expandChanges({ steps, population: fleet }, seededRng(3)).length;
  };
  expect(count(2_000)).toBe(60);
  expect(count(6)).toBe(0);
});

test('without a window nobody changes anything', () => {
  expect(expandChanges({ steps: [], population: people }, seededRng(3))).toEqual([]);
});

const changing = [...scenarios.values()].filter(({ name }) => name !== 'web-cache-mixup');

test.each(changing.map((scenario) => [scenario.name, scenario] as const))(
  '%s: owners change who may see their cameras in warm, in calm and between',
  (_, scenario) => {
    const plan = planOf(scenario, { seed: 1, size: { ...scenario.size, cameras: 60, users: 20 } });
    const drawn = expandChanges(plan, seededRng(plan.seed));
    const phases = plan.steps.filter((step) => step.type === 'phase');
    const within = (name: string): number => {
      const step = phases.find((each) => each.name === name);
      if (step === undefined) return 0;
      return drawn.filter(({ atMs }) => atMs >= step.atMs && atMs < step.atMs + step.forMs).length;
    };
    expect(within('warm')).toBeGreaterThan(0);
    expect(within('calm')).toBeGreaterThan(0);
    expect(drawn.length - within('warm') - within('calm')).toBeGreaterThan(0);
  },
);
