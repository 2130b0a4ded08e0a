import {
  atMs,
  counted,
  findingOf,
  inconclusive,
  type RowChecker,
  violationList,
} from './checker.ts';
import { rowsOf } from './own-data-only.ts';
import type { ShownSeen } from './scan.ts';
import type { Uploads } from './uploads.ts';

/** What was shown is what was uploaded, byte by byte: neither cut off, nor put together, nor made up. */
export const intact: RowChecker = {
  name: 'intact',
  says: 'everything that is shown is whole, and was uploaded in this run before it was shown',
  begin: ({ uploads }) => {
    const violations = violationList();
    const kinds = new Map<string, number>();
    let examined = 0;
    const unread = violationList();
    let recoded = 0;
    return {
      shown: (row) => {
        examined += 1;
        if (row.state === 'recoded') recoded += 1;
        const wrong = wrongWith(row, uploads());
        if (wrong === null) return;
        kinds.set(wrong.kind, (kinds.get(wrong.kind) ?? 0) + 1);
        const list = wrong.kind === 'unstamped' ? unread : violations;
        list.add(
          `${row.viewerId} was given ${wrong.says} (${row.surface}) at ${atMs(row.shownNs)}`,
          ...rowsOf(row),
        );
      },
      finding: () => {
        if (examined === 0) return inconclusive('nothing was shown, so nothing was examined');
        const all = counted(examined, 'picture or list entry', 'pictures and list entries');
        // Of pictures that were encoded again on the way some few cannot be read: that is no sign of damage.
        if (recoded === 0) violations.addAll(unread);
        else kinds.delete('unstamped');
        const parts = [...kinds].map(([kind, count]) => `${count} ${kind}`);
        const says =
          parts.length === 0
            ? `${all}, each whole and uploaded before`
            : `of ${all}: ${parts.join(', ')}`;
        const again =
          recoded === 0
            ? ''
            : `; ${recoded} were encoded again on the way, ${unread.count()} could not be read`;
        return findingOf(examined, violations, `${says}${again}`);
      },
    };
  },
};

interface Wrong {
  readonly kind: 'truncated' | 'blended' | 'damaged' | 'unstamped' | 'phantom';
  readonly says: string;
}

function wrongWith(row: ShownSeen, uploads: Uploads): Wrong | null {
  const name = row.eventId === null ? 'something that names no event' : row.eventId;
  switch (row.state) {
    case 'intact':
    case 'recoded':
      return phantom(row, uploads);
    case 'truncated':
      return { kind: row.state, says: `${name} with its end missing` };
    case 'blended':
      return {
        kind: row.state,
        says: `a blend of ${row.deviceId ?? 'nobody'} and ${row.tailDeviceId ?? 'nobody'}`,
      };
    case 'damaged':
      return { kind: row.state, says: `${name} with bytes that its checksum does not fit` };
    case 'unstamped':
      return { kind: row.state, says: 'bytes in which nothing says whose they are' };
    default:
      return row.state satisfies never;
  }
}

/** An event, or a version of it, that no camera of this run had sent by then. What a camera sees now was never uploaded. */
function phantom(
  { surface, eventId, version, shownNs }: ShownSeen,
  uploads: Uploads,
): Wrong | null {
  if (surface === 'live' || eventId === null) return null;
  const event = uploads.of(eventId);
  if (event === undefined || event.onItsWay.fromNs > shownNs)
    return { kind: 'phantom', says: `${eventId}, which no camera had sent` };
  if (version === null) return null;
  const wasSent = event.versions.some(
    (sent) => (sent.version === null || sent.version === version) && sent.sentNs <= shownNs,
  );
  return wasSent
    ? null
    : { kind: 'phantom', says: `version ${version} of ${eventId}, which no camera had sent` };
}
