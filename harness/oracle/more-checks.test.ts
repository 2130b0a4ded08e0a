import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckName, Finding } from '../model/finding.ts';
import type { Plan } from '../model/plan.ts';
import { type LiteralRecord, literalRecord } from '../record/literal-record.ts';
import { findingBy } from './finding-by.ts';
import * as sample from './sample-rows.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-oracle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Rows = Partial<LiteralRecord>;

function find(name: CheckName, rows: Rows): Finding {
  using record = literalRecord({ folder, plan: sample.plan, phases: sample.phases, ...rows });
  return findingBy(name, record);
}

const withOutage: Plan = {
  ...sample.plan,
  steps: [
    ...sample.plan.steps,
    { type: 'phase', name: 'outage', atMs: 100, forMs: 100 },
    { type: 'fault-off', faultId: 'kill-cache', atMs: 200 },
    { type: 'phase', name: 'herd', atMs: 200, forMs: 100 },
  ],
};
const uploaded = sample.upload({});
const replaced = sample.upload({ version: 2, sentNs: 200, doneNs: 210 });
const probe = { credential: 'none', outcome: 'refused', status: 401, toldUserId: null } as const;
const probes = sample.phases.map(({ fromNs }) => sample.op({ ...probe, sentNs: fromNs + 1 }));
const picture = { key: 'thumb:event-1', value: null, state: 'intact', eventId: 'event-1' } as const;
const token = `ann.${'0'.repeat(32)}`;

const fails = (table: string, says: unknown): unknown =>
  expect.objectContaining({
    outcome: 'fail',
    count: 1,
    violations: [{ says, evidence: expect.arrayContaining([{ table, id: 5 }]) }],
  });

