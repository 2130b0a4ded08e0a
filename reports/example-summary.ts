import type { BlastRadius, CheckedFinding, Verdict } from '../harness/model/finding.ts';
import { exampleAttribution } from './example-attribution.ts';
import type { LeakedPicture, RunSummary, Timeline } from './summary.ts';

/**
 * Runs that never happened, one for each outcome, so that tests and the picture in the README have something rich to show. Every
 * number is computed from the bucket's index, so that two renderings are the same bytes.
 */
export function exampleSummary(outcome: Verdict['outcome'], pictures: ExamplePictures): RunSummary {
  const failing = outcome === 'fail';
  return {
    run: {
      scenario: 'cache-outage',
      seed: 42,
      target: 'ioredis',
      targetVersion: failing ? '4.16.0' : '6.0.0',
      cache: 'redis-server 7.0.15 (own process)',
      state: 'complete',
      reason: '',
      startedAt: '2026-02-16T09:30:00.000Z',
      durationMs: 48_000,
      cameras: 2000,
      users: 480,
      canaries: 20,
      versions: [
        { name: 'node', value: '24.21.0' },
        { name: 'crosswire', value: '0.1.0' },
        { name: 'linux', value: '6.8.0' },
      ],
      circumstances: [{ name: 'mitigations', value: 'none' }],
    },
    verdict: { outcome, findings: exampleFindings(outcome), blastRadius: failing ? FAR : NOWHERE },
    fleet: null,
    phases: [
      { name: 'warm', fromMs: 0, toMs: 12_000 },
      { name: 'outage', fromMs: 12_000, toMs: 18_000 },
      { name: 'herd', fromMs: 18_000, toMs: 38_000 },
      { name: 'calm', fromMs: 38_000, toMs: 48_000 },
    ],
    faults: exampleFaults(),
    timeline: exampleTimeline(failing),
    leaks: failing
      ? { total: 391, marked: 391, pictures: examplePictures(pictures) }
      : { total: 0, marked: 0, pictures: [] },
    floods: [
      {
        fromMs: 4000,
        toMs: 40_000,
        requests: 120_331,
        errors: 1203,
        non2xx: 8804,
        latencyMsP50: 3.4,
        latencyMsP99: 211,
      },
    ],
    attribution: failing ? exampleAttribution : null,
    selfAudit: { target: 'ioredis', targetVersion: '4.16.0', violations: 212, examined: 3104 },
    replay: `npx crosswire run cache-outage --target ioredis@${failing ? '4.16.0' : '6.0.0'} --seed 42`,
    record: 'crosswire-runs/cache-outage-42/record.sqlite',
    reports: [
      { format: 'html', path: 'crosswire-runs/cache-outage-42/report.html' },
      { format: 'junit', path: 'crosswire-runs/cache-outage-42/junit.xml' },
    ],
  };
}

/** Two JPEGs for each leak: what was shown and what was asked for. */
export type ExamplePictures = (index: number) => Pick<LeakedPicture, 'shown' | 'asked'>;

const NOWHERE: BlastRadius = {
  users: 480,
  usersReceived: 0,
  usersReceivedPictures: 0,
  usersTapped: 0,
  videosPlayed: 0,
  usersExposed: 0,
  strangersPerExposedUser: null,
  usersAffected: 0,
  usersAffectedShare: 0,
  firstAtMs: null,
  lastAtMs: null,
  stillLeakingAfterCalm: false,
};

const FAR: BlastRadius = {
  users: 480,
  usersReceived: 183,
  usersReceivedPictures: 171,
  usersTapped: 21,
  videosPlayed: 3,
  usersExposed: 201,
  strangersPerExposedUser: { median: 2, max: 7 },
  usersAffected: 266,
  usersAffectedShare: 0.5541666667,
  firstAtMs: 19_240,
  lastAtMs: 37_902,
  stillLeakingAfterCalm: false,
};

