import type { Finding } from '../model/finding.ts';
import type { OpRow } from '../model/rows.ts';
import {
  calmToJudge,
  counted,
  findingOf,
  inconclusive,
  violationList,
  type WholeChecker,
} from './checker.ts';
import type { Known } from './known.ts';

/** Of the reads in calm, at least this share has to succeed. */
const servedShareMin = 0.99;

const reads: ReadonlySet<OpRow['kind']> = new Set([
  'list',
  'thumbnails',
  'enlarge',
  'clip',
  'live',
]);

/** A cloud that shows nobody anything leaks nothing either: after the healing it has to serve. */
export const served: WholeChecker = {
  name: 'served',
  says: 'in calm, at least 99 % of reads succeed and everyone who asks gets their Events tab',
  check: (record, known): Finding => {
    const calm = calmToJudge(record);
    if ('outcome' in calm) return calm;
    const failed = violationList();
    const violations = violationList();
    const askedBy = new Map<string, number>();
    const gotList = new Set<string>();
    let examined = 0;
    const asked = record.rows('op', columns, {
      actorKind: 'viewer',
      canary: false,
      credential: 'session',
      sentNs: { from: calm.fromNs, below: calm.toNs },
    });
    for (const { id, kind, actorId, outcome, status, askedEventId, askedDeviceId } of asked) {
      // A person whose login fails never comes to ask for the list, and is not served either.
      if (kind === 'list' || (kind === 'login' && outcome !== 'ok')) askedBy.set(actorId, id);
      if (kind === 'list' && outcome === 'ok') gotList.add(actorId);
      if (!reads.has(kind)) continue;
      if (isNotTheirs(status) && mayHaveEnded({ askedEventId, askedDeviceId }, known)) continue;
      // A camera that still waits until it dials again shows nothing: comes-back says whether it ever did.
      if (kind === 'live' && status === 503) continue;
      examined += 1;
      if (outcome === 'ok') continue;
      const how = status === null ? outcome : `${outcome} with ${status}`;
      failed.add(`the ${kind} of ${actorId} in calm: ${how}`, { table: 'op', id });
    }
    if (askedBy.size === 0)
      return inconclusive('nobody asked for anything in calm, so nothing was examined');
    for (const [userId, id] of askedBy)
      if (!gotList.has(userId))
        violations.add(`${userId} asked in calm and never got their Events tab`, {
          table: 'op',
          id,
        });
    const share = examined === 0 ? 0 : 1 - failed.count() / examined;
    const unserved = violations.count();
    if (share < servedShareMin) violations.addAll(failed);
    const says = `${(share * 100).toFixed(2)} % of ${counted(examined, 'read', 'reads')} in calm succeeded; ${askedBy.size - unserved} of ${counted(askedBy.size, 'user', 'users')} got their Events tab`;
    return findingOf(examined, violations, says);
  },
};

const columns = [
  'id',
  'kind',
  'actorId',
  'outcome',
  'status',
  'askedEventId',
  'askedDeviceId',
] as const satisfies readonly (keyof OpRow)[];

function isNotTheirs(status: number | null): boolean {
  return status === 403 || status === 404;
}

/** Who taps what they were listed a moment ago is rightly refused when the right to it has ended meanwhile. */
function mayHaveEnded(
  { askedEventId, askedDeviceId }: Pick<OpRow, 'askedEventId' | 'askedDeviceId'>,
  { ownership, uploads }: Known,
): boolean {
  const event = askedEventId === null ? undefined : uploads().of(askedEventId);
  const deviceId = askedDeviceId ?? event?.deviceId;
  return deviceId !== undefined && ownership().changes(deviceId);
}
