import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fault } from '../model/fault.ts';
import type { CheckName, Finding } from '../model/finding.ts';
import type { Plan } from '../model/plan.ts';
import { type LiteralRecord, literalRecord } from '../record/literal-record.ts';
import { upperBound95 } from './checker.ts';
import { checkerNamed, checks } from './checks.ts';
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

const fails = (evidence: unknown, says: unknown): unknown =>
  expect.objectContaining({
    outcome: 'fail',
    count: 1,
    violations: [{ says, evidence }],
  });
const passes = (examined: number): unknown =>
  expect.objectContaining({ outcome: 'pass', examined, upperBound95: upperBound95(examined) });
const isInconclusive = (reason: RegExp): object => ({
  outcome: 'inconclusive',
  reason: expect.stringMatching(reason),
});

const fault = { faultId: 'kill-cache', fault: '{}', onNs: 100, offNs: 200, bit: 1 };
const broke: Rows = {
  faults: [fault],
  wireConnections: [sample.wireConnection({})],
  cacheCalls: [sample.cacheCall({})],
};
const cages = {
  viewerId: 'tweety',
  canary: true,
  swapped: true,
  deviceId: 'tweety-cage',
} as const;

const foreign = [
  { table: 'shown', id: 5 },
  { table: 'op', id: 9 },
];

