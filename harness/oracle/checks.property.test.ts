import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckName, Finding } from '../model/finding.ts';
import type { CameraRow, OpRow, ShownRow } from '../model/rows.ts';
import { type LiteralRows, literalRecord } from '../record/literal-record.ts';
import { findingBy } from './finding-by.ts';
import * as sample from './sample-rows.ts';

/* Each check beside a model of a line or two over the rows themselves, which knows nothing of SQL or streams. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-property-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function find(name: CheckName, rows: LiteralRows): Finding {
  const own = mkdtempSync(join(folder, 'record-'));
  using record = literalRecord({
    folder: own,
    plan: sample.plan,
    phases: sample.phases,
    ...rows,
  });
  return findingBy(name, record);
}

/** What a check comes to: a count of violations, or `inconclusive`. */
const sumOf = (finding: Finding): unknown => {
  if (finding.outcome === 'inconclusive') return 'inconclusive';
  return { examined: finding.examined, count: finding.outcome === 'fail' ? finding.count : 0 };
};

const runs = { numRuns: 60, seed: 20_240_216 };
const users = fc.constantFrom('ann', 'ben', 'cleo', 'tweety');
const devices = fc.constantFrom('ann-door', 'ben-yard', 'cleo-crib', 'tweety-cage', 'unknown');
const orNull = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(values, { nil: null });
const mostly = <Value>(usual: Value, ...others: readonly Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));
const moment = fc.integer({ min: 0, max: 450 });

/** Who may see what, spelled out. */
const visible = new Set([
  'ann ann-door',
  'ben ann-door',
  'ben ben-yard',
  'cleo cleo-crib',
  'tweety tweety-cage',
]);
const owners = new Map<string, string>([
  ['ann-door', 'ann'],
  ['ben-yard', 'ben'],
  ['cleo-crib', 'cleo'],
  ['tweety-cage', 'tweety'],
]);

const shownRows: fc.Arbitrary<Partial<ShownRow>[]> = fc.array(
  fc.record({
    viewerId: users,
    canary: mostly(false, true),
    swapped: mostly(false, true),
    deviceId: orNull(devices),
    tailDeviceId: orNull(devices),
    state: fc.constantFrom('intact', 'blended', 'truncated', 'damaged', 'unstamped'),
  }),
  { maxLength: 12 },
);
const named = (row: Partial<ShownRow>): string[] =>
  [row.deviceId, row.tailDeviceId].filter((device) => typeof device === 'string');
const isForeign = (row: Partial<ShownRow>): boolean =>
  named(row).some((device) => !visible.has(`${row.viewerId} ${device}`));

test('own-data-only counts the rows in which a device is named that the viewer may not see', () => {
  fc.assert(
    fc.property(shownRows, (rows) => {
      const judged = rows.filter((row) => !row.canary && !row.swapped && named(row).length > 0);
      const expected =
        judged.length === 0
          ? 'inconclusive'
          : { examined: judged.length, count: judged.filter(isForeign).length };
      expect(sumOf(find('own-data-only', { shown: rows.map(sample.shown) }))).toEqual(expected);
    }),
    runs,
  );
});

test('canary passes when every swapped row is one that own-data-only would have flagged', () => {
  fc.assert(
    fc.property(shownRows, (rows) => {
      const swapped = rows.filter((row) => row.swapped);
      const sees = swapped.length > 0 && swapped.every((row) => row.canary && isForeign(row));
      expect(sumOf(find('canary', { shown: rows.map(sample.shown) }))).toEqual(
        sees ? { examined: swapped.length, count: 0 } : 'inconclusive',
      );
    }),
    runs,
  );
});

