import type { CheckedFinding, RowReference } from '../model/finding.ts';
import type { Plan } from '../model/plan.ts';
import type {
  AnswerRow,
  CacheCallRow,
  OpRow,
  ShownRow,
  WireConnectionRow,
  WireRow,
} from '../model/rows.ts';

/*
 * A small world for tests: ann asks for her event-a, whose picture is aaaa, and is shown ben's event-b, which is bbbb. Times are
 * nanoseconds; everything that is not of interest has a value that does no harm.
 */

export const plan: Plan = {
  format: 1,
  scenario: 'cache-outage',
  seed: 7,
  population: { users: [], devices: [] },
  habits: { tapShare: 0, thinkMsMin: 1, thinkMsMax: 2, pageSize: 10 },
  heartbeatMs: 1000,
  steps: [],
  checks: ['own-data-only'],
  requestDeadlineMs: 2000,
  deadlineMs: 10_000,
};

type Row<Whole> = Omit<Whole, 'id'> & { readonly id?: number };
type Some<Whole> = Partial<Whole>;

export const op = (some: Some<OpRow> = {}): Row<OpRow> => ({
  id: 1,
  actorKind: 'viewer',
  actorId: 'ann',
  canary: false,
  kind: 'thumbnails',
  requestId: 'r-ann',
  intendedNs: 90,
  sentNs: 90,
  doneNs: 130,
  outcome: 'ok',
  status: 200,
  toldUserId: 'ann',
  askedEventId: null,
  askedDeviceId: null,
  version: null,
  credential: 'session',
  cookieUserId: null,
  webCache: null,
  error: null,
  ...some,
});

export const shown = (some: Some<ShownRow> = {}): Row<ShownRow> => ({
  id: 1,
  opId: 1,
  viewerId: 'ann',
  canary: false,
  swapped: false,
  surface: 'thumbnail',
  requestedNs: 90,
  shownNs: 130,
  askedEventId: 'event-a',
  askedDeviceId: null,
  state: 'intact',
  ownerId: 'ben',
  deviceId: 'ben-yard',
  eventId: 'event-b',
  version: 1,
  tailDeviceId: null,
  bytes: 5000,
  digest: 'bbbb',
  ...some,
});

export const answer = (digest: string, some: Some<AnswerRow> = {}): Row<AnswerRow> => ({
  requestId: 'r-ann',
  userId: 'ann',
  place: 0,
  askedEventId: 'event-a',
  digest,
  atNs: 120,
  ...some,
});

/** Ann's request is handed the value for the key, between 100 and 110. */
export const get = (
  key: string,
  digest: string | null,
  some: Some<CacheCallRow> = {},
): Row<CacheCallRow> => ({
  callId: 1,
  requestId: 'r-ann',
  call: 'get',
  key,
  startedNs: 100,
  doneNs: 110,
  outcome: digest === null ? 'miss' : 'hit',
  bytes: digest === null ? null : 5000,
  digest,
  error: null,
  ...some,
});

/** Stored for an upload, between 10 and 20. */
export const set = (
  key: string,
  digest: string,
  some: Some<CacheCallRow> = {},
): Row<CacheCallRow> =>
  get(key, digest, {
    call: 'set',
    outcome: 'stored',
    requestId: `upload of ${key}`,
    startedNs: 10,
    doneNs: 20,
    ...some,
  });

/** A get on the wire at 102 that is answered at 104. */
export const wireGet = (
  position: number,
  key: string,
  digest: string | null,
  some: Some<WireRow> = {},
): Row<WireRow> => ({
  connection: 1,
  position,
  burst: position,
  burstPlace: 1,
  command: 'GET',
  key,
  valueDigest: null,
  commandNs: 102,
  replyNs: 104,
  replyType: '$',
  replyBytes: 5000,
  replyDigest: digest,
  pictureDeviceId: null,
  fate: 'delivered',
  faultId: null,
  ...some,
});

/** A set on the wire at 12. */
export const wireSet = (
  position: number,
  key: string,
  digest: string,
  some: Some<WireRow> = {},
): Row<WireRow> =>
  wireGet(position, key, '9ce3', {
    command: 'SET',
    valueDigest: digest,
    commandNs: 12,
    replyNs: 14,
    replyType: '+',
    ...some,
  });

export const connection = (
  ordinal: number,
  some: Some<WireConnectionRow> = {},
): Row<WireConnectionRow> => ({
  connection: ordinal,
  openedNs: 0,
  closedNs: 1000,
  closedBy: 'end',
  how: null,
  door: 1,
  faultId: null,
  outstanding: 0,
  ...some,
});

/** Both pictures are stored, rightly, by their cameras. */
export const storedCalls: readonly Row<CacheCallRow>[] = [
  set('thumb:event-a', 'aaaa'),
  set('thumb:event-b', 'bbbb'),
];
export const storedOnWire: readonly Row<WireRow>[] = [
  wireSet(1, 'thumb:event-a', 'aaaa'),
  wireSet(2, 'thumb:event-b', 'bbbb'),
];

/** One violation of that check that cites these rows. */
export const violation = (
  check: CheckedFinding['check'],
  ...evidence: readonly RowReference[]
): CheckedFinding => ({
  check,
  outcome: 'fail',
  examined: 1,
  count: 1,
  says: 'one is wrong',
  violations: [{ says: 'ann was given event-b of ben', evidence }],
});