function exampleFindings(outcome: Verdict['outcome']): readonly CheckedFinding[] {
  const pass = (
    check: CheckedFinding['check'],
    examined: number,
    says: string,
  ): CheckedFinding => ({
    check,
    outcome: 'pass',
    examined,
    upperBound95: 1 - 0.05 ** (1 / examined),
    says,
  });
  const own: CheckedFinding =
    outcome === 'fail'
      ? {
          check: 'own-data-only',
          outcome: 'fail',
          examined: 48_211,
          count: 391,
          violations: Array.from({ length: 391 }, (_, index) => ({
            says: `user-${String(index).padStart(4, '0')} was shown device-00317 of user-0099`,
            evidence: [{ table: 'shown', id: index + 1 }],
          })),
          says: "391 of 48,211 pictures and list entries show a stranger's device, to 183 users",
        }
      : pass('own-data-only', 48_211, 'pictures and list entries');
  return [
    own,
    pass('mapping', 12_004, 'owners that cameras were told'),
    pass('settles', 61_002, '59,002 requests ended; 2,000 of 2,000 cameras are back'),
    pass('fault-bit', 3, '74 connections cut, 1 kill, 1,204 cache calls failed'),
    outcome === 'inconclusive'
      ? {
          check: 'canary',
          outcome: 'inconclusive',
          reason: '2 of 24 planted swaps were not flagged',
        }
      : pass('canary', 24, 'all of 24 planted swaps were flagged'),
    pass('served', 3000, '99.87 % of 3,000 reads in calm succeeded'),
  ];
}

function exampleFaults(): RunSummary['faults'] {
  const cuts = (
    kind: string,
    says: string,
    [everyMs, count]: readonly [number, number],
  ): RunSummary['faults'] =>
    Array.from({ length: count }, (_, index) => ({
      faultId: `${kind.includes('inside') ? 'cut-inside' : 'cut-between'}-${String(index + 1)}`,
      says,
      kind,
      fromMs: 18_500 + index * everyMs,
      toMs: 18_500 + index * everyMs + 180 + ((index * 37) % 140),
      bit: index % 6 === 5 ? 0 : 1,
    }));
  return [
    {
      faultId: 'kill-cache',
      says: 'cache killed',
      kind: 'cache killed',
      fromMs: 12_000,
      toMs: 18_000,
      bit: 1,
    },
    ...cuts(
      'connections cut between replies',
      'connection cut after 2 replies of a pipeline of 6 or more (RST)',
      [500, 30],
    ),
    ...cuts(
      'connections cut inside a reply',
      'connection cut 1,204 bytes into a reply to GET of thumb:* (FIN)',
      [2500, 6],
    ),
  ];
}

const BUCKETS = 240;
const BUCKET_MS = 200;

