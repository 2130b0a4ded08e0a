import { expect, test } from 'vitest';
import { scenarios } from '../../scenarios/index.ts';
import type { Scenario } from '../model/scenario.ts';
import { planOf } from './plan.ts';
import { population } from './population.ts';
import { seededRng } from './rng.ts';
import { phase, timeline } from './timeline.ts';

const all = [...scenarios.values()].map((scenario): [string, Scenario] => [
  scenario.name,
  scenario,
]);

test.each(all)(
  '%s: the same seed gives the same plan byte for byte, another seed another',
  (_, scenario) => {
    const text = (seed: number): string =>
      JSON.stringify(planOf(scenario, { seed, size: scenario.size }));
    expect(text(3)).toBe(text(3));
    expect(text(3)).not.toBe(text(4));
  },
);

test.each(all)('%s ends healed and calm', (_, scenario) => {
  const plan = planOf(scenario, { seed: 1, size: scenario.size });
  const on = plan.steps.flatMap((step) => (step.type === 'fault-on' ? [step.faultId] : []));
  const off = plan.steps.flatMap((step) => (step.type === 'fault-off' ? [step.faultId] : []));
  // A scenario breaks something, or puts something wrong into the way.
  expect(on.length > 0 || plan.webCache !== undefined).toBe(true);
  expect(new Set(on).size).toBe(on.length);
  expect(off.toSorted()).toEqual(on.toSorted());
  const calm = plan.steps.find((step) => step.type === 'phase' && step.name === 'calm');
  const lastHeal = Math.max(
    0,
    ...plan.steps.flatMap((step) => (step.type === 'fault-off' ? [step.atMs] : [])),
  );
  expect(calm?.atMs).toBeGreaterThanOrEqual(lastHeal);
  expect(
    plan.steps.some(
      (step) => step.type === 'arrivals' && step.who === 'viewers' && step.atMs >= lastHeal,
    ),
  ).toBe(true);
});

test('phases lie end to end, and faults are healed before the next phase begins', () => {
  const { steps, deadlineMs } = timeline(
    { requestDeadlineMs: 100 },
    phase('warm', { forMs: 10 }),
    phase('outage', {
      forMs: 20,
      faults: [{ faultId: 'kill-cache', fault: { kind: 'kill', service: 'cache' } }],
    }),
    phase('calm', { forMs: 5 }),
  );
  expect(steps.map((step) => `${step.atMs} ${step.type}`)).toEqual([
    '0 phase',
    '10 phase',
    '10 fault-on',
    '30 fault-off',
    '30 phase',
  ]);
  expect(deadlineMs).toBe(235);
});

test('a further camera or user moves nobody else', () => {
  const small = population(seededRng(5), { users: 10, cameras: 20, canaries: 2, redialMs: 1_000 });
  const more = population(seededRng(5), { users: 10, cameras: 21, canaries: 2, redialMs: 1_000 });
  expect(more.devices.slice(0, 20)).toEqual(small.devices.slice(0, 20));
  expect(more.users).toEqual(small.users);
});

test('every camera has one owner, shares with others only, and canaries keep to themselves', () => {
  const { users, devices } = population(seededRng(9), {
    users: 50,
    cameras: 500,
    canaries: 4,
    redialMs: 1_000,
  });
  const canaries = new Set(
    users.filter((user) => user.role === 'canary').map((user) => user.userId),
  );
  expect(canaries.size).toBe(4);
  expect(devices).toHaveLength(508);
  for (const device of devices) {
    expect(users.some((user) => user.userId === device.ownerId)).toBe(true);
    expect(device.sharedWith).not.toContain(device.ownerId);
    for (const guest of device.sharedWith)
      expect(canaries.has(guest) || canaries.has(device.ownerId)).toBe(false);
  }
  expect(devices.some((device) => device.sharedWith.length > 0)).toBe(true);
});
