import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Verdict } from '../harness/model/finding.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { OpRow, ShownRow } from '../harness/model/rows.ts';
import { type LiteralRows, literalRecord } from '../harness/record/literal-record.ts';
import { summarise } from './summarise.ts';
import type { RunSummary } from './summary.ts';
import { timelineOf } from './timeline.ts';

const second = 1e9;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-summary-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const plan: Plan = {
  format: 1,
  scenario: 'cache-outage',
  seed: 7,
  population: {
    users: [
      { userId: 'user-1', name: 'Nadia Brandt', subscription: 'lite', role: 'viewer' },
      { userId: 'user-2', name: 'Jonas Weber', subscription: 'lite', role: 'viewer' },
      { userId: 'user-3', name: 'Aiko Mori', subscription: 'lite', role: 'canary' },
    ],
    devices: [
      {
        deviceId: 'device-1',
        name: 'Front door',
        ownerId: 'user-2',
        sharedWith: [],
        backOff: { policy: 'immediate', delayMs: 10 },
      },
      {
        deviceId: 'device-of-a-canary',
        name: 'Attic',
        ownerId: 'user-3',
        sharedWith: [],
        backOff: { policy: 'immediate', delayMs: 10 },
      },
    ],
  },
  habits: { tapShare: 0.1, thinkMsMin: 1, thinkMsMax: 2, pageSize: 10 },
  heartbeatMs: 1000,
  steps: [],
  checks: ['own-data-only'],
  requestDeadlineMs: 1000,
  deadlineMs: 4000,
};

const op: OpRow = {
  id: 1,
  actorKind: 'viewer',
  actorId: 'user-1',
  canary: false,
  kind: 'thumbnails',
  requestId: 'r-1',
  intendedNs: 0.5 * second,
  sentNs: 0.6 * second,
  doneNs: 0.7 * second,
  outcome: 'ok',
  status: 200,
  toldUserId: 'user-1',
  askedDeviceId: null,
  version: null,
  credential: 'session',
  cookieUserId: null,
  webCache: null,
  askedEventId: 'event-1',
  error: null,
};

const shown: ShownRow = {
  id: 1,
  opId: 1,
  viewerId: 'user-1',
  canary: false,
  swapped: false,
  surface: 'thumbnail',
  requestedNs: 0.6 * second,
  shownNs: 0.7 * second,
  askedEventId: 'event-1',
  state: 'intact',
  ownerId: 'user-2',
  deviceId: 'device-1',
  eventId: 'event-9',
  version: 1,
  tailDeviceId: null,
  askedDeviceId: null,
  bytes: 9,
  digest: null,
};

const verdict: Verdict = {
  outcome: 'fail',
  findings: [
    {
      check: 'own-data-only',
      outcome: 'fail',
      examined: 5,
      count: 3,
      says: '3 of 5',
      violations: [2, 1, 3].map((id) => ({
        says: `row ${id}`,
        evidence: [
          { table: 'shown', id },
          { table: 'op', id: 4 },
        ],
      })),
    },
  ],
  blastRadius: {
    users: 2,
    usersReceived: 1,
    usersReceivedPictures: 1,
    usersTapped: 0,
    videosPlayed: 0,
    usersExposed: 1,
    strangersPerExposedUser: { median: 1, max: 1 },
    usersAffected: 2,
    usersAffectedShare: 1,
    firstAtMs: 700,
    lastAtMs: 2500,
    stillLeakingAfterCalm: false,
  },
};

const rows: LiteralRows = {
  phases: [
    { name: 'calm', fromNs: 2 * second, toNs: 4 * second },
    { name: 'warm', fromNs: 0, toNs: 2 * second },
  ],
  faults: [
    {
      faultId: 'kill-cache',
      fault: '{"kind":"kill","service":"cache"}',
      onNs: second,
      offNs: null,
      bit: 1,
    },
  ],
  floods: [
    {
      fromNs: 0,
      toNs: second,
      requests: 90,
      errors: 2,
      non2xx: 3,
      latencyMsP50: 1.5,
      latencyMsP99: 20,
    },
  ],
  ops: [
    op,
    {
      ...op,
      id: 2,
      outcome: 'refused',
      intendedNs: 9 * second,
      sentNs: 9 * second,
      doneNs: 9 * second,
    },
  ],
  shown: [
    shown,
    {
      ...shown,
      id: 2,
      surface: 'enlarge',
      shownNs: 2.5 * second,
      ownerId: 'user-8',
      deviceId: null,
    },
    { ...shown, id: 3, surface: 'list', shownNs: 0.1 * second },
    { ...shown, id: 4, viewerId: 'user-2', shownNs: 3 * second },
  ],
  evidence: [
    { shownId: 1, shown: new Uint8Array([1, 2]), asked: new Uint8Array([3]) },
    { shownId: 2, shown: new Uint8Array([4]), asked: null },
  ],
};

function summaryOf(literal: LiteralRows): RunSummary {
  using record = literalRecord({ folder, plan, ...literal });
  return summarise(record, { verdict });
}