test.each<[string, CheckName, Rows, string, string]>([
  [
    'a picture of a share that has ended',
    'own-data-only',
    { shown: [sample.shown({ id: 5, viewerId: 'ben' })], changes: [sample.change({})] },
    'shown',
    'ben was given ann-door of ann (thumbnail, event event-1), having asked for event-1, at 0.0 ms',
  ],
  [
    'an old event that came along with its camera',
    'own-data-only',
    {
      ops: [uploaded],
      shown: [sample.shown({ id: 5, viewerId: 'cleo' })],
      changes: [sample.change({ kind: 'transfer', otherUserId: 'cleo' })],
    },
    'shown',
    'cleo was given ann-door of cleo (thumbnail, event event-1), having asked for event-1, at 0.0 ms',
  ],
  [
    'the live view of a stranger',
    'own-data-only',
    {
      shown: [
        sample.shown({
          id: 5,
          surface: 'live',
          askedEventId: null,
          askedDeviceId: 'ann-door',
          deviceId: 'cleo-crib',
          eventId: null,
        }),
      ],
    },
    'shown',
    'ann was given cleo-crib of cleo (live), having asked for ann-door, at 0.0 ms',
  ],
  [
    'a recoded picture of a stranger',
    'own-data-only',
    { shown: [sample.shown({ id: 5, state: 'recoded', deviceId: 'cleo-crib' })] },
    'shown',
    'ann was given cleo-crib of cleo (thumbnail, event event-1), having asked for event-1, at 0.0 ms',
  ],
  [
    'another event of their own',
    'right-device',
    { shown: [sample.shown({ id: 5, eventId: 'event-2' })] },
    'shown',
    'ann asked for event-1 and was given event-2 (thumbnail) at 0.0 ms',
  ],
  [
    'another camera of their own, live',
    'right-device',
    {
      shown: [
        sample.shown({
          id: 5,
          viewerId: 'ben',
          surface: 'live',
          askedEventId: null,
          askedDeviceId: 'ann-door',
          deviceId: 'ben-yard',
          eventId: null,
        }),
      ],
    },
    'shown',
    'ben asked for ann-door and was given ben-yard (live) at 0.0 ms',
  ],
  [
    'the right event under another camera’s name',
    'right-device',
    {
      ops: [uploaded],
      shown: [sample.shown({ id: 5, viewerId: 'ben', deviceId: 'ben-yard' })],
    },
    'shown',
    "ben asked for event-1 and was given it as recorded by ben-yard, which is ann-door's (thumbnail) at 0.0 ms",
  ],
  [
    'a version that was replaced before it was asked for',
    'fresh',
    { ops: [uploaded, replaced], shown: [sample.shown({ id: 5, version: 1 })] },
    'shown',
    'ann was given version 1 of event-1 (thumbnail), asked for at 0.0 ms when version 2 had been acknowledged',
  ],
  [
    'a picture asked for after the share had ended',
    'fresh',
    { shown: [sample.shown({ id: 5, viewerId: 'ben' })], changes: [sample.change({})] },
    'shown',
    'ben was given ann-door (thumbnail, event event-1), asked for at 0.0 ms when the right to see it had ended',
  ],
  [
    'a picture asked for after its removal',
    'fresh',
    {
      ops: [uploaded],
      shown: [sample.shown({ id: 5 })],
      changes: [sample.change({ kind: 'remove', otherUserId: null })],
    },
    'shown',
    'ann was given ann-door (thumbnail, event event-1), asked for at 0.0 ms when the right to see it had ended',
  ],
  [
    'a camera that is told its owner of before the transfer',
    'mapping',
    {
      cameras: [sample.camera({ id: 5, startedNs: 70, toldNs: 80 })],
      changes: [sample.change({ kind: 'transfer', otherUserId: 'cleo' })],
    },
    'camera',
    'ann-door of cleo was told that ann owns it at 0.0 ms',
  ],
  [
    'a picture under another event’s key',
    'stored',
    { sweeps: [sample.sweep({ ...picture, id: 5, eventId: 'event-9', deviceId: 'cleo-crib' })] },
    'sweep',
    'thumb:event-1 holds the picture of event-9 of cleo-crib (cache)',
  ],
  [
    'half a picture under its own key',
    'stored',
    { sweeps: [sample.sweep({ ...picture, id: 5, state: 'truncated' })] },
    'sweep',
    'thumb:event-1 holds a truncated picture (cache)',
  ],
  [
    'a blend under a key',
    'stored',
    {
      sweeps: [
        sample.sweep({
          ...picture,
          id: 5,
          state: 'blended',
          deviceId: 'ann-door',
          tailDeviceId: 'cleo-crib',
        }),
      ],
    },
    'sweep',
    'thumb:event-1 holds a blend of ann-door and cleo-crib (cache)',
  ],
  [
    'text in place of a picture',
    'stored',
    { sweeps: [sample.sweep({ id: 5, key: 'clip:event-1' })] },
    'sweep',
    'clip:event-1 holds no picture of ours (cache)',
  ],
  [
    'a picture in place of text',
    'stored',
    { sweeps: [sample.sweep({ ...picture, id: 5, key: 'event:event-1' })] },
    'sweep',
    'event:event-1 holds a picture (cache)',
  ],
  [
    'an owner who does not own it, behind a prefix',
    'stored',
    {
      sweeps: [
        sample.sweep({ id: 5, key: 'run-7:device:ann-door:owner', value: '{"ownerId":"ben"}' }),
      ],
    },
    'sweep',
    'run-7:device:ann-door:owner names ben, who does not own it (cache)',
  ],
  [
    'a session that names another user than it was issued to',
    'stored',
    { sweeps: [sample.sweep({ id: 5, key: `session:${token}`, value: '{"userId":"ben"}' })] },
    'sweep',
    'a session of ann names ben (cache)',
  ],
  [
    'a list of devices with a stranger’s',
    'stored',
    {
      sweeps: [
        sample.sweep({
          id: 5,
          key: 'user:ann:devices',
          value: '{"devices":[{"deviceId":"cleo-crib","ownerId":"cleo"}]}',
        }),
      ],
    },
    'sweep',
    'user:ann:devices names cleo-crib, which ann may not see (cache)',
  ],
  [
    'a list of devices that names a guest as the owner',
    'stored',
    {
      sweeps: [
        sample.sweep({
          id: 5,
          key: 'user:ben:devices',
          value: '{"devices":[{"deviceId":"ann-door","ownerId":"ben"}]}',
        }),
      ],
    },
    'sweep',
    "user:ben:devices says that ann-door is ben's, who does not own it (cache)",
  ],
  [
    'a list of events with a stranger’s',
    'stored',
    {
      sweeps: [
        sample.sweep({
          id: 5,
          key: 'user:ann:events',
          value: '{"events":[{"eventId":"event-7","deviceId":"cleo-crib"}]}',
        }),
      ],
    },
    'sweep',
    'user:ann:events lists event-7 of cleo-crib, which ann may not see (cache)',
  ],
  [
    'a list of events that takes one camera for another',
    'stored',
    {
      ops: [uploaded],
      sweeps: [
        sample.sweep({
          id: 5,
          key: 'user:ben:events',
          value: '{"events":[{"eventId":"event-1","deviceId":"ben-yard"}]}',
        }),
      ],
    },
    'sweep',
    'user:ben:events says that ben-yard recorded event-1, and ann-door did (cache)',
  ],
  [
    'an event that is filed under a stranger in the database',
    'stored',
    {
      sweeps: [
        sample.sweep({
          id: 5,
          store: 'database',
          key: 'event:event-1',
          value: '{"deviceId":"ann-door","ownerId":"cleo"}',
        }),
      ],
    },
    'sweep',
    'event:event-1 is filed under cleo, who did not own ann-door (database)',
  ],
  [
    'an event that names a camera which did not record it',
    'stored',
    {
      ops: [uploaded],
      sweeps: [
        sample.sweep({
          id: 5,
          key: 'event:event-1',
          value: '{"deviceId":"ben-yard","ownerId":"ben"}',
        }),
      ],
    },
    'sweep',
    'event:event-1 names ben-yard, and ann-door recorded it (cache)',
  ],
  [
    'a value that is sealed for another key',
    'stored',
    { sweeps: [sample.sweep({ id: 5, value: '\u0000\u0007event:2{"ownerId":"ann"}' })] },
    'sweep',
    'device:ann-door:owner holds a value that is sealed for event:2 (cache)',
  ],
  [
    'a value of another shape',
    'stored',
    { sweeps: [sample.sweep({ id: 5, value: '{"userId":"ann"}' })] },
    'sweep',
    "device:ann-door:owner holds a value that is not of its key's shape (cache)",
  ],
  [
    'a value that cannot be read',
    'stored',
    { sweeps: [sample.sweep({ id: 5, value: 'OK' })] },
    'sweep',
    'device:ann-door:owner holds something that cannot be read (cache)',
  ],
  [
    'a picture that is cut off',
    'intact',
    { ops: [uploaded], shown: [sample.shown({ id: 5, state: 'truncated' })] },
    'shown',
    'ann was given event-1 with its end missing (thumbnail) at 0.0 ms',
  ],
  [
    'a blend of two owners',
    'intact',
    {
      ops: [uploaded],
      shown: [sample.shown({ id: 5, state: 'blended', tailDeviceId: 'cleo-crib' })],
    },
    'shown',
    'ann was given a blend of ann-door and cleo-crib (thumbnail) at 0.0 ms',
  ],
  [
    'a picture with wrong bytes',
    'intact',
    { ops: [uploaded], shown: [sample.shown({ id: 5, state: 'damaged' })] },
    'shown',
    'ann was given event-1 with bytes that its checksum does not fit (thumbnail) at 0.0 ms',
  ],
  [
    'bytes that are no picture of ours',
    'intact',
    { shown: [sample.shown({ id: 5, state: 'unstamped', eventId: null, deviceId: null })] },
    'shown',
    'ann was given bytes in which nothing says whose they are (thumbnail) at 0.0 ms',
  ],
  [
    'an event that nobody uploaded',
    'intact',
    { ops: [uploaded], shown: [sample.shown({ id: 5, surface: 'list', eventId: 'event-3' })] },
    'shown',
    'ann was given event-3, which no camera had sent (list) at 0.0 ms',
  ],
  [
    'an event that was shown before it was uploaded',
    'intact',
    { ops: [sample.upload({ sentNs: 330 })], shown: [sample.shown({ id: 5 })] },
    'shown',
    'ann was given event-1, which no camera had sent (thumbnail) at 0.0 ms',
  ],
  [
    'a version that nobody uploaded',
    'intact',
    { ops: [uploaded], shown: [sample.shown({ id: 5, version: 2 })] },
    'shown',
    'ann was given version 2 of event-1, which no camera had sent (thumbnail) at 0.0 ms',
  ],
  [
    'an answer to somebody without a session',
    'fails-closed',
    { ops: [...probes, sample.op({ ...probe, id: 5, outcome: 'ok', status: 200, sentNs: 150 })] },
    'op',
    'the list of ann without a session was answered with 200 at 0.0 ms',
  ],
  [
    'an answer to a session that has ended, which then failed',
    'fails-closed',
    {
      ops: [
        ...probes,
        sample.op({ ...probe, id: 5, credential: 'ended', outcome: 'failed', status: 206 }),
      ],
    },
    'op',
    'the list of ann with a session that had ended was answered with 206 at 0.0 ms',
  ],
  [
    'a picture for somebody without a session',
    'fails-closed',
    {
      ops: [...probes, sample.op({ ...probe, id: 7 })],
      shown: [sample.shown({ id: 5, opId: 7 })],
    },
    'shown',
    'ann was shown ann-door (thumbnail) without a session at 0.0 ms',
  ],
  [
    'a cookie of somebody else',
    'fails-closed',
    { ops: [...probes, sample.op({ id: 5, cookieUserId: 'cleo' })] },
    'op',
    'the list of ann was handed the session of cleo',
  ],
  [
    'an answer for somebody else',
    'fails-closed',
    { ops: [...probes, sample.op({ id: 5, toldUserId: 'cleo' })] },
    'op',
    'the list of ann was answered as cleo',
  ],
  [
    'a camera that tries in vain until the end',
    'comes-back',
    {
      cameras: [
        ...sample.allCameras.slice(1),
        sample.camera({ id: 4, closedNs: 110 }),
        sample.camera({ id: 5, attempt: 2, startedNs: 310, toldNs: null, outcome: 'refused' }),
      ],
    },
    'camera',
    'ann-door needs a power cycle: 1 attempt in calm, all in vain',
  ],
  [
    'a camera that gave up',
    'comes-back',
    { cameras: [...sample.allCameras.slice(1), sample.camera({ id: 5, closedNs: 110 })] },
    'camera',
    'ann-door needs a power cycle: it was not connected when calm began and did not try again',
  ],
])('planted: %s is caught by %s', (_, name, rows, table, says) => {
  expect(find(name, rows)).toEqual(fails(table, says));
});

