import type { CameraRow, ChangeRow, EvidenceRow, OpRow, ShownRow, ToldRow } from '../model/rows.ts';
import {
  added,
  blob,
  blobOrNull,
  flag,
  integer,
  integerOrNull,
  oneOf,
  type Table,
  text,
  textOrNull,
} from './column.ts';
import { readingStates } from './reading-states.ts';

/** What people and cameras asked, and what they were given. */
export const viewerTables: {
  readonly op: Table<OpRow>;
  readonly shown: Table<ShownRow>;
  readonly evidence: Table<EvidenceRow>;
  readonly camera: Table<CameraRow>;
  readonly told: Table<ToldRow>;
  readonly change: Table<ChangeRow>;
} = {
  op: {
    says: 'One request of a viewer, or an upload of a camera.',
    columns: {
      id: integer('unique within the table'),
      actorKind: oneOf('who asked', { viewer: 'a user of the app', camera: 'a camera' }),
      actorId: text('the user or the device; empty for somebody who names no user'),
      canary: flag('1 for a canary viewer, who is left out of the verdict'),
      kind: oneOf('what was asked', {
        login: 'a new session',
        logout: 'the end of a session',
        list: 'a page of the Events tab',
        thumbnails: 'the pictures of that page',
        enlarge: 'the picture that was tapped',
        clip: 'the video of it',
        live: 'what a camera sees now',
        share:
          'that a user may see a device, by somebody without a right to; rightful changes are in `change`',
        upload: 'a new event of a camera',
      }),
      requestId: text('sent as `x-request-id`; the answer must echo it'),
      intendedNs: integer('when the plan wanted it sent'),
      sentNs: integerOrNull('when it was sent; null when it never was'),
      doneNs: integerOrNull('when it ended, one way or the other; null when it never settled'),
      outcome: oneOf('how it ended', {
        ok: 'answered with a 2xx',
        refused: 'answered with an error status',
        failed: 'the connection failed or was cut',
        expired: 'not answered within the deadline',
        unsent: 'the generator could not send it',
        'wrong-echo': "the answer named another request's id, so its body is not judged",
      }),
      status: integerOrNull('HTTP status; null when none arrived'),
      toldUserId: textOrNull('whom the backend said it served; null when it said nothing'),
      askedEventId: textOrNull('the event that was asked for or uploaded, where one was'),
      askedDeviceId: added(
        textOrNull('the device whose live view was asked for, or that was to be shared'),
        null,
      ),
      version: added(
        integerOrNull('version of the event that was uploaded; null for everything else'),
        null,
      ),
      credential: added(
        oneOf('what the request showed of who sends it', {
          session: 'a session of its sender, or the password for a new one',
          none: 'nothing',
          ended: 'a session that has ended, or a token that never was one',
        }),
        'session',
      ),
      cookieUserId: added(
        textOrNull(
          'the user whose session a `Set-Cookie` of the answer hands over; null when there was none',
        ),
        null,
      ),
      webCache: added(
        textOrNull('what the answer said in `x-cache`; null when it said nothing'),
        null,
      ),
      error: textOrNull('what went wrong'),
    },
  },
  shown: {
    says: 'One picture or list entry that a viewer was given: what the bytes said, beside what was asked.',
    columns: {
      id: integer('unique within the table'),
      opId: integer('the request in `op`'),
      viewerId: text('the user who was given it; empty for somebody who names no user'),
      canary: flag('1 for a canary viewer, who is left out of the verdict'),
      swapped: flag('1 when the harness swapped these bytes itself, on purpose'),
      surface: oneOf('where it was shown', {
        list: 'an entry of the Events tab',
        thumbnail: 'a picture on the Events tab',
        enlarge: 'a tapped picture',
        clip: 'a video',
        live: 'what a camera sees now',
      }),
      requestedNs: integer('when it was asked for'),
      shownNs: integer('when it had arrived'),
      askedEventId: textOrNull('the event that was asked for'),
      askedDeviceId: added(textOrNull('the device whose live view was asked for'), null),
      state: oneOf('what could be read from the bytes', readingStates),
      ownerId: textOrNull('owner named by the head stamp, or by the code of a recoded picture'),
      deviceId: textOrNull('device named by the head stamp, the code or the list entry'),
      eventId: textOrNull('event named by the head stamp, the code or the list entry'),
      version: integerOrNull('version named by the head stamp, the code or the list entry'),
      tailDeviceId: textOrNull('device named by the tail stamp of a blended picture'),
      bytes: integer('length of the body'),
      digest: added(
        textOrNull(
          'first 16 hexadecimal digits of the SHA-1 of the bytes, where they are not those of what was asked for',
        ),
        null,
      ),
    },
  },
  evidence: {
    says: 'The offending bytes of a row of `shown`, as JPEG.',
    columns: {
      id: integer('unique within the table'),
      shownId: integer('the row in `shown`'),
      shown: blob('what arrived'),
      asked: blobOrNull('what should have arrived, rendered again; null when that cannot be known'),
    },
  },
  camera: {
    says: 'One attempt of a camera to be connected.',
    columns: {
      id: integer('unique within the table'),
      deviceId: text('the camera'),
      attempt: integer('counts from 1 within one device'),
      plannedNs: integer('when its policy wanted it'),
      startedNs: integerOrNull('when it began; null when it never did'),
      toldNs: integerOrNull('when the backend told it its owner; null when that never came'),
      toldOwnerId: textOrNull('the owner that it was told'),
      toldDeviceId: textOrNull('the device that the backend said it was talking to'),
      closedNs: integerOrNull('when the connection ended; null while it was open'),
      outcome: oneOf('how it went', {
        connected: 'the backend accepted it and told it its owner',
        refused: 'the backend refused the upgrade',
        failed: 'the connection failed or was cut before it was told',
        expired: 'not told within the deadline',
        'wrong-echo': "the greeting named another request's id, so it is not judged",
      }),
      code: integerOrNull('HTTP status of a refusal, or WebSocket close code'),
      error: textOrNull('what went wrong'),
    },
  },
  told: {
    says: 'A camera was told its owner again on a connection that it already held.',
    columns: {
      id: integer('unique within the table'),
      deviceId: text('the camera'),
      atNs: integer('when'),
      toldDeviceId: text('the device that the backend said it was talking to'),
      toldOwnerId: text('the owner that it was told'),
      surface: oneOf('what it had sent', { heartbeat: 'a heartbeat', upload: 'an event' }),
    },
  },
  change: {
    says: 'A change of who may see a device, made by its owner while the run went on.',
    before: 'empty',
    columns: {
      id: integer('unique within the table'),
      kind: oneOf('what was asked for', {
        share: 'another user may see it as well',
        unshare: 'that user may not any more',
        transfer: 'it belongs to another user, and shares end',
        remove: 'it is gone, with its events',
      }),
      deviceId: text('the camera'),
      byUserId: text('the owner who asked for it'),
      otherUserId: textOrNull('who gains or loses; null for a removal'),
      requestId: text('sent as `x-request-id`'),
      requestedNs: integer('when it was sent'),
      doneNs: integerOrNull('when it was answered; null when it never was'),
      outcome: oneOf('how it ended; only `ok` says that it was made', {
        ok: 'answered with a 2xx',
        refused: 'answered with an error status',
        failed: 'the connection failed or was cut',
        expired: 'not answered within the deadline',
        unsent: 'the generator could not send it',
        'wrong-echo': "the answer named another request's id",
      }),
    },
  },
};
