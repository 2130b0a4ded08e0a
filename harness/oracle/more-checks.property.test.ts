import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckName, Finding } from '../model/finding.ts';
import type { CameraRow, ChangeRow, OpRow, ShownRow, SweepRow } from '../model/rows.ts';
import { type LiteralRows, literalRecord } from '../record/literal-record.ts';
import { findingBy } from './finding-by.ts';
import * as sample from './sample-rows.ts';

/* Each check beside a model of a line or two over the rows themselves, which knows nothing of SQL, streams or histories. */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-property-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function find(name: CheckName, rows: LiteralRows): Finding {
  const own = mkdtempSync(join(folder, 'record-'));
  using record = literalRecord({ folder: own, plan: sample.plan, phases: sample.phases, ...rows });
  return findingBy(name, record);
}

const sumOf = (finding: Finding): unknown => {
  if (finding.outcome === 'inconclusive') return 'inconclusive';
  return { examined: finding.examined, count: finding.outcome === 'fail' ? finding.count : 0 };
};
const expected = (examined: number, count: number): unknown =>
  examined === 0 ? 'inconclusive' : { examined, count };

const runs = { numRuns: 30, seed: 20_240_216 };
const orNull = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(values, { nil: null });
const many = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(values, { maxLength: 10 });
const moment = fc.integer({ min: 0, max: 450 });
const users = fc.constantFrom('ann', 'ben', 'cleo');
const devices = fc.constantFrom('ann-door', 'ben-yard', 'cleo-crib');
const events = fc.constantFrom('event-1', 'event-2');

/** Who may see what when nothing changes, spelled out. */
const visible = new Set(['ann ann-door', 'ben ann-door', 'ben ben-yard', 'cleo cleo-crib']);
const maySee = (userId: string, deviceId: string): boolean => visible.has(`${userId} ${deviceId}`);

const pictures = many(
  fc.record({
    viewerId: users,
    deviceId: orNull(devices),
    eventId: orNull(events),
    askedEventId: orNull(events),
    state: fc.constantFrom<ShownRow['state']>('intact', 'truncated', 'damaged', 'unstamped'),
    version: orNull(fc.constantFrom(1, 2)),
    requestedNs: moment,
    shownNs: fc.constant(460),
  }),
);
const uploads = many(
  fc.record({
    actorId: fc.constant('ann-door'),
    askedEventId: events,
    version: fc.constantFrom(1, 2),
    sentNs: fc.constant(10),
    doneNs: moment,
    outcome: fc.constantFrom<OpRow['outcome']>('ok', 'failed'),
  }),
);

test('right-device counts own pictures of another event than the one asked for', () => {
  fc.assert(
    fc.property(pictures, (rows) => {
      const judged = rows.filter(
        (row) =>
          (row.deviceId === null || maySee(row.viewerId, row.deviceId)) &&
          row.askedEventId !== null &&
          row.eventId !== null,
      );
      const wrong = judged.filter((row) => row.eventId !== row.askedEventId);
      expect(sumOf(find('right-device', { shown: rows.map(sample.shown) }))).toEqual(
        expected(judged.length, wrong.length),
      );
    }),
    runs,
  );
});

test('fresh counts own pictures that are older than a version acknowledged before they were asked for', () => {
  fc.assert(
    fc.property(pictures, uploads, (rows, sent) => {
      const newest = (row: (typeof rows)[number]): number =>
        Math.max(
          ...sent
            .filter(
              (op) =>
                op.askedEventId === row.eventId &&
                op.outcome === 'ok' &&
                op.doneNs < row.requestedNs,
            )
            .map(({ version }) => version),
        );
      const judged = rows.filter(
        (row) =>
          row.deviceId !== null &&
          maySee(row.viewerId, row.deviceId) &&
          row.version !== null &&
          newest(row) === 2 &&
          sent.some((op) => op.askedEventId === row.eventId && op.version === 1),
      );
      const stale = judged.filter(({ version }) => version === 1);
      const literal = { shown: rows.map(sample.shown), ops: sent.map(sample.upload) };
      expect(sumOf(find('fresh', literal))).toEqual(expected(judged.length, stale.length));
    }),
    runs,
  );
});

test('own-data-only and fresh both count what ben is shown of ann’s door after the share had ended', () => {
  const changes = fc.record({ requestedNs: moment, doneNs: moment }).map(
    ({ requestedNs, doneNs }): Partial<ChangeRow> => ({
      requestedNs: Math.min(requestedNs, doneNs),
      doneNs: Math.max(requestedNs, doneNs),
    }),
  );
  const reads = fc.array(
    fc.record({ viewerId: fc.constantFrom('ann', 'ben'), requestedNs: moment }),
    {
      minLength: 1,
      maxLength: 10,
    },
  );
  fc.assert(
    fc.property(reads, changes, (rows, change) => {
      const late = rows.filter(
        ({ viewerId, requestedNs }) => viewerId === 'ben' && requestedNs > (change.doneNs ?? 0),
      );
      const literal = {
        shown: rows.map((row) => sample.shown({ ...row, shownNs: 460 })),
        changes: [sample.change(change)],
      };
      for (const name of ['own-data-only', 'fresh'] as const)
        expect(sumOf(find(name, literal))).toEqual(expected(rows.length, late.length));
    }),
    runs,
  );
});

