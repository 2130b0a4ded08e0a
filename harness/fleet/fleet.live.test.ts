import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import type { FleetProgress } from './fleet.ts';
import { runFleet } from './fleet.ts';
import { testCloud } from './test-cloud.ts';
import {
  allCamerasAt,
  everyoneAt,
  fleetAgainst,
  smallPlan,
  smallPopulation,
  until,
} from './test-fleet.ts';

const never = new AbortController().signal;

const population = smallPopulation();

// Concurrent, because they wait far longer than they work: a loaded machine gets time, and all of them together take little.
test.concurrent('cameras are told their owners, and viewers see and enlarge and play what is theirs', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [allCamerasAt(0), everyoneAt(500), until(1_200)]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  const summary = await runFleet(options, never);

  expect(written.camera).toHaveLength(8);
  for (const row of written.camera) {
    const device = population.devices.find(({ deviceId }) => deviceId === row.deviceId);
    expect(row).toMatchObject({ outcome: 'connected', attempt: 1, closedNs: null, error: null });
    expect(row).toMatchObject({ toldOwnerId: device?.ownerId, toldDeviceId: row.deviceId });
  }
  expect(written.told.filter(({ surface }) => surface === 'upload')).toHaveLength(8);
  expect(written.told.filter(({ surface }) => surface === 'heartbeat').length).toBeGreaterThan(7);
  expect(written.op.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  expect(countBy(written.op, ({ kind }) => kind)).toMatchObject({
    upload: 8,
    login: 4,
    list: 4,
    thumbnails: 4,
  });
  for (const row of written.op.filter(({ actorKind }) => actorKind === 'viewer'))
    expect(row.toldUserId).toBe(row.kind === 'login' ? null : row.actorId);
  const theirs = written.shown.filter(({ canary, surface }) => !canary && surface !== 'list');
  expect(theirs.length).toBeGreaterThan(8);
  expect(theirs.filter(({ surface }) => surface === 'clip').length).toBeGreaterThan(2);
  for (const row of theirs) expect(row).toMatchObject({ state: 'intact', swapped: false });
  for (const row of theirs) expect(row.eventId).toBe(row.askedEventId);
  expect(written.evidence.filter(({ shownId }) => !isCanarys(shownId, written.shown))).toEqual([]);
  expect(summary).toMatchObject({ suspicious: 0, refused: 0, failed: 0, unsent: 0 });
  expect(summary.picturesChecked).toBeGreaterThan(10);
});

test.concurrent('every row of one run has an id and a request id of its own', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [
    allCamerasAt(0),
    everyoneAt(500),
    everyoneAt(520),
    until(900),
  ]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  await runFleet(options, never);
  for (const rows of Object.values(written) as readonly { id: number }[][])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  const requestIds = written.op.map(({ requestId }) => requestId);
  expect(new Set(requestIds).size).toBe(requestIds.length);
});

test.concurrent('a canary is shown strangers on purpose, which is written down and suspects nobody', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [allCamerasAt(0), everyoneAt(500), until(1_000)]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  const summary = await runFleet(options, never);
  const swapped = written.shown.filter((row) => row.swapped);
  expect(swapped.length).toBeGreaterThan(0);
  expect(summary).toMatchObject({ swaps: swapped.length, suspicious: 0 });
  for (const row of swapped) {
    expect(row).toMatchObject({ canary: true, viewerId: 'canary-1', state: 'intact' });
    expect(row.deviceId).not.toContain('canary');
    expect(row.eventId).not.toBe(row.askedEventId);
  }
  expect(written.evidence.some(({ asked }) => asked !== null)).toBe(true);
});

test.concurrent('a canary that came before there was a stranger comes once more at the end', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [
    allCamerasAt(0),
    everyoneAt(500),
    everyoneAt(900),
    until(1_300),
  ]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  const lists = new Map<string, number>();
  cloud.twists.answer = (request, userId) => {
    if (request !== 'GET /v1/events' || userId === null) return 'serve';
    const count = (lists.get(userId) ?? 0) + 1;
    lists.set(userId, count);
    // The canary sees its pictures first, and nothing while the others see theirs.
    return (userId === 'canary-1') === (count === 2) ? 503 : 'serve';
  };
  await runFleet(options, never);
  expect(lists.get('canary-1')).toBe(3);
  expect(written.shown.some(({ swapped }) => swapped)).toBe(true);
});

