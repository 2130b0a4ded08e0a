import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BlastRadius, CheckedFinding, CheckName, Verdict } from '../model/finding.ts';
import { type LiteralRecord, literalRecord } from '../record/literal-record.ts';
import * as sample from './sample-rows.ts';
import { judge } from './verdict.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-verdict-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function judged(rows: Partial<LiteralRecord>, checks?: readonly CheckName[]): Verdict {
  const own = mkdtempSync(join(folder, 'record-'));
  using record = literalRecord({ folder: own, plan: sample.plan, phases: sample.phases, ...rows });
  return judge(record, checks);
}

const good: Partial<LiteralRecord> = {
  cameras: sample.allCameras,
  ops: [sample.op({})],
  shown: [sample.shown({}), sample.shown({ viewerId: 'tweety', canary: true, swapped: true })],
  faults: [{ faultId: 'kill-cache', fault: '{}', onNs: 100, offNs: 200, bit: 1 }],
  wireConnections: [sample.wireConnection({})],
  cacheCalls: [sample.cacheCall({})],
};

const outcomes = (verdict: Verdict): unknown =>
  Object.fromEntries(verdict.findings.map(({ check, outcome }) => [check, outcome]));

test('a good record passes by every check of its plan', () => {
  const verdict = judged(good);
  expect(outcomes(verdict)).toEqual({
    'own-data-only': 'pass',
    mapping: 'pass',
    settles: 'pass',
    served: 'pass',
    'fault-bit': 'pass',
    canary: 'pass',
  });
  expect(verdict.outcome).toBe('pass');
  expect(verdict.blastRadius).toEqual({
    users: 3,
    usersReceived: 0,
    usersReceivedPictures: 0,
    usersTapped: 0,
    videosPlayed: 0,
    usersExposed: 0,
    strangersPerExposedUser: null,
    usersAffected: 0,
    usersAffectedShare: 0,
    firstAtMs: null,
    lastAtMs: null,
    stillLeakingAfterCalm: false,
  });
});

test('one failure beats everything that is inconclusive', () => {
  const verdict = judged({ shown: [sample.shown({ deviceId: 'cleo-crib' })] });
  expect(outcomes(verdict)).toMatchObject({ 'own-data-only': 'fail', canary: 'inconclusive' });
  expect(verdict.outcome).toBe('fail');
});

test('one inconclusive check beats everything that passes', () => {
  const verdict = judged({ ...good, cacheCalls: [] });
  expect(outcomes(verdict)).toMatchObject({ 'own-data-only': 'pass', 'fault-bit': 'inconclusive' });
  expect(verdict.outcome).toBe('inconclusive');
});

test('a record that is not complete is inconclusive at best, and says why', () => {
  const verdict = judged({ ...good, state: 'interrupted', reason: 'stopped by SIGINT' }, [
    'own-data-only',
  ]);
  expect(verdict.outcome).toBe('inconclusive');
  expect(verdict.findings).toEqual([
    expect.objectContaining({ check: 'own-data-only', outcome: 'pass' }),
    {
      check: 'whole-record',
      outcome: 'inconclusive',
      reason: 'the record is interrupted, not complete: stopped by SIGINT',
    },
  ]);
});

test('a leak that was seen stays a failure in a record that is not complete', () => {
  const shown = [sample.shown({ deviceId: 'cleo-crib' })];
  expect(judged({ shown, state: 'failed', reason: 'disk full' }).outcome).toBe('fail');
});

test('no check at all is inconclusive, never green', () => {
  expect(judged(good, [])).toMatchObject({ outcome: 'inconclusive', findings: [] });
});

test('a check that does not exist is refused', () => {
  expect(() => judged(good, ['splendour' as CheckName])).toThrow(/there is no check "splendour"/u);
});

test('the same record gets the same verdict', () => {
  using record = literalRecord({ folder, plan: sample.plan, phases: sample.phases, ...good });
  expect(judge(record)).toEqual(judge(record));
});

test('the blast radius counts people once, in the words of the incident, without canaries', () => {
  const { blastRadius } = judged({
    shown: [
      sample.shown({ deviceId: 'cleo-crib', requestedNs: 210, shownNs: 2_000_000 }),
      sample.shown({
        deviceId: 'cleo-crib',
        surface: 'enlarge',
        requestedNs: 210,
        shownNs: 3_000_000,
      }),
      sample.shown({ deviceId: 'ben-yard', surface: 'clip', requestedNs: 210, shownNs: 4_000_000 }),
      sample.shown({ deviceId: 'ben-yard', surface: 'clip', requestedNs: 210, shownNs: 5_000_000 }),
      sample.shown({ viewerId: 'tweety', canary: true, deviceId: 'ann-door', shownNs: 9_000_000 }),
      sample.shown({ viewerId: 'ben', deviceId: 'tweety-cage', requestedNs: 299, shownNs: 301 }),
    ],
  });
  expect(blastRadius).toEqual({
    users: 3,
    usersReceived: 2,
    usersReceivedPictures: 2,
    usersTapped: 1,
    videosPlayed: 2,
    usersExposed: 2,
    strangersPerExposedUser: { median: 1, max: 1 },
    usersAffected: 3,
    usersAffectedShare: 1,
    firstAtMs: 0.000301,
    lastAtMs: 5,
    stillLeakingAfterCalm: false,
  });
});

test('a stranger’s picture that was asked for after calm began means that it still leaks', () => {
  const { blastRadius } = judged({
    shown: [sample.shown({ deviceId: 'cleo-crib', requestedNs: 300, shownNs: 301 })],
  });
  expect(blastRadius.stillLeakingAfterCalm).toBe(true);
});

test('a tap on a stranger’s tile counts although it was answered with an error; one before it was shown does not', () => {
  const foreign = sample.shown({ deviceId: 'cleo-crib', askedEventId: 'event-1', shownNs: 250 });
  const tapAt = (intendedNs: number): BlastRadius =>
    judged({
      shown: [foreign],
      ops: [
        sample.op({ kind: 'enlarge', outcome: 'refused', askedEventId: 'event-1', intendedNs }),
      ],
    }).blastRadius;
  expect(tapAt(260).usersTapped).toBe(1);
  expect(tapAt(240).usersTapped).toBe(0);
});

test('an audit that saw nothing makes the verdict inconclusive, and one that saw the bug is said', () => {
  const after = (violations: number): CheckedFinding | undefined =>
    judged({
      environment: JSON.stringify({
        selfAudit: { target: 'ioredis', targetVersion: '4.16.0', violations, examined: 900 },
      }),
    }).findings.find(({ check }) => check === 'self-audit');
  expect(after(0)).toMatchObject({ outcome: 'inconclusive' });
  expect(after(3)).toMatchObject({ outcome: 'pass', examined: 900 });
});

test('a calm that was eaten up by a slow healing is nobody’s failure: settles and served are inconclusive', () => {
  const lasting = (calmNs: number): Verdict => {
    const plan = {
      ...sample.plan,
      steps: [
        ...sample.plan.steps,
        { type: 'phase', name: 'calm', atMs: 0, forMs: 0.0001 } as const,
      ],
    };
    const phases = [{ name: 'calm', fromNs: 300, toNs: 300 + calmNs }];
    return judged({ ...good, cameras: [], plan, phases });
  };
  expect(outcomes(lasting(10))).toMatchObject({ settles: 'inconclusive', served: 'inconclusive' });
  expect(outcomes(lasting(90))).toMatchObject({ settles: 'fail' });
});