test('stored counts pictures under other keys and owners who do not own', () => {
  const swept = many(
    fc.oneof(
      fc.record({
        key: fc.constant('thumb:event-1'),
        eventId: events,
        state: fc.constant('intact' as const),
      }),
      fc.record({ key: devices.map((id) => `device:${id}:owner`), value: users }),
    ),
  );
  fc.assert(
    fc.property(swept, (rows) => {
      const wrong = rows.filter((row) =>
        'value' in row ? !row.key.startsWith(`device:${row.value}-`) : row.eventId !== 'event-1',
      );
      const sweeps = rows.map((row): ReturnType<typeof sample.sweep> => {
        const changes: Partial<SweepRow> =
          'value' in row
            ? { key: row.key, value: JSON.stringify({ ownerId: row.value }) }
            : { ...row, value: null };
        return sample.sweep(changes);
      });
      expect(sumOf(find('stored', { sweeps }))).toEqual(expected(rows.length, wrong.length));
    }),
    runs,
  );
});

test('intact counts what is not whole, and versions that nobody had sent', () => {
  fc.assert(
    fc.property(pictures, uploads, (rows, sent) => {
      const wasSent = (row: (typeof rows)[number]): boolean =>
        row.eventId === null ||
        sent.some(
          (op) =>
            op.askedEventId === row.eventId && (row.version === null || op.version === row.version),
        );
      const wrong = rows.filter((row) => row.state !== 'intact' || !wasSent(row));
      const literal = { shown: rows.map(sample.shown), ops: sent.map(sample.upload) };
      expect(sumOf(find('intact', literal))).toEqual(expected(rows.length, wrong.length));
    }),
    runs,
  );
});

test('fails-closed counts answers to nobody, and names and cookies of others', () => {
  const asked = many(
    fc.record({
      credential: fc.constantFrom<OpRow['credential']>('session', 'none', 'ended'),
      outcome: fc.constantFrom<OpRow['outcome']>('ok', 'refused', 'wrong-echo'),
      status: fc.constant(null),
      toldUserId: orNull(users),
      cookieUserId: orNull(users),
    }),
  );
  fc.assert(
    fc.property(asked, (ops) => {
      const probes = ops.filter(({ credential }) => credential !== 'session');
      const answers = ops.filter(({ outcome }) => outcome !== 'wrong-echo');
      const named = answers
        .flatMap((op) => [op.toldUserId, op.cookieUserId])
        .filter((id) => id !== null);
      const count =
        probes.filter(({ outcome }) => outcome === 'ok').length +
        named.filter((userId) => userId !== 'ann').length;
      const naming = answers.filter((op) => op.toldUserId !== null || op.cookieUserId !== null);
      const isOpen = probes.length === 0 && count === 0;
      expect(sumOf(find('fails-closed', { ops: ops.map(sample.op), phases: [] }))).toEqual(
        isOpen ? 'inconclusive' : { examined: probes.length + naming.length, count },
      );
    }),
    runs,
  );
});

test('comes-back counts cameras without a connection that reaches into calm', () => {
  const cameras: fc.Arbitrary<Partial<CameraRow>[]> = many(
    fc.record({
      deviceId: fc.oneof(devices, fc.constant('tweety-cage')),
      toldNs: orNull(moment),
      closedNs: orNull(moment),
    }),
  );
  fc.assert(
    fc.property(cameras, (rows) => {
      const back = new Set(
        rows
          .filter(
            (row) => row.toldNs !== null && row.toldNs! <= 400 && (row.closedNs ?? 400) >= 300,
          )
          .map(({ deviceId }) => deviceId),
      );
      expect(sumOf(find('comes-back', { cameras: rows.map(sample.camera) }))).toEqual(
        expected(4, 4 - back.size),
      );
    }),
    runs,
  );
});

test('on-schedule is inconclusive when more than one arrival of a hundred is late or unsent', () => {
  const lateness = orNull(fc.constantFrom(0, 0, 0, 0, 2_000_000_000, 2_000_000_001));
  fc.assert(
    fc.property(
      fc.array(lateness, { maxLength: 3 }),
      fc.integer({ max: 150, min: 0 }),
      (late, good) => {
        const ops = [...late, ...Array.from({ length: good }, () => 0)].map((by) =>
          by === null
            ? sample.op({ sentNs: null, outcome: 'unsent' })
            : sample.op({ intendedNs: 0, sentNs: by }),
        );
        const wrong = late.filter((by) => by === null || by > 2_000_000_000).length;
        const isFine = ops.length > 0 && wrong * 100 <= ops.length;
        expect(find('on-schedule', { ops }).outcome).toBe(isFine ? 'pass' : 'inconclusive');
      },
    ),
    runs,
  );
});

test('origin-load takes a first load, and the first after each drop of its key, as enough', () => {
  const steps = fc.array(fc.constantFrom('load', 'drop'), { maxLength: 12 });
  fc.assert(
    fc.property(steps, (rows) => {
      const at = rows.map((what, index) => ({ what, atNs: 10 * index }));
      const origins = at.filter(({ what }) => what === 'load');
      const ideal = origins.filter((load) => {
        const before = at.findLast(({ atNs, what }) => atNs < load.atNs && what === 'load');
        return before === undefined || at[at.indexOf(before) + 1]?.what === 'drop';
      });
      const finding = find('origin-load', {
        origins: origins.map(({ atNs }) => sample.origin({ atNs })),
        cacheCalls: at
          .filter(({ what }) => what === 'drop')
          .map(({ atNs }) => sample.cacheCall({ call: 'delete', startedNs: atNs })),
      });
      const enough = ` ${ideal.length} would have been enough`;
      expect('says' in finding && finding.says.includes(enough)).toBe(origins.length > 0);
    }),
    runs,
  );
});
