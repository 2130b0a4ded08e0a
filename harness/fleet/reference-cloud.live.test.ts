import { expect, test } from 'vitest';
import { createBackend } from '../../targets/backend/backend.ts';
import { memoryCache } from '../../targets/backend/memory-cache.ts';
import type { Recorder } from '../model/rows.ts';
import { runFleet } from './fleet.ts';
import {
  allCamerasAt,
  everyoneAt,
  fleetAgainst,
  smallPlan,
  smallPopulation,
  until,
  worldFromNow,
} from './test-fleet.ts';

const population = smallPopulation({ viewers: 5, canaries: 1 });

test('the reference cloud shows nobody a stranger, and the fleet sees that', async () => {
  const { cloud, port } = await open();
  const plan = smallPlan(population, [
    allCamerasAt(0),
    everyoneAt(600),
    allCamerasAt(900),
    everyoneAt(1_500),
    until(2_000),
  ]);
  const { options, written } = fleetAgainst(port, plan);
  const summary = await runFleet(options, new AbortController().signal);
  await cloud[Symbol.asyncDispose]();
  expect(written.op.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  expect(written.camera.filter(({ outcome }) => outcome !== 'connected')).toEqual([]);
  expect(written.camera).toHaveLength(24);
  expect(summary).toMatchObject({ suspicious: 0, failed: 0, refused: 0 });
  expect(summary.picturesChecked).toBeGreaterThan(40);
  expect(summary.swaps).toBeGreaterThan(0);
  for (const { ownerId, deviceId } of population.devices)
    for (const row of written.told.filter((each) => each.deviceId === deviceId))
      expect(row).toMatchObject({ toldDeviceId: deviceId, toldOwnerId: ownerId });
});

test('a cache that crosses two pictures is seen, by the bytes', async () => {
  const { cloud, port, cache } = await open();
  cache.cross('t:thumb:event-of-door-of-user-1-1', 't:thumb:event-of-door-of-user-3-1');
  const plan = smallPlan(population, [allCamerasAt(0), everyoneAt(800), until(1_400)]);
  const { options, written } = fleetAgainst(port, plan);
  const summary = await runFleet(options, new AbortController().signal);
  await cloud[Symbol.asyncDispose]();
  expect(summary.suspicious).toBeGreaterThan(0);
  const foreign = written.shown.find(
    ({ viewerId, ownerId }) => viewerId === 'user-1' && ownerId === 'user-3',
  );
  expect(foreign).toMatchObject({ state: 'intact', deviceId: 'door-of-user-3', swapped: false });
});

test('a cache that does not answer makes cameras come back and viewers go without, and no more', async () => {
  const { cloud, port, cache } = await open();
  cache.state = 'rejecting';
  const plan = smallPlan(population, [
    allCamerasAt(0),
    everyoneAt(300),
    everyoneAt(1_200),
    until(2_000),
  ]);
  const { options, written } = fleetAgainst(port, plan);
  const running = runFleet(options, new AbortController().signal);
  const healing = setTimeout(() => {
    cache.state = 'serving';
  }, 800);
  const summary = await running.finally(() => clearTimeout(healing));
  await cloud[Symbol.asyncDispose]();
  const refused = written.camera.filter(({ outcome }) => outcome === 'refused');
  expect(refused.length).toBeGreaterThan(12);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([503]));
  expect(written.camera.filter(({ outcome }) => outcome === 'connected')).toHaveLength(12);
  expect(written.op.some(({ status }) => status === 503)).toBe(true);
  expect(written.shown.length).toBeGreaterThan(0);
  expect(summary).toMatchObject({ suspicious: 0, failed: 0 });
});

