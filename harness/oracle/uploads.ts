import type { RecordReader } from '../record/reader.ts';
import type { Interval } from './ownership.ts';

/** What the cameras of this run sent, event by event. */
export interface Uploads {
  of(eventId: string): UploadedEvent | undefined;
  readonly count: number;
}

export interface UploadedEvent {
  /** The camera that sent it. */
  readonly deviceId: string;
  /** From its first sending to its last acknowledgement; without an end when one of them was not acknowledged. */
  readonly onItsWay: Interval;
  readonly versions: readonly UploadedVersion[];
}

export interface UploadedVersion {
  /** Null when the camera wrote none down. */
  readonly version: number | null;
  readonly sentNs: number;
  /** Null when it was not acknowledged. */
  readonly acknowledgedNs: number | null;
}

export function uploadsOf(record: RecordReader): Uploads {
  const events = new Map<string, UploadedEvent>();
  const sent = record.rows(
    'op',
    ['actorId', 'askedEventId', 'version', 'sentNs', 'doneNs', 'outcome'],
    { kind: 'upload', sentNs: { not: null }, askedEventId: { not: null } },
  );
  for (const { actorId, askedEventId, version, sentNs, doneNs, outcome } of sent) {
    if (askedEventId === null || sentNs === null) continue;
    const acknowledgedNs = outcome === 'ok' ? doneNs : null;
    const before = events.get(askedEventId);
    const { fromNs = sentNs, toNs = sentNs } = before?.onItsWay ?? {};
    events.set(askedEventId, {
      deviceId: before?.deviceId ?? actorId,
      onItsWay: {
        fromNs: Math.min(fromNs, sentNs),
        toNs: Math.max(toNs, acknowledgedNs ?? Number.POSITIVE_INFINITY),
      },
      versions: [...(before?.versions ?? []), { version, sentNs, acknowledgedNs }],
    });
  }
  return { of: (eventId) => events.get(eventId), count: events.size };
}

/** The newest version that was acknowledged before that moment; undefined when none was. */
export function newestBefore(event: UploadedEvent, atNs: number): number | undefined {
  let newest: number | undefined;
  for (const { version, acknowledgedNs } of event.versions)
    if (version !== null && acknowledgedNs !== null && acknowledgedNs < atNs)
      newest = Math.max(newest ?? version, version);
  return newest;
}