test.concurrent('a foreign picture is suspicious, and kept beside the one that was asked for', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [allCamerasAt(0), everyoneAt(500), until(1_000)]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  cloud.twists.pictureOf = (eventId) =>
    eventId === 'event-of-door-of-user-1-1' ? 'event-of-door-of-user-2-1' : eventId;
  const summary = await runFleet(options, never);
  const foreign = written.shown.filter(
    (row) => !row.canary && row.surface !== 'list' && row.eventId !== row.askedEventId,
  );
  expect(foreign.map(({ surface }) => surface)).toContain('thumbnail');
  expect(foreign.map(({ surface }) => surface)).toContain('enlarge');
  expect(summary.suspicious).toBe(foreign.length);
  for (const row of foreign) {
    expect(row).toMatchObject({
      viewerId: 'user-1',
      ownerId: 'user-2',
      deviceId: 'door-of-user-2',
      askedEventId: 'event-of-door-of-user-1-1',
    });
    const kept = written.evidence.find(({ shownId }) => shownId === row.id);
    expect(kept?.shown.length).toBe(row.bytes);
    expect(kept?.asked).not.toEqual(kept?.shown);
  }
});

test.concurrent('a viewer logs in once, and anew when the backend has forgotten the session', async () => {
  await using cloud = await testCloud(population);
  const steps = [
    allCamerasAt(0),
    everyoneAt(500),
    everyoneAt(800),
    everyoneAt(1_200),
    until(1_600),
  ];
  const { options, written } = fleetAgainst(cloud.port, smallPlan(population, steps));
  const atNs = options.world.clock.nowNs();
  cloud.twists.answer = (request) => {
    if (request.startsWith('GET /v1/events') && options.world.clock.nowNs() > atNs + 1_150e6) {
      cloud.twists.answer = () => 'serve';
      cloud.forgetSessions();
    }
    return 'serve';
  };
  await runFleet(options, never);
  const viewerOps = written.op.filter(({ actorId }) => actorId === 'user-1');
  expect(viewerOps.filter(({ kind }) => kind === 'login')).toHaveLength(2);
  const refused = viewerOps.find(({ outcome }) => outcome === 'refused');
  expect(refused).toMatchObject({ status: 401, error: 'no such session' });
  const last = viewerOps.findLast(({ kind }) => kind === 'thumbnails');
  expect(last?.intendedNs).toBeGreaterThan(refused?.doneNs ?? Number.POSITIVE_INFINITY);
});

test.concurrent('a request without an answer has not settled, and the fleet ends at its deadline all the same', async () => {
  await using cloud = await testCloud(population);
  const plan = {
    ...smallPlan(population, [allCamerasAt(0), everyoneAt(50), until(100)]),
    requestDeadlineMs: 1_500,
  };
  const { options, written } = fleetAgainst(cloud.port, plan);
  cloud.twists.answer = (request) => (request === 'GET /v1/events' ? 'hang' : 'serve');
  await runFleet(options, never);
  const lists = written.op.filter(({ kind }) => kind === 'list');
  expect(lists).toHaveLength(4);
  for (const row of lists) expect(row).toMatchObject({ outcome: 'expired', doneNs: null });
});

test.concurrent('an answer that names another request is named so, and nothing of it is shown', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [allCamerasAt(0), everyoneAt(500), until(900)]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  cloud.twists.echo = (requestId, request) =>
    request === '/v1/thumbnails' ? `${requestId}0` : requestId;
  const summary = await runFleet(options, never);
  const pages = written.op.filter(({ kind }) => kind === 'thumbnails');
  expect(pages).toHaveLength(4);
  for (const row of pages) expect(row).toMatchObject({ outcome: 'wrong-echo', status: 200 });
  expect(written.shown.filter(({ surface }) => surface !== 'list')).toEqual([]);
  expect(summary).toMatchObject({ failed: 4, picturesChecked: 0 });
});

