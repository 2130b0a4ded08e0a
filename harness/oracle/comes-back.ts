import type { Finding } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import {
  calmToJudge,
  counted,
  findingOf,
  inconclusive,
  violationList,
  type WholeChecker,
} from './checker.ts';
import { camerasExpected } from './expected-cameras.ts';

/**
 * After the incident, cameras stayed dark until somebody pulled their plug. A camera that was connected at any moment of calm has
 * come back by itself; whether it is still there at the end is for `settles` to say.
 */
export const comesBack: WholeChecker = {
  name: 'comes-back',
  says: 'every camera connects again in calm by itself, without a power cycle',
  check: (record, known): Finding => {
    const calm = calmToJudge(record);
    if ('outcome' in calm) return calm;
    const expected = camerasExpected(known, calm.toNs);
    if (expected.length === 0)
      return inconclusive('no camera was expected, so nothing was examined');
    const tries = triesOf(record, calm);
    const violations = violationList();
    let gaveUp = 0;
    for (const deviceId of expected) {
      const tried = tries.get(deviceId);
      if (tried?.connected === true) continue;
      if ((tried?.inCalm ?? 0) === 0) gaveUp += 1;
      const evidence = tried === undefined ? [] : [{ table: 'camera', id: tried.lastId } as const];
      violations.add(`${deviceId} needs a power cycle: ${whatItDid(tried)}`, ...evidence);
    }
    const dark = violations.count();
    const all = counted(expected.length, 'camera', 'cameras');
    const says =
      dark === 0
        ? `${all} came back by themselves`
        : `${dark} of ${all} need a power cycle: ${dark - gaveUp} kept trying in vain, ${gaveUp} had given up`;
    return findingOf(expected.length, violations, says);
  },
};

interface Tries {
  connected: boolean;
  inCalm: number;
  lastId: number;
}

function triesOf(
  record: RecordReader,
  calm: { readonly fromNs: number; readonly toNs: number },
): ReadonlyMap<string, Tries> {
  const tries = new Map<string, Tries>();
  const attempts = record.rows('camera', [
    'id',
    'deviceId',
    'plannedNs',
    'startedNs',
    'toldNs',
    'closedNs',
    'outcome',
  ]);
  for (const row of attempts) {
    const tried = tries.get(row.deviceId) ?? { connected: false, inCalm: 0, lastId: row.id };
    tries.set(row.deviceId, tried);
    tried.lastId = row.id;
    if ((row.startedNs ?? row.plannedNs) >= calm.fromNs) tried.inCalm += 1;
    const isTold = row.outcome === 'connected' && row.toldNs !== null && row.toldNs <= calm.toNs;
    if (isTold && (row.closedNs === null || row.closedNs >= calm.fromNs)) tried.connected = true;
  }
  return tries;
}

function whatItDid(tried: Tries | undefined): string {
  if (tried === undefined) return 'it never tried to connect';
  if (tried.inCalm === 0) return 'it was not connected when calm began and did not try again';
  return `${counted(tried.inCalm, 'attempt', 'attempts')} in calm, all in vain`;
}
