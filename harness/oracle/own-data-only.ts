import type { RowReference } from '../model/finding.ts';
import type { ShownRow } from '../model/rows.ts';
import {
  atMs,
  counted,
  findingOf,
  inconclusive,
  type RowChecker,
  violationList,
} from './checker.ts';
import { ownersOf } from './foreign.ts';
import type { ShownSeen } from './scan.ts';

/** The question of the house: whose bytes are these, and may this person see them? */
export const ownDataOnly: RowChecker = {
  name: 'own-data-only',
  says: 'every picture and list entry that a viewer is given names a device that they may see',
  begin: ({ ownership }) => {
    const violations = violationList();
    const viewers = new Set<string>();
    const odd = new Map<ShownRow['state'], number>();
    let examined = 0;
    return {
      shown: (row) => {
        if (row.deviceId !== null || row.tailDeviceId !== null) examined += 1;
        if (row.state !== 'intact') odd.set(row.state, (odd.get(row.state) ?? 0) + 1);
        if (row.foreign.length === 0) return;
        viewers.add(row.viewerId);
        const ownerIds = ownersOf(row.foreign, row.shownNs, ownership());
        violations.add(sentenceOf(row, ownerIds), ...rowsOf(row));
      },
      finding: () => {
        if (examined === 0)
          return inconclusive(
            `no picture or list entry named a device, so nothing was examined${oddities(odd)}`,
          );
        const all = counted(examined, 'picture or list entry', 'pictures and list entries');
        const says =
          violations.count() === 0
            ? `${all}, each of a device that its viewer may see`
            : `${violations.count()} of ${all} show a stranger's device, to ${counted(viewers.size, 'user', 'users')}`;
        return findingOf(examined, violations, `${says}${oddities(odd)}`);
      },
    };
  },
};

function sentenceOf(row: ShownSeen, ownerIds: readonly string[]): string {
  const owner = ownerIds.length === 0 ? 'nobody in the plan' : ownerIds.join(' and ');
  const wanted = row.askedEventId ?? row.askedDeviceId;
  const asked = wanted === null ? '' : ` having asked for ${wanted},`;
  const blend = row.state === 'blended' ? ' in a blend of two pictures' : '';
  return `${row.viewerId} was given ${row.foreign.join(' and ')} of ${owner}${blend} (${row.surface}${row.eventId === null ? '' : `, event ${row.eventId}`}),${asked} at ${atMs(row.shownNs)}`;
}

/** The rows of the record that show what was shown. */
export function rowsOf(row: Pick<ShownSeen, 'id' | 'opId'>): readonly RowReference[] {
  return [
    { table: 'shown', id: row.id },
    { table: 'op', id: row.opId },
  ];
}

/** Bytes that are not whole are said, not judged here. */
function oddities(odd: ReadonlyMap<string, number>): string {
  const parts = [...odd].map(([state, count]) => `${count} ${state}`);
  return parts.length === 0 ? '' : `; not whole: ${parts.join(', ')}`;
}
