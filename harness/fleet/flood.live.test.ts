import { afterEach, expect, test } from 'vitest';
import { runFlood } from './flood.ts';
import { type TestCloud, testCloud } from './test-cloud.ts';
import { smallPopulation, worldFromNow } from './test-fleet.ts';

const population = smallPopulation();
let cloud: TestCloud | undefined;
afterEach(async () => {
  await cloud?.[Symbol.asyncDispose]();
  cloud = undefined;
});

test('people who reload the app are logged in, and their figures stand by themselves', async () => {
  const options = await open({ forMs: 1_300, connections: 4, perSecondMax: 40 });
  const users = new Set<string | null>();
  cloud!.twists.answer = (request, userId) => {
    if (request === 'GET /v1/events') users.add(userId);
    return 'serve';
  };
  const figures = await runFlood(options, new AbortController().signal);
  expect(figures).toMatchObject({ errors: 0, non2xx: 0 });
  expect(figures.requests).toBeGreaterThan(10);
  expect(figures.requests).toBeLessThanOrEqual(80);
  expect(figures.toNs - figures.fromNs).toBeGreaterThanOrEqual(1_300e6);
  expect(users).toEqual(new Set(['user-1', 'user-2', 'user-3']));
});

test('a backend that refuses is counted, not hidden', async () => {
  const options = await open({ forMs: 400, connections: 2, perSecondMax: 20 });
  cloud!.twists.answer = (request) => (request === 'GET /v1/events' ? 503 : 'serve');
  const figures = await runFlood(options, new AbortController().signal);
  expect(figures.non2xx).toBe(figures.requests);
  expect(figures.requests).toBeGreaterThan(0);
});

test('when nobody can log in there is no flood, and the errors say how often it was tried', async () => {
  const options = await open({ forMs: 300, connections: 2, perSecondMax: 20 });
  cloud!.twists.answer = () => 503;
  const figures = await runFlood(options, new AbortController().signal);
  expect(figures).toMatchObject({ requests: 0, non2xx: 0 });
  expect(figures.errors).toBeGreaterThan(0);
});

test('an abort ends the flood long before its time, with what there was until then', async () => {
  const options = await open({ forMs: 60_000, connections: 2, perSecondMax: 20 });
  const stop = new AbortController();
  let served = 0;
  cloud!.twists.answer = (request) => {
    if (request === 'GET /v1/events') served += 1;
    if (served === 10) stop.abort(new Error('enough'));
    return 'serve';
  };
  const figures = await runFlood(options, stop.signal);
  expect(figures.requests).toBeGreaterThan(5);
  expect(figures.toNs - figures.fromNs).toBeLessThan(10_000e6);
});

async function open(step: { forMs: number; connections: number; perSecondMax: number }) {
  cloud = await testCloud(population);
  const { clock, ...world } = worldFromNow();
  const sleepUntil = (atNs: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, (atNs - clock.nowNs()) / 1e6);
    });
  return {
    world: { ...world, clock: { ...clock, sleepUntil } },
    backend: { host: '127.0.0.1', port: cloud.port },
    step,
    users: population.users,
  };
}