test('the header, phases, faults and floods of a record come out in words and milliseconds', () => {
  const summary = summaryOf(rows);
  expect(summary.run).toMatchObject({
    scenario: 'cache-outage',
    seed: 7,
    target: 'ioredis',
    targetVersion: '6.0.0',
    cache: 'embedded',
    state: 'complete',
    durationMs: 4000,
    cameras: 1,
    users: 2,
    canaries: 1,
  });
  expect(summary.phases).toEqual([
    { name: 'warm', fromMs: 0, toMs: 2000 },
    { name: 'calm', fromMs: 2000, toMs: 4000 },
  ]);
  expect(summary.faults).toEqual([
    {
      faultId: 'kill-cache',
      says: 'cache killed',
      kind: 'cache killed',
      fromMs: 1000,
      toMs: null,
      bit: 1,
    },
  ]);
  expect(summary.floods).toEqual([
    {
      fromMs: 0,
      toMs: 1000,
      requests: 90,
      errors: 2,
      non2xx: 3,
      latencyMsP50: 1.5,
      latencyMsP99: 20,
    },
  ]);
  expect(summary.replay).toBe(
    'npx crosswire run cache-outage --target ioredis@6.0.0 --seed 7 --cameras 1 --users 2',
  );
});

test('leaked pictures are those that the violations cite and whose bytes were kept, in the order shown', () => {
  const { leaks } = summaryOf(rows);
  expect(leaks).toEqual({
    total: 3,
    marked: 3,
    pictures: [
      {
        viewer: { id: 'user-1', name: 'Nadia Brandt' },
        owner: { id: 'user-2', name: 'Jonas Weber' },
        device: { id: 'device-1', name: 'Front door' },
        askedEventId: 'event-1',
        surface: 'thumbnail',
        state: 'intact',
        atMs: 700,
        shown: new Uint8Array([1, 2]),
        asked: new Uint8Array([3]),
      },
      {
        viewer: { id: 'user-1', name: 'Nadia Brandt' },
        owner: { id: 'user-8', name: null },
        device: null,
        askedEventId: 'event-1',
        surface: 'enlarge',
        state: 'intact',
        atMs: 2500,
        shown: new Uint8Array([4]),
        asked: null,
      },
    ],
  });
});

test('the timeline counts each request and each leak once, and what comes after the end falls into the last bucket', () => {
  const { timeline } = summaryOf(rows);
  expect([timeline.bucketMs, timeline.atMs.length, timeline.atMs.at(-1)]).toEqual([100, 40, 3900]);
  expect(entriesOf(timeline.requests.ok)).toEqual([[5, 1]]);
  expect(entriesOf(timeline.requests.refused)).toEqual([[39, 1]]);
  expect(entriesOf(timeline.leaks)).toEqual([
    [1, 1],
    [7, 1],
    [25, 1],
  ]);
  expect(timeline.latencyMs.intended.p50[5]).toBeCloseTo(200, -1);
  expect(timeline.latencyMs.sent.p50[5]).toBeCloseTo(100, -1);
  expect(timeline.latencyMs.sent.p50[6]).toBeNull();
});

test('cameras stay connected from bucket to bucket until they close', () => {
  const { timeline } = summaryOf({
    ...rows,
    cameras: [
      {
        deviceId: 'device-1',
        attempt: 1,
        plannedNs: 0,
        startedNs: 0.2 * second,
        toldNs: 0.3 * second,
        toldOwnerId: 'user-2',
        toldDeviceId: 'device-1',
        closedNs: null,
        outcome: 'connected',
        code: null,
        error: null,
      },
    ],
  });
  expect(timeline.camerasConnected.slice(0, 5)).toEqual([0, 0, 0, 1, 1]);
  expect(timeline.camerasConnected.at(-1)).toBe(1);
  expect(entriesOf(timeline.cameraAttempts)).toEqual([[2, 1]]);
});

test('however long the run, the timeline has at most 600 buckets', () => {
  using record = literalRecord({ folder, plan, ...rows });
  for (const endMs of [0, 1, 60_000, 60_001, 3_600_000, 400_000_000]) {
    const { atMs, bucketMs } = timelineOf(record, { endMs, leakedAtMs: [] });
    expect(atMs.length).toBeLessThanOrEqual(600);
    expect(atMs.length * bucketMs).toBeGreaterThanOrEqual(endMs);
  }
});

test('a record without any phase or row still has a summary', () => {
  using record = literalRecord({ folder, plan, state: 'failed', reason: 'the disk is full' });
  const summary = summarise(record, {
    verdict: { ...verdict, outcome: 'inconclusive', findings: [] },
  });
  expect(summary.run).toMatchObject({ state: 'failed', reason: 'the disk is full', durationMs: 0 });
  expect(summary.leaks).toEqual({ total: 0, marked: 0, pictures: [] });
  expect(summary.timeline.atMs).toEqual([0]);
});

function entriesOf(column: readonly number[]): readonly (readonly [number, number])[] {
  return [...column.entries()].filter(([, value]) => value !== 0);
}