test.concurrent('a visit starts whether or not the last one has ended, up to a limit that is written down', async () => {
  await using cloud = await testCloud(population);
  const steps = [everyoneAt(0), everyoneAt(20), everyoneAt(40), until(80)];
  const plan = { ...smallPlan(population, steps), requestDeadlineMs: 1_500 };
  const { options, written } = fleetAgainst(cloud.port, plan);
  cloud.twists.answer = (request) => (request === 'GET /v1/events' ? 'hang' : 'serve');
  const limits = { visitsPerViewerMax: 2 };
  const summary = await runFleet({ ...options, limits }, never);
  const lists = written.op.filter(({ kind }) => kind === 'list');
  expect(countBy(lists, ({ outcome }) => outcome)).toEqual({ expired: 8, unsent: 4 });
  const unsent = lists.find(({ outcome }) => outcome === 'unsent');
  expect(unsent).toMatchObject({ sentNs: null, doneNs: null });
  expect(unsent?.error).toBe('2 visits of this viewer are still open');
  expect(summary.unsent).toBe(4);
});

test.concurrent('requests beyond what the fleet may have open are written down as unsent', async () => {
  await using cloud = await testCloud(population);
  const plan = { ...smallPlan(population, [everyoneAt(0), until(50)]), requestDeadlineMs: 800 };
  const { options, written } = fleetAgainst(cloud.port, plan);
  cloud.twists.answer = () => 'hang';
  await runFleet({ ...options, limits: { viewerRequestsMax: 1 } }, never);
  expect(countBy(written.op, ({ outcome }) => outcome)).toEqual({ expired: 1, unsent: 3 });
});

test.concurrent('cameras come back by their policy after a refusal, a close and a cut', async () => {
  await using cloud = await testCloud(population);
  const fates: ('serve' | number)[] = [503, 1013, 'serve'];
  let heartbeats = 0;
  cloud.twists.camera = (deviceId) =>
    deviceId === 'door-of-user-1' ? (fates.shift() ?? 'serve') : 'serve';
  cloud.twists.message = (kind) => {
    if (kind === 'heartbeat') heartbeats += 1;
    return kind === 'heartbeat' && heartbeats === 1 ? 'close' : 'serve';
  };
  const one = { ...population, devices: population.devices.slice(0, 1) };
  const plan = smallPlan(one, [allCamerasAt(0), until(1_500)]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  await runFleet(options, never);
  expect(written.camera.map(({ attempt, outcome, code }) => ({ attempt, outcome, code }))).toEqual([
    { attempt: 1, outcome: 'refused', code: 503 },
    { attempt: 2, outcome: 'refused', code: 1013 },
    { attempt: 3, outcome: 'connected', code: 1013 },
    { attempt: 4, outcome: 'connected', code: null },
  ]);
  const [refused, closed] = written.camera;
  const waitedNs = (closed?.plannedNs ?? 0) - (refused?.closedNs ?? 0);
  expect(waitedNs).toBe(5e6);
  expect(written.op.filter(({ kind }) => kind === 'upload')).toHaveLength(1);
});

test.concurrent('a herd drops what it holds and connects again, all within its window', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [allCamerasAt(0), allCamerasAt(800, 0), until(1_400)]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  await runFleet(options, never);
  expect(written.camera).toHaveLength(16);
  const [first, second] = [1, 2].map((n) => written.camera.filter(({ attempt }) => attempt === n));
  for (const row of first!)
    expect(row).toMatchObject({ outcome: 'connected', error: 'dropped to come again' });
  for (const row of second!) {
    expect(row.plannedNs).toBeGreaterThanOrEqual(800e6);
    expect(row.plannedNs).toBeLessThanOrEqual(820e6);
  }
});

