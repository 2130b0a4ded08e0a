import { expect, test } from 'vitest';
import type { CameraArrivals, Step, ViewerArrivals } from '../model/plan.ts';
import {
  cameraArrivals,
  expandArrivals,
  loadEndsMs,
  viewerArrivals,
  visitsMax,
} from './arrivals.ts';
import { seededRng } from './rng.ts';

const herd: CameraArrivals = {
  type: 'arrivals',
  who: 'cameras',
  atMs: 13_000,
  overMs: 250,
  uploadShare: 0.5,
};
const reload: ViewerArrivals = {
  type: 'arrivals',
  who: 'viewers',
  atMs: 1_000,
  overMs: 10_000,
  curve: { shape: 'constant', perSecond: 200 },
};

test('every camera comes once within the window, in order', () => {
  const arrivals = cameraArrivals(herd, devices(500), seededRng(3));
  expect(new Set(arrivals.map(({ deviceId }) => deviceId)).size).toBe(500);
  expect(arrivals.every(({ atMs }) => atMs >= 13_000 && atMs <= 13_250)).toBe(true);
  expect(arrivals.map(({ atMs }) => atMs)).toEqual(
    arrivals.map(({ atMs }) => atMs).toSorted((one, other) => one - other),
  );
  const uploads = arrivals.filter((arrival) => arrival.uploads).length;
  expect(uploads).toBeGreaterThan(200);
  expect(uploads).toBeLessThan(300);
});

test('another camera moves no other camera', () => {
  const few = cameraArrivals(herd, devices(20), seededRng(3));
  const more = cameraArrivals(herd, devices(21), seededRng(3));
  expect(more.filter(({ deviceId }) => deviceId !== 'device-20')).toEqual(few);
});

test('everyone opens the app once', () => {
  const visits = viewerArrivals(
    { ...reload, curve: { shape: 'everyone-once' } },
    users(50),
    seededRng(3),
  );
  expect(new Set(visits.map(({ userId }) => userId)).size).toBe(50);
  expect(visits).toHaveLength(50);
});

test('an open rate gives about its number of visits, clumped as a Poisson process is', () => {
  const visits = viewerArrivals(reload, users(100), seededRng(5));
  expect(Math.abs(visits.length - 2_000)).toBeLessThan(4 * Math.sqrt(2_000));
  const perTenth = Array.from({ length: 100 }, () => 0);
  for (const { atMs } of visits) perTenth[Math.floor((atMs - 1_000) / 100)]! += 1;
  const mean = visits.length / 100;
  const variance = perTenth.reduce((sum, count) => sum + (count - mean) ** 2, 0) / 99;
  // The variance of a Poisson count is its mean; evenly spaced arrivals would have nearly none.
  expect(variance / mean).toBeGreaterThan(0.6);
  expect(variance / mean).toBeLessThan(1.5);
});

test('another viewer keeps the proportions of everyone else', () => {
  const first = (count: number): number[] =>
    viewerArrivals(reload, users(count), seededRng(5))
      .filter(({ userId }) => userId === 'user-3')
      .slice(0, 3)
      .map(({ atMs }) => (atMs - 1_000) / count);
  const [few, more] = [first(10), first(11)];
  expect(few).toHaveLength(3);
  for (const [index, moment] of few.entries()) expect(more[index]).toBeCloseTo(moment, 3);
});

test('a plan expands to the same moments twice, and its steps draw independently', () => {
  const population = { users: [], devices: [] };
  const steps: Step[] = [herd, { ...herd, atMs: 20_000 }];
  const plan = { steps, population: { ...population, devices: deviceRows(5) } };
  const once = expandArrivals(plan, seededRng(9));
  expect(expandArrivals(plan, seededRng(9))).toEqual(once);
  const offsets = (from: number): number[] =>
    once.cameras
      .filter(({ atMs }) => atMs >= from && atMs <= from + 250)
      .map(({ atMs }) => Math.round((atMs - from) * 1_000));
  expect(offsets(13_000)).toHaveLength(5);
  expect(offsets(13_000)).not.toEqual(offsets(20_000));
});

test('a rate that would fill the memory is refused and names the knob', () => {
  const flood: ViewerArrivals = { ...reload, curve: { shape: 'constant', perSecond: visitsMax } };
  expect(() => viewerArrivals(flood, users(1), seededRng(1))).toThrow('lower perSecond or overMs');
});

test('a rate of nothing gives nothing', () => {
  const none: ViewerArrivals = { ...reload, curve: { shape: 'constant', perSecond: 0 } };
  expect(viewerArrivals(none, users(10), seededRng(1))).toEqual([]);
});

test('the load ends with the last phase or the last window', () => {
  const phase: Step = { type: 'phase', name: 'warm', atMs: 0, forMs: 6_000 };
  expect(loadEndsMs([phase])).toBe(6_000);
  expect(loadEndsMs([phase, herd])).toBe(13_250);
  expect(loadEndsMs([])).toBe(0);
});

function devices(count: number): { deviceId: string }[] {
  return Array.from({ length: count }, (_, index) => ({ deviceId: `device-${index}` }));
}

function deviceRows(count: number) {
  return devices(count).map(({ deviceId }) => ({
    deviceId,
    name: 'Porch',
    ownerId: 'user-1',
    sharedWith: [],
    backOff: { policy: 'fixed' as const, delayMs: 1_000 },
  }));
}

function users(count: number): { userId: string }[] {
  return Array.from({ length: count }, (_, index) => ({ userId: `user-${index}` }));
}