test.each<[string, CheckName, Rows, unknown]>([
  [
    'a picture of a stranger',
    'own-data-only',
    { shown: [sample.shown({ id: 5, opId: 9, deviceId: 'cleo-crib', eventId: 'event-7' })] },
    fails(
      foreign,
      'ann was given cleo-crib of cleo (thumbnail, event event-7), having asked for event-1, at 0.0 ms',
    ),
  ],
  [
    'a list entry of a stranger',
    'own-data-only',
    {
      shown: [
        sample.shown({ id: 5, opId: 9, surface: 'list', askedEventId: null, deviceId: 'ben-yard' }),
      ],
    },
    fails(foreign, expect.stringContaining('ann was given ben-yard of ben (list')),
  ],
  [
    'a blend whose tail is a stranger',
    'own-data-only',
    { shown: [sample.shown({ id: 5, opId: 9, state: 'blended', tailDeviceId: 'cleo-crib' })] },
    fails(foreign, expect.stringContaining('cleo-crib of cleo in a blend of two pictures')),
  ],
  [
    'a blend whose head is a stranger',
    'own-data-only',
    {
      shown: [
        sample.shown({
          id: 5,
          opId: 9,
          state: 'blended',
          deviceId: 'cleo-crib',
          tailDeviceId: 'ann-door',
        }),
      ],
    },
    fails(foreign, expect.stringContaining('cleo-crib of cleo in a blend')),
  ],
  [
    "the first half of a stranger's picture",
    'own-data-only',
    { shown: [sample.shown({ id: 5, opId: 9, state: 'truncated', deviceId: 'cleo-crib' })] },
    fails(foreign, expect.stringContaining('cleo-crib')),
  ],
  [
    'a device that the plan does not know',
    'own-data-only',
    { shown: [sample.shown({ id: 5, opId: 9, deviceId: 'device-of-last-week' })] },
    fails(foreign, expect.stringContaining('device-of-last-week of nobody in the plan')),
  ],
  [
    'a share that goes the other way',
    'own-data-only',
    { shown: [sample.shown({ id: 5, opId: 9, viewerId: 'ann', deviceId: 'ben-yard' })] },
    fails(foreign, expect.any(String)),
  ],
  [
    'a camera that is told a wrong owner',
    'mapping',
    { cameras: [sample.camera({ id: 5, toldOwnerId: 'cleo' })] },
    fails([{ table: 'camera', id: 5 }], 'ann-door of ann was told that cleo owns it at 0.0 ms'),
  ],
  [
    'a camera that is told the owner of a guest',
    'mapping',
    { cameras: [sample.camera({ id: 5, toldOwnerId: 'ben' })] },
    fails([{ table: 'camera', id: 5 }], expect.stringContaining('ben owns it')),
  ],
  [
    'a camera that is taken for another',
    'mapping',
    { cameras: [sample.camera({ id: 5, toldDeviceId: 'ben-yard' })] },
    fails([{ table: 'camera', id: 5 }], 'ann-door was taken for ben-yard at 0.0 ms'),
  ],
  [
    'a heartbeat that is answered with a wrong owner',
    'mapping',
    { told: [sample.told({ id: 5, toldOwnerId: 'cleo' })] },
    fails([{ table: 'told', id: 5 }], expect.stringContaining('cleo owns it')),
  ],
  [
    'a heartbeat that is answered for another camera',
    'mapping',
    { told: [sample.told({ id: 5, toldDeviceId: 'ben-yard' })] },
    fails([{ table: 'told', id: 5 }], expect.stringContaining('taken for ben-yard')),
  ],
  [
    'a viewer who is served as somebody else',
    'mapping',
    { ops: [sample.op({ id: 5, toldUserId: 'cleo' })] },
    fails([{ table: 'op', id: 5 }], 'ann was served as cleo'),
  ],
  [
    'a request without an end',
    'settles',
    { cameras: sample.allCameras, ops: [sample.op({ id: 5, sentNs: 150, doneNs: null })] },
    fails([{ table: 'op', id: 5 }], expect.stringContaining('the list of ann, sent at')),
  ],
  [
    'a request that expires in calm',
    'settles',
    {
      cameras: sample.allCameras,
      ops: [sample.op({ id: 5, sentNs: 310, doneNs: null, outcome: 'expired' })],
    },
    fails(
      [{ table: 'op', id: 5 }],
      expect.stringContaining('was not answered within the deadline'),
    ),
  ],
  [
    'a camera that lost its connection in calm and is not back',
    'settles',
    { cameras: [...sample.allCameras.slice(1), sample.camera({ id: 5, closedNs: 399 })] },
    fails([{ table: 'camera', id: 5 }], 'ann-door was not connected at the end of calm'),
  ],
  [
    'a camera that is connected and was never told its owner',
    'settles',
    { cameras: [...sample.allCameras.slice(1), sample.camera({ id: 5, toldNs: null })] },
    fails([{ table: 'camera', id: 5 }], expect.any(String)),
  ],
  [
    'a camera that never tried',
    'settles',
    { cameras: sample.allCameras.slice(1) },
    fails([], 'ann-door never tried to connect'),
  ],
  [
    'somebody who never gets their list in calm',
    'served',
    {
      ops: [
        ...Array.from({ length: 200 }, () => sample.op({})),
        sample.op({ id: 5, actorId: 'ben', outcome: 'refused', status: 503 }),
      ],
    },
    fails([{ table: 'op', id: 5 }], 'ben asked in calm and never got their Events tab'),
  ],
  [
    'somebody who cannot log in in calm',
    'served',
    {
      ops: [
        sample.op({}),
        sample.op({ id: 5, actorId: 'ben', kind: 'login', outcome: 'refused', status: 503 }),
      ],
    },
    fails([{ table: 'op', id: 5 }], expect.stringContaining('ben asked in calm')),
  ],
  [
    'more than one read of a hundred that fails in calm',
    'served',
    {
      ops: [
        ...Array.from({ length: 98 }, () => sample.op({})),
        sample.op({ id: 5, kind: 'thumbnails', outcome: 'failed', status: null }),
      ],
    },
    fails([{ table: 'op', id: 5 }], 'the thumbnails of ann in calm: failed'),
  ],
])('planted: %s is caught by %s', (_, name, rows, expected) => {
  expect(find(name, rows)).toEqual(expected);
});

