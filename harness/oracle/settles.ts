import type { Finding } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import {
  atMs,
  calmToJudge,
  counted,
  findingOf,
  inconclusive,
  type ViolationList,
  violationList,
  type WholeChecker,
} from './checker.ts';
import { camerasExpected } from './expected-cameras.ts';
import type { Known } from './known.ts';

/**
 * Liveness, after safety: once everything is healed, whatever never ends is a violation. A request that was given up during the
 * outage or the herd is what an outage looks like; it is counted and said.
 */
export const settles: WholeChecker = {
  name: 'settles',
  says: 'every request ends, none expires in calm, and every camera is connected at the end of it',
  check: (record, known): Finding => {
    const calm = calmToJudge(record);
    if ('outcome' in calm) return calm;
    const violations = violationList();
    const requests = record.count('op', { canary: false, sentNs: { not: null } });
    addUnended(record, violations);
    const expired = addExpired(record, calm, violations);
    const cameras = addMissingCameras(known, calm.toNs, violations);
    if (requests + cameras === 0)
      return inconclusive(
        'no request was sent and no camera was expected, so nothing was examined',
      );
    const says = [
      violations.count() === 0
        ? `${counted(requests, 'request', 'requests')} ended and ${counted(cameras, 'camera is', 'cameras are')} back`
        : `${counted(violations.count(), 'violation', 'violations')} among ${counted(requests, 'request', 'requests')} and ${counted(cameras, 'camera', 'cameras')}`,
      ...aside(record, expired),
    ];
    return findingOf(requests + cameras, violations, says.join('; '));
  },
};

/** An expired request has no end either, and is judged by when it was sent. */
function addUnended(record: RecordReader, violations: ViolationList): void {
  const unended = record.rows('op', ['id', 'kind', 'actorId', 'sentNs'], {
    canary: false,
    sentNs: { not: null },
    doneNs: null,
    outcome: ['ok', 'refused', 'failed', 'wrong-echo', 'unsent'],
  });
  for (const { id, kind, actorId, sentNs } of unended)
    violations.add(`the ${kind} of ${actorId}, sent at ${atMs(sentNs ?? 0)}, never ended`, {
      table: 'op',
      id,
    });
}

/** Returns how many expired before calm. */
function addExpired(
  record: RecordReader,
  calm: { readonly fromNs: number },
  violations: ViolationList,
): number {
  let before = 0;
  const expired = record.rows('op', ['id', 'kind', 'actorId', 'sentNs'], {
    canary: false,
    sentNs: { not: null },
    outcome: 'expired',
  });
  for (const { id, kind, actorId, sentNs } of expired) {
    if (sentNs === null || sentNs < calm.fromNs) before += 1;
    else
      violations.add(
        `the ${kind} of ${actorId}, sent in calm at ${atMs(sentNs)}, was not answered within the deadline`,
        { table: 'op', id },
      );
  }
  return before;
}

/** Returns how many cameras were expected. */
function addMissingCameras(known: Known, calmEndNs: number, violations: ViolationList): number {
  const { record } = known;
  const expected = camerasExpected(known, calmEndNs);
  if (expected.length === 0) return 0;
  const back = new Set<string>();
  const lastAttempt = new Map<string, number>();
  const attempts = record.rows('camera', ['id', 'deviceId', 'toldNs', 'closedNs', 'outcome']);
  for (const { id, deviceId, toldNs, closedNs, outcome } of attempts) {
    lastAttempt.set(deviceId, id);
    const told = outcome === 'connected' && toldNs !== null && toldNs <= calmEndNs;
    if (told && (closedNs === null || closedNs >= calmEndNs)) back.add(deviceId);
  }
  for (const deviceId of expected) {
    if (back.has(deviceId)) continue;
    const id = lastAttempt.get(deviceId);
    if (id === undefined) violations.add(`${deviceId} never tried to connect`);
    else
      violations.add(`${deviceId} was not connected at the end of calm`, { table: 'camera', id });
  }
  return expected.length;
}

function aside(record: RecordReader, expiredBefore: number): readonly string[] {
  const unsent = record.count('op', { canary: false, outcome: 'unsent' });
  const wrongEchoes = record.count('op', { canary: false, outcome: 'wrong-echo' });
  return [
    ...(expiredBefore === 0 ? [] : [`${expiredBefore} expired before calm`]),
    ...(unsent === 0 ? [] : [`${unsent} could not be sent by the generator`]),
    ...(wrongEchoes === 0 ? [] : [`${wrongEchoes} answered with another request's id`]),
  ];
}
