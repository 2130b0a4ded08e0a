import type { Finding } from '../model/finding.ts';
import type { RowOf } from '../record/tables.ts';
import { atMs, type Checker, counted, findingOf, inconclusive, violationList } from './checker.ts';
import { type ForeignShown, foreignShown } from './foreign.ts';

/** The question of the house: whose bytes are these, and may this person see them? */
export const ownDataOnly: Checker = {
  name: 'own-data-only',
  says: 'every picture and list entry that a viewer is given names a device that they may see',
  check: (record): Finding => {
    const violations = violationList();
    const viewers = new Set<string>();
    const odd = new Map<RowOf['shown']['state'], number>();
    let examined = 0;
    const found = foreignShown(record, (row) => {
      if (row.deviceId !== null || row.tailDeviceId !== null) examined += 1;
      if (row.state !== 'intact') odd.set(row.state, (odd.get(row.state) ?? 0) + 1);
    });
    for (const foreign of found) {
      viewers.add(foreign.row.viewerId);
      violations.add(sentenceOf(foreign), ...rowsOf(foreign));
    }
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

function sentenceOf({ row, devices, ownerIds }: ForeignShown): string {
  const owner = ownerIds.length === 0 ? 'nobody in the plan' : ownerIds.join(' and ');
  const asked = row.askedEventId === null ? '' : ` having asked for ${row.askedEventId},`;
  const blend = row.state === 'blended' ? ' in a blend of two pictures' : '';
  return `${row.viewerId} was given ${devices.join(' and ')} of ${owner}${blend} (${row.surface}${row.eventId === null ? '' : `, event ${row.eventId}`}),${asked} at ${atMs(row.shownNs)}`;
}

function rowsOf({ row }: ForeignShown): readonly { table: 'shown' | 'op'; id: number }[] {
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