test.concurrent('a camera that is never greeted, or whose heartbeat stays unanswered, gives up at its deadline', async () => {
  await using cloud = await testCloud(population);
  cloud.twists.camera = (deviceId) => (deviceId === 'door-of-user-1' ? 'hang' : 'serve');
  cloud.twists.message = () => 'hang';
  const patient = smallPopulation({ backOff: { policy: 'fixed', delayMs: 60_000 } });
  const two = { ...patient, devices: patient.devices.slice(0, 2) };
  const slow = { ...smallPlan(two, [allCamerasAt(0), until(1_200)]), requestDeadlineMs: 800 };
  const { options, written } = fleetAgainst(cloud.port, slow);
  await runFleet(options, never);
  const [greeted, ignored] = ['yard-of-user-1', 'door-of-user-1'].map((id) =>
    written.camera.find(({ deviceId }) => deviceId === id),
  );
  expect(ignored).toMatchObject({ outcome: 'expired', toldNs: null });
  expect(greeted).toMatchObject({ outcome: 'connected' });
  expect(greeted?.error).toContain('was not answered within 800 ms');
  const upload = written.op.find(({ kind }) => kind === 'upload');
  expect(upload).toMatchObject({ outcome: 'expired', doneNs: null });
});

test.concurrent('no more cameras connect at once than the limit, and the others start late and say so', async () => {
  await using cloud = await testCloud(population);
  let dialled = 0;
  cloud.twists.camera = () => {
    dialled += 1;
    return 'hang';
  };
  const plan = {
    ...smallPlan(population, [allCamerasAt(0), until(400)]),
    requestDeadlineMs: 1_000,
  };
  const { options, written } = fleetAgainst(cloud.port, plan);
  await runFleet({ ...options, limits: { camerasConnectingMax: 3 } }, never);
  expect(dialled).toBe(3);
  const late = written.camera.filter(({ startedNs }) => startedNs === null);
  expect(late).toHaveLength(5);
  for (const row of late) expect(row.error).toBe('the run ended before its turn came');
});

test.concurrent('an abort ends everything at once, with a row for each thing that was in flight', async () => {
  await using cloud = await testCloud(population);
  const plan = {
    ...smallPlan(population, [allCamerasAt(0), everyoneAt(100), until(60_000)]),
    requestDeadlineMs: 30_000,
  };
  const { options, written } = fleetAgainst(cloud.port, plan);
  const stop = new AbortController();
  let hanging = 0;
  cloud.twists.answer = (request) => {
    if (request !== 'GET /v1/events') return 'serve';
    hanging += 1;
    if (hanging === 4) stop.abort(new Error('somebody pressed Ctrl-C'));
    return 'hang';
  };
  const run = runFleet(options, stop.signal);
  await expect(run).rejects.toThrow('somebody pressed Ctrl-C');
  const stoppedNs = options.world.clock.nowNs();
  expect(stoppedNs).toBeLessThan(10_000e6);
  expect(written.camera).toHaveLength(8);
  const lists = written.op.filter(({ kind }) => kind === 'list');
  expect(lists).toHaveLength(4);
  for (const row of lists) expect(row).toMatchObject({ outcome: 'failed', error: 'interrupted' });
  for (const row of lists) expect(row.doneNs).not.toBeNull();
});

test.concurrent('progress is told once a second, and what is left over at the end', async () => {
  await using cloud = await testCloud(population);
  const plan = smallPlan(population, [allCamerasAt(0), everyoneAt(100), until(1_200)]);
  const { options } = fleetAgainst(cloud.port, plan);
  const told: FleetProgress[] = [];
  const startMs = performance.now();
  const summary = await runFleet({ ...options, onProgress: (each) => told.push(each) }, never);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(1_200);
  expect(told).toHaveLength(2);
  expect(told[0]).toMatchObject({ camerasConnected: 8 });
  expect(told.reduce((sum, { ok }) => sum + ok, 0)).toBe(summary.ok);
});

function countBy<Row>(rows: readonly Row[], classOf: (row: Row) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const row of rows) counts[classOf(row)] = (counts[classOf(row)] ?? 0) + 1;
  return counts;
}

function isCanarys(shownId: number, shown: readonly { id: number; canary: boolean }[]): boolean {
  return shown.some(({ id, canary }) => id === shownId && canary);
}