test('mapping counts who was told another name or owner than their own', () => {
  const cameras = fc.array(
    fc.record({
      deviceId: devices,
      toldNs: orNull(moment),
      toldOwnerId: orNull(users),
      toldDeviceId: orNull(devices),
    }),
    { maxLength: 6 },
  );
  const told = fc.array(
    fc.record({ deviceId: devices, toldOwnerId: users, toldDeviceId: devices }),
    { maxLength: 6 },
  );
  const ops = fc.array(
    fc.record({ actorId: users, toldUserId: orNull(users), canary: fc.boolean() }),
    {
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(cameras, told, ops, (cameras, told, ops) => {
      const greetings = [...cameras.filter((row) => row.toldNs !== null), ...told];
      const answers = ops.filter((op) => !op.canary && op.toldUserId !== null);
      const count =
        greetings.filter(
          (row) =>
            (row.toldDeviceId ?? row.deviceId) !== row.deviceId ||
            (row.toldOwnerId !== null && row.toldOwnerId !== owners.get(row.deviceId)),
        ).length + answers.filter((op) => op.toldUserId !== op.actorId).length;
      const examined = greetings.length + answers.length;
      const rows = {
        cameras: cameras.map(sample.camera),
        told: told.map(sample.told),
        ops: ops.map(sample.op),
      };
      expect(sumOf(find('mapping', rows))).toEqual(
        examined === 0 ? 'inconclusive' : { examined, count },
      );
    }),
    runs,
  );
});

const opRows: fc.Arbitrary<Partial<OpRow>[]> = fc.array(
  fc.record({
    actorId: fc.constantFrom('ann', 'ben'),
    actorKind: mostly<OpRow['actorKind']>('viewer', 'camera'),
    canary: mostly(false, true),
    kind: mostly<OpRow['kind']>('list', 'login', 'thumbnails', 'upload'),
    sentNs: orNull(moment),
    doneNs: orNull(moment),
    outcome: mostly<OpRow['outcome']>('ok', 'refused', 'expired'),
  }),
  { maxLength: 12 },
);

test('settles counts requests without an end, those that expire in calm, and cameras that are not back', () => {
  const cameraRows: fc.Arbitrary<Partial<CameraRow>[]> = fc.array(
    fc.record({ deviceId: devices, toldNs: orNull(moment), closedNs: orNull(moment) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(opRows, cameraRows, (ops, cameras) => {
      const sent = ops.filter((op) => !op.canary && op.sentNs !== null);
      const unsettled = sent.filter((op) =>
        op.outcome === 'expired' ? op.sentNs! >= 300 : op.doneNs === null,
      );
      const isBack = (deviceId: string): boolean =>
        cameras.some(
          (row) =>
            row.deviceId === deviceId &&
            row.toldNs !== null &&
            row.toldNs! <= 400 &&
            (row.closedNs ?? 400) >= 400,
        );
      const missing = [...owners.keys()].filter((deviceId) => !isBack(deviceId));
      const rows = { ops: ops.map(sample.op), cameras: cameras.map(sample.camera) };
      expect(sumOf(find('settles', rows))).toEqual({
        examined: sent.length + 4,
        count: unsettled.length + missing.length,
      });
    }),
    runs,
  );
});

test('served passes when reads in calm succeed and everyone who asked has their list', () => {
  fc.assert(
    fc.property(opRows, (ops) => {
      const calm = ops.filter(
        (op) =>
          op.actorKind === 'viewer' && !op.canary && (op.sentNs ?? 0) >= 300 && op.sentNs! < 400,
      );
      const asked = calm.filter(
        (op) => op.kind === 'list' || (op.kind === 'login' && op.outcome !== 'ok'),
      );
      const isServed = ({ actorId }: Partial<OpRow>): boolean =>
        calm.some((op) => op.actorId === actorId && op.kind === 'list' && op.outcome === 'ok');
      const reads = calm.filter((op) => op.kind === 'list' || op.kind === 'thumbnails');
      // Twelve rows are fewer than a hundred, so one read that fails is more than one in a hundred.
      const good = asked.every(isServed) && reads.every((op) => op.outcome === 'ok');
      expect(find('served', { ops: ops.map(sample.op) }).outcome).toBe(
        asked.length === 0 ? 'inconclusive' : good ? 'pass' : 'fail',
      );
    }),
    runs,
  );
});

test('fault-bit passes when the fault acted, a connection was cut and an error was felt, in trouble', () => {
  const when = mostly(150, 50, 250, 350);
  fc.assert(
    fc.property(
      fc.nat(2),
      fc.array(fc.tuple(fc.constantFrom('server', 'rule', 'client', 'end'), when), {
        maxLength: 2,
      }),
      fc.array(fc.tuple(fc.constantFrom('error', 'hit'), when), { maxLength: 2 }),
      (bit, connections, calls) => {
        const inTrouble = (at: number): boolean => at >= 100 && at < 300;
        const wasCut = connections.some(
          ([by, at]) => inTrouble(at) && by !== 'client' && by !== 'end',
        );
        const wasFelt = calls.some(([outcome, at]) => inTrouble(at) && outcome === 'error');
        const finding = find('fault-bit', {
          faults: [{ faultId: 'kill-cache', fault: '{}', onNs: 100, offNs: 200, bit }],
          wireConnections: connections.map(([closedBy, closedNs]) =>
            sample.wireConnection({ closedBy, closedNs }),
          ),
          cacheCalls: calls.map(([outcome, doneNs]) => sample.cacheCall({ outcome, doneNs })),
        });
        expect(finding.outcome).toBe(bit > 0 && wasCut && wasFelt ? 'pass' : 'inconclusive');
      },
    ),
    runs,
  );
});