test.each<[string, CheckName, Rows, number]>([
  [
    'what a viewer owns or was given a share of',
    'own-data-only',
    { shown: [sample.shown({}), sample.shown({ viewerId: 'ben' })] },
    2,
  ],
  [
    'a blend of two devices that both are the viewer’s to see',
    'own-data-only',
    { shown: [sample.shown({ viewerId: 'ben', state: 'blended', tailDeviceId: 'ben-yard' })] },
    1,
  ],
  [
    'bytes that name nobody, beside one that does',
    'own-data-only',
    { shown: [sample.shown({ state: 'unstamped', deviceId: null }), sample.shown({})] },
    1,
  ],
  [
    'a canary, and bytes that the harness swapped',
    'own-data-only',
    {
      shown: [
        sample.shown({}),
        sample.shown({ canary: true, deviceId: 'cleo-crib' }),
        sample.shown({ swapped: true, deviceId: 'cleo-crib' }),
      ],
    },
    1,
  ],
  [
    'an answer that names another request, which is judged by nobody',
    'mapping',
    {
      cameras: [sample.camera({}), sample.camera({ outcome: 'wrong-echo', toldOwnerId: 'cleo' })],
      ops: [sample.op({ outcome: 'wrong-echo', toldUserId: 'cleo' })],
    },
    1,
  ],
  [
    'a request that expires in the herd, and a camera that came back',
    'settles',
    {
      cameras: [...sample.allCameras, sample.camera({ closedNs: 150, attempt: 2 })],
      ops: [sample.op({ sentNs: 250, doneNs: null, outcome: 'expired' })],
    },
    5,
  ],
  [
    'a request that was never sent',
    'settles',
    {
      cameras: sample.allCameras,
      ops: [sample.op({ sentNs: null, doneNs: null, outcome: 'unsent' })],
    },
    4,
  ],
  [
    'one read of a hundred that fails',
    'served',
    {
      ops: [
        ...Array.from({ length: 99 }, () => sample.op({})),
        sample.op({ kind: 'clip', outcome: 'refused', status: 503 }),
      ],
    },
    100,
  ],
  [
    'reads that failed before calm',
    'served',
    { ops: [sample.op({}), sample.op({ sentNs: 299, outcome: 'refused' })] },
    1,
  ],
  ['a fault that acted and was felt', 'fault-bit', broke, 1],
  [
    'errors that only viewers were shown',
    'fault-bit',
    {
      ...broke,
      cacheCalls: [],
      ops: [sample.op({ doneNs: 250, outcome: 'refused', status: 503 })],
    },
    1,
  ],
  [
    'a planted swap that is seen',
    'canary',
    { shown: [sample.shown({ ...cages, deviceId: 'ann-door' })] },
    1,
  ],
])('%s: %s has nothing to say against it', (_, name, rows, examined) => {
  expect(find(name, rows)).toEqual(passes(examined));
});

test.for([
  ['allkeys-lru', 'pass'],
  ['noeviction', 'inconclusive'],
] as const)(
  'fault-bit: a limit of memory with %s that nobody felt as an error is a %s',
  ([eviction, outcome]) => {
    const fault: Fault = { kind: 'limit-memory', service: 'cache', shareOfUsed: 0.5, eviction };
    const plan = planOf([{ type: 'fault-on', faultId: 'kill-cache', atMs: 0, fault }]);
    const rows = { ...broke, cacheCalls: [], wireConnections: [], plan };
    expect(find('fault-bit', rows)).toMatchObject({ outcome });
  },
);

const planOf = (steps: Plan['steps']): Plan => ({ ...sample.plan, steps });
const cut = (faultId: string): Plan['steps'][number] => ({
  type: 'fault-on',
  faultId,
  atMs: 0,
  fault: {
    kind: 'wire',
    rule: { type: 'cut-after-reply', reply: 1, how: 'rst', selector: {}, timesMax: 1 },
  },
});

test.for([
  ['one server', undefined, 'inconclusive'],
  ['a cluster, whose clients ask again', 'cluster', 'pass'],
] as const)(
  'fault-bit: a cut that nobody felt as an error, in front of %s',
  ([, cacheTopology, outcome]) => {
    const plan = {
      ...planOf([cut('cut-1')]),
      ...(cacheTopology === undefined ? {} : { cacheTopology }),
    };
    const rows = { ...broke, faults: [{ ...fault, faultId: 'cut-1' }], cacheCalls: [], plan };
    expect(find('fault-bit', rows)).toMatchObject({ outcome });
  },
);

test('one cut of several that found nothing to cut is named, and passes', () => {
  const finding = find('fault-bit', {
    ...broke,
    plan: planOf([cut('cut-1'), cut('cut-2')]),
    faults: [
      { ...fault, faultId: 'cut-1', bit: 1 },
      { ...fault, faultId: 'cut-2', bit: 0 },
    ],
  });
  expect(finding).toMatchObject({
    outcome: 'pass',
    says: expect.stringContaining('1 of 2 faults acted'),
  });
  expect(finding).toMatchObject({ says: expect.stringContaining('never acted: cut-2') });
});