function exampleTimeline(failing: boolean): Timeline {
  const atMs = Array.from({ length: BUCKETS }, (_, index) => index * BUCKET_MS);
  const column = (value: (at: number, wobble: number) => number): readonly number[] =>
    atMs.map((at, index) => Math.max(0, Math.round(value(at / 1000, wobble(index)))));
  const latency = (value: (at: number, wobble: number) => number): readonly (number | null)[] =>
    atMs.map((at, index) =>
      at >= 47_600 ? null : Number(Math.max(0.3, value(at / 1000, wobble(index))).toFixed(2)),
    );
  const load = (at: number): number => 150 + 260 * hump(at, 20, 3.2);
  const down = (at: number): boolean => at >= 12 && at < 18;
  return {
    bucketMs: BUCKET_MS,
    atMs,
    requests: {
      ok: column((at, wave) =>
        down(at) ? 0 : load(at) * (1 + 0.08 * wave) * (at < 19.5 && at >= 18 ? 0.4 : 1),
      ),
      refused: column((at, wave) => (down(at) ? 140 + 20 * wave : 110 * hump(at, 18.4, 0.8))),
      failed: column((at, wave) => (at > 18 && at < 34 ? 6 + 5 * wave : 0)),
      expired: column((at) => 24 * hump(at, 21, 1.1)),
      unsent: column((at) => 5 * hump(at, 18.6, 0.5)),
      'wrong-echo': column(() => 0),
    },
    latencyMs: {
      intended: {
        p50: latency((at, wave) => 3 + wave + 210 * hump(at, 19.6, 1.4)),
        p99: latency((at, wave) => 22 + 6 * wave + 1900 * hump(at, 20, 2)),
      },
      sent: {
        p50: latency((at, wave) => 2.6 + wave * 0.8 + 60 * hump(at, 19.4, 1.2)),
        p99: latency((at, wave) => 18 + 5 * wave + 640 * hump(at, 19.8, 1.8)),
      },
    },
    camerasConnected: column((at) => camerasAt(at)),
    cameraAttempts: column(
      (at, wave) => (at < 6 ? 66 : 0) + 520 * hump(at, 18.6, 0.9) + (down(at) ? 40 + 12 * wave : 0),
    ),
    originLoads: column(
      (at, wave) => 12 + 3 * wave + 60 * hump(at, 3, 2) + 310 * hump(at, 19.2, 1.6),
    ),
    leaks: column((at, wave) => (failing && at > 19.2 && at < 37.9 ? 4.2 + 5 * wave : 0)),
  };
}

function camerasAt(at: number): number {
  if (at < 6) return (2000 * at) / 6;
  if (at < 12) return 2000;
  if (at < 18) return 2000 - 1750 * Math.min(1, (at - 12) / 2);
  return Math.min(2000, 250 + 1750 * (1 - Math.exp(-(at - 18) / 2.4)));
}

function hump(at: number, centre: number, width: number): number {
  return Math.exp(-(((at - centre) / width) ** 2));
}

/** A fixed unevenness between -1 and 1. */
function wobble(index: number): number {
  return Math.sin(index * 12.9898) * Math.cos(index * 4.1414);
}

const NAMES = [
  'Nadia Brandt',
  'Jonas Weber',
  'Aiko Mori',
  'Tomás Rivera',
  'Grace Okafor',
  'Lena Fischer',
];
const DEVICES = ['Front door', 'Nursery', 'Garage', 'Back yard', 'Living room'];

function examplePictures(pictures: ExamplePictures): readonly LeakedPicture[] {
  return Array.from({ length: 60 }, (_, index) => ({
    viewer: person('user', index * 7 + 12, NAMES[index % NAMES.length]),
    owner: person('user', index * 11 + 99, NAMES[(index + 3) % NAMES.length]),
    device: person('device', index * 29 + 317, DEVICES[index % DEVICES.length]),
    askedEventId: `event-${String(5000 + index * 3)}`,
    surface: index % 9 === 4 ? 'enlarge' : 'thumbnail',
    state: index % 13 === 5 ? 'blended' : 'intact',
    atMs: 19_240 + index * 310,
    ...pictures(index),
  }));
}

function person(
  kind: 'user' | 'device',
  index: number,
  name: string | undefined,
): { id: string; name: string | null } {
  return {
    id: `${kind}-${String(index).padStart(kind === 'user' ? 4 : 5, '0')}`,
    name: name ?? null,
  };
}

/** The same run with every string that a record may hold replaced, to see that none of them is ever more than text. */
export function withEveryString(summary: RunSummary, hostile: string): RunSummary {
  return replaced(summary, hostile, '') as RunSummary;
}

/** Words that the code compares with, which a record cannot choose. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  'outcome',
  'check',
  'state',
  'surface',
  'table',
  'hop',
  'kind',
]);

function replaced(value: unknown, hostile: string, key: string): unknown {
  if (typeof value === 'string') return OWN_WORDS.has(key) ? value : hostile;
  if (Array.isArray(value)) return value.map((item) => replaced(item, hostile, key));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, replaced(inner, hostile, name)]),
  );
}