test('an intruder is refused in every way, while the cache answers and while it does not', async () => {
  const { cloud, port, cache } = await open();
  const steps = [allCamerasAt(0), everyoneAt(500), until(2_000)];
  const plan = { ...smallPlan(population, steps), intruder: { perSecond: 40 } };
  const { options, written } = fleetAgainst(port, plan);
  const running = runFleet(options, new AbortController().signal);
  const outage = setTimeout(() => {
    cache.state = 'rejecting';
  }, 1_400);
  const summary = await running.finally(() => clearTimeout(outage));
  await cloud[Symbol.asyncDispose]();
  const tried = written.op.filter(({ credential }) => credential !== 'session');
  const ways = new Set(
    tried.map(({ actorId, credential, kind }) => [actorId, credential, kind].join()),
  );
  for (const kind of ['list', 'thumbnails', 'enlarge', 'live', 'clip', 'share'])
    for (const sender of [',none', ',ended', 'user-1,ended'])
      expect(ways).toContain(`${sender},${kind}`);
  expect(new Set(tried.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
  expect(new Set(tried.map(({ status }) => status))).toEqual(new Set([401, 503]));
  expect(
    tried.filter(({ toldUserId, cookieUserId }) => toldUserId !== null || cookieUserId !== null),
  ).toEqual([]);
  const logout = written.op.find(({ kind }) => kind === 'logout');
  expect(logout).toMatchObject({ outcome: 'ok', credential: 'session', cookieUserId: null });
  expect(written.shown.filter(({ viewerId }) => viewerId === '')).toEqual([]);
  expect(summary.refused).toBe(
    written.op.filter(
      ({ credential, outcome }) => credential === 'session' && outcome === 'refused',
    ).length,
  );
});

test('a cloud that fails open is seen: what it shows is written down under no name', async () => {
  const { cloud, port, cache } = await open();
  // Whatever session is asked for, the cache has that of somebody.
  const get = cache.get.bind(cache);
  const session = Buffer.from(JSON.stringify({ userId: 'user-2', epoch: 0 }));
  cache.get = async (key) => (key.startsWith('t:session:nobody.') ? session : get(key));
  const steps = [allCamerasAt(0), everyoneAt(500), until(1_500)];
  const plan = { ...smallPlan(population, steps), intruder: { perSecond: 40 } };
  const { options, written } = fleetAgainst(port, plan);
  await runFleet(options, new AbortController().signal);
  await cloud[Symbol.asyncDispose]();
  const served = written.op.filter(({ actorId, outcome }) => actorId === '' && outcome === 'ok');
  expect(new Set(served.map(({ credential }) => credential))).toEqual(new Set(['ended']));
  expect(served.find(({ kind }) => kind === 'list')).toMatchObject({
    toldUserId: 'user-2',
    cookieUserId: 'nobody',
  });
  const shown = written.shown.filter(({ viewerId }) => viewerId === '');
  expect(new Set(shown.map(({ surface }) => surface))).toContain('list');
});

test('every list hands over the session of whoever asked, and says where it came from', async () => {
  const { cloud, port } = await open();
  const plan = smallPlan(population, [allCamerasAt(0), everyoneAt(300), until(700)]);
  const { options, written } = fleetAgainst(port, plan);
  await runFleet(options, new AbortController().signal);
  await cloud[Symbol.asyncDispose]();
  const lists = written.op.filter(({ kind }) => kind === 'list' || kind === 'login');
  expect(lists.length).toBeGreaterThan(6);
  expect(lists.filter(({ actorId, cookieUserId }) => cookieUserId !== actorId)).toEqual([]);
  const others = written.op.filter(({ kind }) => kind === 'thumbnails' || kind === 'clip');
  expect(new Set(others.map(({ cookieUserId }) => cookieUserId))).toEqual(new Set([null]));
  expect(new Set(written.op.map(({ webCache }) => webCache))).toEqual(new Set([null]));
});

async function open() {
  const cache = memoryCache();
  const cloud = await createBackend({
    world: worldFromNow(),
    cache,
    databasePath: ':memory:',
    recorder: quietRecorder,
    mitigations: [],
    keyPrefix: 't:',
    cacheTtlMs: 60_000,
  });
  await cloud.provision(population);
  const { port } = await cloud.listen({ host: '127.0.0.1', port: 0 });
  return { cloud, cache, port };
}

/** Of what the backend writes down, these tests look at nothing. */
const quietRecorder = {
  nextId: () => 1,
  cacheCall: () => {},
  origin: () => {},
  answer: () => {},
} as unknown as Recorder;
