import type { CameraRow, OpOutcome, Recorder } from '../model/rows.ts';
import type { Nanoseconds } from '../model/world.ts';

/** When a camera was told its owner, and what it was told. */
export interface Told {
  readonly atNs: Nanoseconds;
  readonly deviceId: string;
  readonly ownerId: string;
}

export interface AttemptEnd {
  readonly deviceId: string;
  readonly attempt: number;
  readonly plannedNs: Nanoseconds;
  readonly startedNs: Nanoseconds | null;
  readonly told: Told | null;
  readonly closedNs: Nanoseconds | null;
  readonly outcome: CameraRow['outcome'];
  readonly code: number | null;
  readonly error: string | null;
}

/** Writes the row of one attempt, once it has ended. */
export function writeAttempt(recorder: Recorder, { told, ...end }: AttemptEnd): void {
  recorder.camera({
    id: recorder.nextId('camera'),
    ...end,
    toldNs: told?.atNs ?? null,
    toldOwnerId: told?.ownerId ?? null,
    toldDeviceId: told?.deviceId ?? null,
  });
}

export interface UploadEnd {
  readonly deviceId: string;
  readonly requestId: string;
  readonly eventId: string | null;
  readonly version: number | null;
  readonly sentNs: Nanoseconds;
  readonly doneNs: Nanoseconds | null;
  readonly outcome: OpOutcome;
  readonly error: string | null;
}

/** A camera uploads as soon as it is told its owner, so the moment it intended is the moment it did. */
export function writeUpload(recorder: Recorder, { deviceId, eventId, ...end }: UploadEnd): void {
  recorder.op({
    id: recorder.nextId('op'),
    actorKind: 'camera',
    actorId: deviceId,
    canary: false,
    kind: 'upload',
    intendedNs: end.sentNs,
    status: null,
    toldUserId: null,
    askedEventId: eventId,
    askedDeviceId: null,
    credential: 'session',
    cookieUserId: null,
    webCache: null,
    ...end,
  });
}
