import type { Plan } from '../model/plan.ts';
import type { Device, User } from '../model/population.ts';
import type {
  CacheCallRow,
  CameraRow,
  ChangeRow,
  OpRow,
  OriginRow,
  PhaseRow,
  ShownRow,
  SweepRow,
  ToldRow,
  WireConnectionRow,
} from '../model/rows.ts';

/*
 * A small world for tests: ann, ben and cleo own one camera each, ben may also see ann's, and tweety is the canary.
 * Warm lasts from 0 to 100 ns, outage to 200, herd to 300, calm to 400.
 */

const user = (userId: string, role: User['role'] = 'viewer'): User => ({
  userId,
  name: userId,
  subscription: 'standard',
  role,
});

const device = (deviceId: string, ownerId: string, ...sharedWith: string[]): Device => ({
  deviceId,
  name: deviceId,
  ownerId,
  sharedWith,
  backOff: { policy: 'immediate', delayMs: 10 },
});

export const plan: Plan = {
  format: 1,
  scenario: 'cache-outage',
  seed: 7,
  population: {
    users: [user('ann'), user('ben'), user('cleo'), user('tweety', 'canary')],
    devices: [
      device('ann-door', 'ann', 'ben'),
      device('ben-yard', 'ben'),
      device('cleo-crib', 'cleo'),
      device('tweety-cage', 'tweety'),
    ],
  },
  habits: { tapShare: 0.1, thinkMsMin: 1, thinkMsMax: 2, pageSize: 10 },
  heartbeatMs: 1000,
  steps: [
    { type: 'phase', name: 'warm', atMs: 0, forMs: 100 },
    { type: 'arrivals', who: 'cameras', atMs: 0, overMs: 100, uploadShare: 1 },
    {
      type: 'fault-on',
      faultId: 'kill-cache',
      atMs: 100,
      fault: { kind: 'kill', service: 'cache' },
    },
  ],
  checks: ['own-data-only', 'mapping', 'settles', 'served', 'fault-bit', 'canary'],
  requestDeadlineMs: 2000,
  deadlineMs: 10_000,
};

export const phases: readonly Omit<PhaseRow, 'id'>[] = [
  { name: 'warm', fromNs: 0, toNs: 100 },
  { name: 'outage', fromNs: 100, toNs: 200 },
  { name: 'herd', fromNs: 200, toNs: 300 },
  { name: 'calm', fromNs: 300, toNs: 400 },
];

type Row<Whole> = Omit<Whole, 'id'> & { readonly id?: number };
type Changes<Whole> = Partial<Whole>;

export const shown = (changes: Changes<ShownRow>): Row<ShownRow> => ({
  opId: 1,
  viewerId: 'ann',
  canary: false,
  swapped: false,
  surface: 'thumbnail',
  requestedNs: 310,
  shownNs: 320,
  askedEventId: 'event-1',
  askedDeviceId: null,
  state: 'intact',
  ownerId: 'ann',
  deviceId: 'ann-door',
  eventId: 'event-1',
  version: 1,
  tailDeviceId: null,
  bytes: 5000,
  digest: null,
  ...changes,
});

export const op = (changes: Changes<OpRow>): Row<OpRow> => ({
  actorKind: 'viewer',
  actorId: 'ann',
  canary: false,
  kind: 'list',
  requestId: 'r-1',
  intendedNs: 310,
  sentNs: 310,
  doneNs: 320,
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
  ...changes,
});

export const camera = (changes: Changes<CameraRow>): Row<CameraRow> => ({
  deviceId: 'ann-door',
  attempt: 1,
  plannedNs: 10,
  startedNs: 10,
  toldNs: 20,
  toldOwnerId: 'ann',
  toldDeviceId: 'ann-door',
  closedNs: null,
  outcome: 'connected',
  code: null,
  error: null,
  ...changes,
});

/** Every camera of the plan, connected and rightly told. */
export const allCameras: readonly Row<CameraRow>[] = plan.population.devices.map(
  ({ deviceId, ownerId }) => camera({ deviceId, toldDeviceId: deviceId, toldOwnerId: ownerId }),
);

export const told = (changes: Changes<ToldRow>): Row<ToldRow> => ({
  deviceId: 'ann-door',
  atNs: 50,
  toldDeviceId: 'ann-door',
  toldOwnerId: 'ann',
  surface: 'heartbeat',
  ...changes,
});

export const cacheCall = (changes: Changes<CacheCallRow>): Row<CacheCallRow> => ({
  callId: 1,
  requestId: 'r-1',
  call: 'get',
  key: 'thumb:event-1',
  startedNs: 110,
  doneNs: 120,
  outcome: 'error',
  bytes: null,
  digest: null,
  error: 'connection lost',
  ...changes,
});

export const wireConnection = (changes: Changes<WireConnectionRow>): Row<WireConnectionRow> => ({
  connection: 1,
  door: 1,
  openedNs: 0,
  closedNs: 110,
  closedBy: 'server',
  how: null,
  faultId: null,
  outstanding: 0,
  ...changes,
});

/** An event that a camera sent before anybody asked for anything. */
export const upload = (changes: Changes<OpRow>): Row<OpRow> =>
  op({
    actorKind: 'camera',
    actorId: 'ann-door',
    kind: 'upload',
    askedEventId: 'event-1',
    version: 1,
    intendedNs: 20,
    sentNs: 20,
    doneNs: 25,
    status: null,
    toldUserId: null,
    ...changes,
  });

export const change = (changes: Changes<ChangeRow>): Row<ChangeRow> => ({
  kind: 'unshare',
  deviceId: 'ann-door',
  byUserId: 'ann',
  otherUserId: 'ben',
  requestId: 'r-2',
  requestedNs: 50,
  doneNs: 60,
  outcome: 'ok',
  ...changes,
});

export const sweep = (changes: Changes<SweepRow>): Row<SweepRow> => ({
  store: 'cache',
  key: 'device:ann-door:owner',
  atNs: 500,
  state: null,
  ownerId: null,
  deviceId: null,
  eventId: null,
  version: null,
  tailDeviceId: null,
  value: '{"ownerId":"ann"}',
  bytes: 17,
  digest: '0123456789abcdef',
  ...changes,
});

export const origin = (changes: Changes<OriginRow>): Row<OriginRow> => ({
  key: 'thumb:event-1',
  atNs: 30,
  requestId: 'r-1',
  digest: '0123456789abcdef',
  ...changes,
});