test.each<[string, CheckName, Rows, number]>([
  [
    'a picture that was on its way when the share ended',
    'own-data-only',
    {
      shown: [sample.shown({ viewerId: 'ben', requestedNs: 55 })],
      changes: [sample.change({})],
    },
    1,
  ],
  ['what was asked for', 'right-device', { shown: [sample.shown({})] }, 1],
  [
    'a stranger’s picture, which is no business of this check, beside a right one',
    'right-device',
    { shown: [sample.shown({}), sample.shown({ eventId: 'event-9', deviceId: 'cleo-crib' })] },
    1,
  ],
  [
    'the newest version',
    'fresh',
    { ops: [uploaded, replaced], shown: [sample.shown({ version: 2 })] },
    1,
  ],
  [
    'an older version that was asked for before the newer one was acknowledged, and one of which the upload failed',
    'fresh',
    {
      ops: [
        uploaded,
        sample.upload({ version: 2, sentNs: 200, doneNs: 310 }),
        sample.upload({ version: 3, sentNs: 220, doneNs: 230, outcome: 'failed' }),
      ],
      shown: [sample.shown({ requestedNs: 310 }), sample.shown({ requestedNs: 311, version: 2 })],
    },
    1,
  ],
  [
    'the last event of a previous owner',
    'fresh',
    {
      ops: [uploaded],
      shown: [sample.shown({})],
      changes: [sample.change({ kind: 'transfer', otherUserId: 'cleo' })],
    },
    1,
  ],
  [
    'a heartbeat that was on its way during the transfer',
    'mapping',
    {
      told: [sample.told({ atNs: 70 })],
      changes: [sample.change({ kind: 'transfer', otherUserId: 'cleo' })],
    },
    1,
  ],
  [
    'everything under its own key, sealed or not, and keys of others',
    'stored',
    {
      ops: [uploaded],
      sweeps: [
        sample.sweep({}),
        sample.sweep({ ...picture, deviceId: 'ann-door' }),
        sample.sweep({ ...picture, state: 'recoded' }),
        sample.sweep({ key: `session:${token}`, value: '{"userId":"ann","epoch":0}' }),
        sample.sweep({ value: '\u0000\u0015device:ann-door:owner{"ownerId":"ann"}' }),
        sample.sweep({
          key: 'user:ben:devices',
          value: '{"devices":[{"deviceId":"ann-door","ownerId":"ann"}]}',
        }),
        sample.sweep({
          key: 'user:ben:events',
          value: '{"events":[{"eventId":"event-1","deviceId":"ann-door"}]}',
        }),
        sample.sweep({ key: 'event:event-1', value: '{"deviceId":"ann-door","ownerId":"ann"}' }),
        sample.sweep({ key: 'somebody-else', value: 'anything' }),
        sample.sweep({ key: 'user:cleo:events', value: null, bytes: 5000 }),
      ],
    },
    8,
  ],
  [
    'whole pictures, recoded ones, one of them unreadable, and a live view',
    'intact',
    {
      ops: [uploaded],
      shown: [
        sample.shown({ state: 'unstamped', eventId: null, deviceId: null }),
        sample.shown({ state: 'recoded' }),
        sample.shown({ surface: 'live', eventId: 'now' }),
        sample.shown({ surface: 'list' }),
      ],
    },
    4,
  ],
  [
    'refusals in every phase that was to be broken, and answers that hand over one’s own session',
    'fails-closed',
    {
      plan: withOutage,
      ops: [
        ...probes.filter(({ sentNs }) => sentNs !== 201),
        sample.op({ ...probe, sentNs: 199 }),
        sample.op({ cookieUserId: 'ann' }),
        sample.op({ outcome: 'wrong-echo', cookieUserId: 'ben', toldUserId: 'ben' }),
      ],
    },
    5,
  ],
  ['cameras that are back', 'comes-back', { cameras: sample.allCameras }, 4],
  [
    'a camera that came back in calm and went again',
    'comes-back',
    {
      cameras: [
        ...sample.allCameras.slice(1),
        sample.camera({ startedNs: 310, toldNs: 311, closedNs: 350 }),
      ],
    },
    4,
  ],
  [
    'a camera that was removed',
    'comes-back',
    {
      cameras: sample.allCameras.slice(1),
      changes: [sample.change({ kind: 'remove', otherUserId: null, outcome: 'failed' })],
    },
    3,
  ],
  [
    'a camera that was removed',
    'settles',
    {
      cameras: sample.allCameras.slice(1),
      changes: [sample.change({ kind: 'remove', otherUserId: null })],
    },
    3,
  ],
  [
    'a tap that was refused because the share had ended',
    'served',
    {
      ops: [
        uploaded,
        sample.op({}),
        sample.op({
          actorId: 'ben',
          kind: 'enlarge',
          askedEventId: 'event-1',
          outcome: 'refused',
          status: 403,
        }),
      ],
      changes: [sample.change({})],
    },
    1,
  ],
  [
    'a live view of a camera that is not back yet',
    'served',
    {
      ops: [
        sample.op({}),
        sample.op({ kind: 'live', askedDeviceId: 'ann-door', outcome: 'refused', status: 503 }),
      ],
    },
    1,
  ],
  [
    'one late request of a hundred, and people who still waited',
    'on-schedule',
    {
      ops: [
        ...Array.from({ length: 99 }, () => sample.op({})),
        ...Array.from({ length: 9 }, () =>
          sample.op({
            sentNs: null,
            outcome: 'unsent',
            error: '4 visits of this viewer are still open',
          }),
        ),
        sample.op({ intendedNs: 0, sentNs: 2_000_000_001 }),
      ],
    },
    100,
  ],
  [
    'one load a key and cause',
    'origin-load',
    {
      origins: [sample.origin({}), sample.origin({ key: 'thumb:event-2' })],
    },
    2,
  ],
])('%s: %s has nothing to say against it', (_, name, rows, examined) => {
  expect(find(name, rows)).toMatchObject({ outcome: 'pass', examined });
});