test.each<[string, CheckName, Rows, RegExp]>([
  ['nothing was shown', 'own-data-only', {}, /nothing was examined/u],
  [
    'no bytes name anybody',
    'own-data-only',
    { shown: [sample.shown({ state: 'unstamped', deviceId: null })] },
    /nothing was examined; not whole: 1 unstamped/u,
  ],
  [
    'only canaries were shown anything',
    'own-data-only',
    { shown: [sample.shown({ canary: true })] },
    /nothing was examined/u,
  ],
  ['nobody was told anything', 'mapping', {}, /nothing was examined/u],
  [
    'nothing was sent and no camera is expected',
    'settles',
    { plan: planOf([]) },
    /nothing was examined/u,
  ],
  ['there was no calm', 'settles', { phases: [], cameras: sample.allCameras }, /no calm phase/u],
  ['there was no calm to be served in', 'served', { phases: [], ops: [sample.op({})] }, /no calm/u],
  ['nobody asked in calm', 'served', { ops: [sample.op({ sentNs: 50 })] }, /nobody asked/u],
  ['the plan breaks nothing', 'fault-bit', { ...broke, plan: planOf([]) }, /breaks nothing/u],
  [
    'a fault never acted',
    'fault-bit',
    { ...broke, faults: [{ ...fault, bit: 0 }] },
    /no fault of the kind kill cache ever acted/u,
  ],
  ['a fault was never put in place', 'fault-bit', { ...broke, faults: [] }, /kill cache/u],
  [
    'no connection was cut',
    'fault-bit',
    { ...broke, wireConnections: [sample.wireConnection({ closedBy: 'end' })] },
    /no connection .* was cut/u,
  ],
  [
    'a connection was cut in calm only',
    'fault-bit',
    { ...broke, wireConnections: [sample.wireConnection({ closedNs: 350 })] },
    /no connection .* was cut/u,
  ],
  [
    'the backend felt nothing',
    'fault-bit',
    { ...broke, cacheCalls: [sample.cacheCall({ outcome: 'hit' })] },
    /felt no error/u,
  ],
  ['no swap was planted', 'canary', { shown: [sample.shown({})] }, /no swap was planted/u],
  [
    'a planted swap is not seen',
    'canary',
    {
      shown: [sample.shown({ ...cages, deviceId: 'ann-door' }), sample.shown({ ...cages, id: 5 })],
    },
    /did not see 1 of 2 planted swaps \(first row of shown: 5\)/u,
  ],
  [
    'somebody who is no canary was swapped',
    'canary',
    { shown: [sample.shown({ id: 5, swapped: true, deviceId: 'cleo-crib' })] },
    /who are no canaries/u,
  ],
  [
    'the record was cut short',
    'settles',
    { state: 'interrupted', cameras: [] },
    /the record is interrupted/u,
  ],
  [
    'the record is not whole',
    'whole-record',
    { state: 'failed', reason: 'disk full' },
    /^the record is failed, not complete: disk full$/u,
  ],
])('inconclusive: %s (%s)', (_, name, rows, reason) => {
  expect(find(name, rows)).toEqual({ check: name, ...isInconclusive(reason) });
});

test('a check keeps ten thousand violations and counts them all', () => {
  const finding = find('mapping', {
    told: Array.from({ length: 10_003 }, () => sample.told({ toldOwnerId: 'cleo' })),
  });
  expect(finding).toMatchObject({ outcome: 'fail', examined: 10_003, count: 10_003 });
  expect(finding.outcome === 'fail' ? finding.violations.length : 0).toBe(10_000);
});

test('the bound is exact: with it as the true share, nothing is seen in n draws once in twenty times', () => {
  expect((1 - upperBound95(59)) ** 59).toBeCloseTo(0.05, 12);
  expect(upperBound95(59)).toBeCloseTo(0.0495, 4);
  expect(upperBound95(200_000)).toBeCloseTo(1.4978e-5, 8);
});

test('every check has a name of its own and one line', () => {
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
  expect(checks.filter(({ says }) => says.includes('\n') || says === '')).toEqual([]);
});

test('an unknown check is refused with the names of all', () => {
  expect(() => checkerNamed('own-data' as CheckName)).toThrow(
    /no check "own-data"; there are own-data-only, right-device/u,
  );
});
