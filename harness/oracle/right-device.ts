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

/** A picture of one's own garden under the name of one's own front door is no leak, and wrong all the same. */
export const rightDevice: RowChecker = {
  name: 'right-device',
  says: 'of what they may see, viewers are given the event or the camera that they asked for',
  begin: ({ uploads }) => {
    const violations = violationList();
    let examined = 0;
    return {
      shown: (row) => {
        // What is a stranger's is told by own-data-only, whatever was asked for.
        if (row.foreign.length > 0) return;
        const pair = askedAndGiven(row);
        if (pair === null) return;
        examined += 1;
        const recordedBy = row.eventId === null ? undefined : uploads().of(row.eventId)?.deviceId;
        const wrong =
          pair.given === pair.asked ? misattributed(row, recordedBy) : `was given ${pair.given}`;
        if (wrong === null) return;
        violations.add(
          `${row.viewerId} asked for ${pair.asked} and ${wrong} (${row.surface}) at ${atMs(row.shownNs)}`,
          ...rowsOf(row),
        );
      },
      finding: () => {
        if (examined === 0)
          return inconclusive(
            'nothing that was asked for by name named itself, so nothing was examined',
          );
        const all = counted(examined, 'picture', 'pictures');
        const says =
          violations.count() === 0
            ? `${all} that were asked for, each of the right event and camera`
            : `${violations.count()} of ${all} are the viewer's own, and not what was asked for`;
        return findingOf(examined, violations, says);
      },
    };
  },
};

/** Null where nothing was asked for by name, or nothing that came names itself. */
function askedAndGiven(row: ShownSeen): { readonly asked: string; readonly given: string } | null {
  if (row.askedEventId !== null && row.eventId !== null)
    return { asked: row.askedEventId, given: row.eventId };
  if (row.askedDeviceId !== null && row.deviceId !== null)
    return { asked: row.askedDeviceId, given: row.deviceId };
  return null;
}

/** The right event under the name of a camera that did not record it. */
function misattributed(row: ShownSeen, recordedBy: string | undefined): string | null {
  if (row.surface === 'live' || recordedBy === undefined || row.deviceId === null) return null;
  return recordedBy === row.deviceId
    ? null
    : `was given it as recorded by ${row.deviceId}, which is ${recordedBy}'s`;
}
