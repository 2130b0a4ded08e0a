import type { RecordReader } from '../record/reader.ts';
import {
  atMs,
  counted,
  findingOf,
  inconclusive,
  percent,
  type RowChecker,
  violationList,
} from './checker.ts';
import { rowsOf } from './own-data-only.ts';
import type { Ownership } from './ownership.ts';
import type { ShownSeen } from './scan.ts';
import { newestBefore, type UploadedEvent } from './uploads.ts';

/** What was acknowledged before somebody asks is what they are shown: a new picture, a removal, an end of a share. */
export const fresh: RowChecker = {
  name: 'fresh',
  says: 'nobody is shown an older version than was acknowledged, or what an acknowledged change took from them',
  begin: ({ record, ownership, uploads }) => {
    const violations = violationList();
    const recovery = recoveryAfter(healedNs(record));
    let examined = 0;
    return {
      shown: (row) => {
        const event = row.eventId === null ? undefined : uploads().of(row.eventId);
        const freshness = freshnessOf(row, event, ownership());
        if (freshness.is === 'unchanged') return;
        examined += 1;
        recovery.read(row.requestedNs, freshness.is === 'right');
        if (freshness.is === 'stale') violations.add(freshness.says, ...rowsOf(row));
      },
      finding: () => {
        if (examined === 0)
          return inconclusive(
            'nothing that was shown had been replaced, and no right to it had ended, so nothing could have been stale',
          );
        const all = counted(examined, 'read', 'reads');
        const what =
          violations.count() === 0
            ? `${all} of what had changed, all up to date`
            : `${violations.count()} of ${all} of what had changed were out of date`;
        return findingOf(examined, violations, `${what}; ${recovery.says()}`);
      },
    };
  },
};

/** `unchanged`: there was nothing older that could have been shown. */
type Freshness =
  | { readonly is: 'unchanged' | 'right' }
  | { readonly is: 'stale'; readonly says: string };

function freshnessOf(
  row: ShownSeen,
  event: UploadedEvent | undefined,
  ownership: Ownership,
): Freshness {
  const [foreign] = row.foreign;
  if (foreign !== undefined) return endedRight(row, foreign, ownership);
  if (row.deviceId === null) return { is: 'unchanged' };
  const newest = event === undefined ? undefined : newestBefore(event, row.requestedNs);
  if (row.version !== null && newest !== undefined && isReplaced(event, newest)) {
    if (row.version >= newest) return { is: 'right' };
    return {
      is: 'stale',
      says: `${row.viewerId} was given version ${row.version} of ${row.eventId} (${row.surface}), asked for at ${atMs(row.requestedNs)} when version ${newest} had been acknowledged`,
    };
  }
  return { is: ownership.changes(row.deviceId) ? 'right' : 'unchanged' };
}

/** A stranger's picture that was no stranger's once: the right to it had certainly ended when it was asked for. */
function endedRight(row: ShownSeen, deviceId: string, ownership: Ownership): Freshness {
  const before = { fromNs: Number.NEGATIVE_INFINITY, toNs: row.requestedNs };
  const eventId = deviceId === row.deviceId ? row.eventId : null;
  const had =
    row.surface === 'live'
      ? ownership.mayWatch(row.viewerId, deviceId, before)
      : ownership.maySee(row.viewerId, { deviceId, eventId }, before);
  if (!had) return { is: 'unchanged' };
  return {
    is: 'stale',
    says: `${row.viewerId} was given ${deviceId} (${row.surface}${eventId === null ? '' : `, event ${eventId}`}), asked for at ${atMs(row.requestedNs)} when the right to see it had ended`,
  };
}

function isReplaced(event: UploadedEvent | undefined, newest: number): boolean {
  return event?.versions.some(({ version }) => version !== null && version < newest) === true;
}

/** When the last fault was healed, or undefined when there was none. */
function healedNs(record: RecordReader): number | undefined {
  const offs = record.faults().flatMap(({ offNs }) => offNs ?? []);
  return offs.length === 0 ? undefined : Math.max(...offs);
}

const recoverySeconds = [1, 10, 60] as const;

interface Recovery {
  read(requestedNs: number, right: boolean): void;
  says(): string;
}

/** Of the reads asked for within so many seconds of the heal, how many were right. */
function recoveryAfter(healNs: number | undefined): Recovery {
  const windows = recoverySeconds.map((seconds) => ({ seconds, reads: 0, right: 0 }));
  return {
    read: (requestedNs, right) => {
      if (healNs === undefined || requestedNs < healNs) return;
      for (const window of windows) {
        if (requestedNs > healNs + window.seconds * 1e9) continue;
        window.reads += 1;
        if (right) window.right += 1;
      }
    },
    says: () => {
      if (healNs === undefined) return 'nothing was healed in this run';
      const parts = windows.map(
        ({ seconds, reads, right }) =>
          `${seconds} s ${reads === 0 ? 'nothing was read' : percent(right, reads)}`,
      );
      return `right within so long after the heal: ${parts.join(', ')}`;
    },
  };
}
