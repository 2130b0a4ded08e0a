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

/** Twelve cameras make one change of each kind. */
const population = smallPopulation({ viewers: 6, canaries: 1 });

test('owners share, unshare, hand over and remove cameras, and whoever it concerns looks again', async () => {
  const { cloud, port } = await open();
  const plan = {
    ...smallPlan(population, [
      allCamerasAt(0),
      everyoneAt(500),
      { type: 'changes', atMs: 700, overMs: 200, share: 0.1 },
      allCamerasAt(1_700),
      everyoneAt(2_200),
      everyoneAt(3_000),
      until(3_500),
    ]),
    renewShare: 0.5,
  };
  const { options, written } = fleetAgainst(port, plan);
  const summary = await runFleet(options, new AbortController().signal);
  await cloud[Symbol.asyncDispose]();
  expect(written.change.map(({ kind, outcome }) => `${kind} ${outcome}`).toSorted()).toEqual([
    'remove ok',
    'share ok',
    'transfer ok',
    'unshare ok',
  ]);
  expect(summary.suspicious).toBe(0);
  const { shown, op, camera } = written;
  const made = (kind: string) => {
    const change = written.change.find((each) => each.kind === kind);
    const { deviceId = '', otherUserId = '', doneNs = 0 } = change ?? {};
    const after = shown.filter(
      (row) => row.deviceId === deviceId && row.requestedNs > (doneNs ?? 0) && !row.swapped,
    );
    return { deviceId, otherUserId, after };
  };
  expect(made('remove').after).toEqual([]);
  const ended = made('unshare');
  expect(ended.after.filter(({ viewerId }) => viewerId === ended.otherUserId)).toEqual([]);
  const begun = made('share');
  expect(begun.after.some(({ viewerId }) => viewerId === begun.otherUserId)).toBe(true);
  const moved = made('transfer');
  const surfacesOfNewOwner = moved.after
    .filter(({ viewerId, ownerId }) => viewerId === moved.otherUserId && ownerId === viewerId)
    .map(({ surface }) => surface);
  // What the camera records from then on is the new owner's, and says so.
  expect(surfacesOfNewOwner).toContain('live');
  expect(surfacesOfNewOwner).toContain('thumbnail');
  expect(shown.filter(({ surface, state }) => surface === 'live' && state !== 'intact')).toEqual(
    [],
  );
  expect(op.some(({ kind, version }) => kind === 'upload' && version === 2)).toBe(true);
  const { deviceId: removed } = made('remove');
  const attempts = camera.filter(({ deviceId }) => deviceId === removed);
  expect(attempts.at(-1)).toMatchObject({ outcome: 'refused', code: 404 });
  // Once after it was sent away, and once when it was switched on again; it does not go on dialling.
  expect(attempts.filter(({ code }) => code === 404).length).toBeLessThanOrEqual(2);
});

async function open() {
  const recorder = {
    nextId: () => 1,
    cacheCall: () => {},
    origin: () => {},
    answer: () => {},
  } as unknown as Recorder;
  const cloud = await createBackend({
    world: worldFromNow(),
    cache: memoryCache(),
    databasePath: ':memory:',
    recorder,
    mitigations: [],
    keyPrefix: 't:',
    cacheTtlMs: 60_000,
  });
  await cloud.provision(population);
  const { port } = await cloud.listen({ host: '127.0.0.1', port: 0 });
  return { cloud, port };
}