test.each<[string, CheckName, Rows, RegExp]>([
  ['nothing was asked for by name', 'right-device', {}, /nothing was examined/u],
  [
    'nothing ever changed',
    'fresh',
    { ops: [uploaded], shown: [sample.shown({})] },
    /nothing could have been stale/u,
  ],
  ['there was no sweep', 'stored', {}, /nothing was examined/u],
  ['nothing was shown', 'intact', { ops: [uploaded] }, /nothing was examined/u],
  ['nobody tried without a session', 'fails-closed', { ops: [sample.op({})] }, /nobody asked/u],
  [
    'nobody tried without a session in the outage',
    'fails-closed',
    { ops: probes.filter(({ sentNs }) => sentNs !== 101), plan: withOutage },
    /^nobody asked without a session in outage, where something was broken \(warm 1, outage 0,/u,
  ],
  ['there was no calm to come back in', 'comes-back', { phases: [] }, /no calm/u],
  ['no camera was expected', 'comes-back', { plan: { ...sample.plan, steps: [] } }, /no camera/u],
  ['nothing was to be sent', 'on-schedule', {}, /nothing was examined/u],
  [
    'two of a hundred requests were late',
    'on-schedule',
    {
      ops: [
        ...Array.from({ length: 98 }, () => sample.op({})),
        sample.op({ intendedNs: 0, sentNs: 2_000_000_001 }),
        sample.op({ sentNs: null, outcome: 'unsent' }),
      ],
    },
    /^the generator did not keep up: 2\.00 % of 100 arrivals .* 1 late \(most 2000 ms\), 1 unsent/u,
  ],
  [
    'cameras started late',
    'on-schedule',
    { cameras: [sample.camera({ plannedNs: 0, startedNs: 2_300_000_000 })] },
    /of 1 camera 1 late/u,
  ],
  ['nothing was loaded', 'origin-load', {}, /nothing was examined/u],
  ['there was no warm', 'origin-load', { phases: sample.phases.slice(1) }, /lacks one/u],
])('inconclusive: %s (%s)', (_, name, rows, reason) => {
  expect(find(name, rows)).toEqual({
    check: name,
    outcome: 'inconclusive',
    reason: expect.stringMatching(reason),
  });
});

test('stored tells a transient leak from a poisoned store', () => {
  const leak = [sample.shown({ deviceId: 'cleo-crib' })];
  expect(find('stored', { shown: leak, sweeps: [sample.sweep({})] })).toMatchObject({
    outcome: 'pass',
    says: expect.stringContaining('a transient leak'),
  });
  const wrong = sample.sweep({ value: '{"ownerId":"cleo"}' });
  rmSync(join(folder, 'run.sqlite'), { force: true });
  rmSync(join(folder, 'run.sqlite.all.part'), { force: true });
  expect(find('stored', { shown: leak, sweeps: [wrong] })).toMatchObject({
    outcome: 'fail',
    says: expect.stringContaining('the store is poisoned: 1 wrong in the cache'),
  });
});

test('fresh says how soon after the heal reads are right again', () => {
  const second = 1_000_000_000;
  const readAt = (requestedNs: number, version: number): ReturnType<typeof sample.shown> =>
    sample.shown({ requestedNs, shownNs: requestedNs + 1, version });
  const finding = find('fresh', {
    ops: [uploaded, replaced],
    faults: [{ faultId: 'kill-cache', fault: '{}', onNs: 100, offNs: 300, bit: 1 }],
    shown: [
      readAt(290, 1),
      readAt(400, 1),
      readAt(500, 2),
      readAt(5 * second, 2),
      readAt(50 * second, 2),
    ],
  });
  expect(finding).toMatchObject({
    outcome: 'fail',
    count: 2,
    examined: 5,
    says: '2 of 5 reads of what had changed were out of date; right within so long after the heal: 1 s 50.00 %, 10 s 66.67 %, 60 s 75.00 %',
  });
});

test('fails-closed takes phases that come again for one', () => {
  const again: Plan = {
    ...sample.plan,
    steps: [
      { type: 'phase', name: 'down-1', atMs: 0, forMs: 100 },
      { type: 'phase', name: 'down-2', atMs: 100, forMs: 100 },
      ...sample.plan.steps.filter(({ type }) => type === 'fault-on'),
    ],
  };
  const phases = [
    { name: 'down-1', fromNs: 0, toNs: 100 },
    { name: 'down-2', fromNs: 100, toNs: 200 },
  ];
  const finding = find('fails-closed', {
    plan: again,
    phases,
    ops: [sample.op({ ...probe, sentNs: 50 })],
  });
  expect(finding).toMatchObject({ outcome: 'pass', says: expect.stringContaining('(down 1)') });
});

test('comes-back counts apart who kept trying and who gave up', () => {
  const finding = find('comes-back', {
    cameras: [
      sample.camera({ closedNs: 110 }),
      sample.camera({ startedNs: 320, toldNs: null, outcome: 'expired', closedNs: 330 }),
      sample.camera({ deviceId: 'ben-yard', closedNs: 110 }),
    ],
  });
  expect(finding).toMatchObject({
    count: 4,
    says: '4 of 4 cameras need a power cycle: 1 kept trying in vain, 3 had given up',
  });
});

const seconds = (count: number): number => count * 1e9;
const long = [
  { name: 'warm', fromNs: 0, toNs: seconds(10) },
  { name: 'calm', fromNs: seconds(10), toNs: seconds(20) },
];
const loads = (count: number, fromNs: number): ReturnType<typeof sample.origin>[] =>
  Array.from({ length: count }, (_, index) =>
    sample.origin({ key: `thumb:event-${fromNs}-${index}`, atNs: fromNs + index }),
  );

test('planted: a load that stays up when all is healed is caught by origin-load', () => {
  const finding = find('origin-load', {
    phases: long,
    origins: [...loads(66, 0), ...loads(100, seconds(16))],
  });
  expect(finding).toMatchObject({
    outcome: 'fail',
    count: 1,
    violations: [
      {
        says: 'loads from the source of truth stayed up when all was healed: 20.0 a second in the second half of calm, 6.6 a second in warm',
      },
    ],
  });
});

test.each([
  ['three times the load of warm', 67, 100],
  ['a few loads after none', 0, 99],
])('origin-load bears %s', (_, warm, calm) => {
  const origins = [...loads(warm, 0), ...loads(calm, seconds(16))];
  expect(find('origin-load', { phases: long, origins })).toMatchObject({ outcome: 'pass' });
});

test('origin-load has no measure when warm loaded next to nothing', () => {
  const origins = [...loads(19, 0), ...loads(100, seconds(16))];
  expect(find('origin-load', { phases: long, origins })).toMatchObject({
    outcome: 'inconclusive',
    reason: expect.stringMatching(/^warm loaded next to nothing/u),
  });
});

test('origin-load counts one load a key and cause as the ideal', () => {
  const drop = sample.cacheCall({ call: 'delete', outcome: 'deleted', startedNs: 50 });
  const finding = find('origin-load', {
    cacheCalls: [drop],
    faults: [{ faultId: 'kill-cache', fault: '{}', onNs: 100, offNs: 200, bit: 1 }],
    origins: [
      sample.origin({ atNs: 30 }),
      sample.origin({ atNs: 40 }),
      sample.origin({ atNs: 60 }),
      sample.origin({ atNs: 220 }),
      sample.origin({ atNs: 230 }),
      sample.origin({ atNs: 240 }),
      sample.origin({ key: 'thumb:event-2', atNs: 250 }),
      sample.origin({ key: 'thumb:nothing', atNs: 260, digest: null }),
    ],
  });
  expect(finding).toMatchObject({
    outcome: 'pass',
    says: expect.stringMatching(
      /^8 loads of 2 keys, 4 would have been enough; times the ideal at most 2\.0, median 2\.0; .*; 1 found nothing to load$/u,
    ),
  });
});
