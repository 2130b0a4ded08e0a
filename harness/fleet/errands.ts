import type { OpKind } from '../model/rows.ts';
import type { Nanoseconds } from '../model/world.ts';
import type { PictureSurface } from './gallery.ts';
import type { HttpAnswer } from './http-answer.ts';
import { type ListEntry, readList, readToken } from './list-answer.ts';
import { readMultipart, type ThumbnailPart } from './multipart.ts';

/** One thing asked of the backend. */
export interface Errand<Value> {
  readonly kind: OpKind;
  /** POST with a body and GET without one, unless told. */
  readonly method?: 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly intendedNs: Nanoseconds;
  readonly askedEventId: string | null;
  /** The device that is to be changed, where one is. */
  readonly askedDeviceId?: string;
  /** Makes sense of a 2xx answer; a text says what is odd about it. */
  readonly read: (answer: HttpAnswer) => Value | string;
}

export function loginErrand(
  account: { readonly userId: string; readonly password: string },
  intendedNs: Nanoseconds,
): Errand<{ readonly token: string }> {
  return {
    kind: 'login',
    path: '/v1/sessions',
    body: account,
    intendedNs,
    askedEventId: null,
    read: ({ body }) => readToken(body),
  };
}

export function listErrand(
  pageSize: number,
  intendedNs: Nanoseconds,
): Errand<readonly ListEntry[]> {
  return {
    kind: 'list',
    path: `/v1/events?limit=${pageSize}`,
    intendedNs,
    askedEventId: null,
    read: ({ body }) => readList(body),
  };
}

export function thumbnailsErrand(
  entries: readonly ListEntry[],
  intendedNs: Nanoseconds,
): Errand<readonly ThumbnailPart[]> {
  const ids = entries.map(({ eventId }) => encodeURIComponent(eventId)).join(',');
  return {
    kind: 'thumbnails',
    path: `/v1/thumbnails?events=${ids}`,
    intendedNs,
    askedEventId: null,
    read: ({ headers, body }) => {
      const answer = readMultipart(headers.get('content-type'), body);
      return answer.state === 'whole' ? answer.parts : answer.says;
    },
  };
}

export function pictureErrand(
  surface: PictureSurface,
  eventId: string,
  intendedNs: Nanoseconds,
): Errand<Uint8Array> {
  const last = surface === 'clip' ? 'clip' : 'picture';
  return {
    kind: surface === 'clip' ? 'clip' : 'enlarge',
    path: `/v1/events/${encodeURIComponent(eventId)}/${last}`,
    intendedNs,
    askedEventId: eventId,
    read: ({ body }) => body,
  };
}

/** What a camera sees now. */
export function liveErrand(deviceId: string, intendedNs: Nanoseconds): Errand<Uint8Array> {
  return {
    kind: 'live',
    path: `/v1/devices/${encodeURIComponent(deviceId)}/live`,
    intendedNs,
    askedEventId: null,
    askedDeviceId: deviceId,
    read: ({ body }) => body,
  };
}

/** Ends the session that is shown. */
export function logoutErrand(intendedNs: Nanoseconds): Errand<true> {
  return {
    kind: 'logout',
    method: 'DELETE',
    path: '/v1/sessions/current',
    intendedNs,
    askedEventId: null,
    read: () => true,
  };
}

/** Lets another user see a device. */
export function shareErrand(
  { deviceId, userId }: { readonly deviceId: string; readonly userId: string },
  intendedNs: Nanoseconds,
): Errand<true> {
  return {
    kind: 'share',
    path: `/v1/devices/${encodeURIComponent(deviceId)}/shares`,
    body: { userId },
    intendedNs,
    askedEventId: null,
    askedDeviceId: deviceId,
    read: () => true,
  };
}
