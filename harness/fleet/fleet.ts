import type { Duplex } from 'node:stream';
import type { Plan } from '../model/plan.ts';
import type { Recorder } from '../model/rows.ts';
import type { Endpoint } from '../model/target.ts';
import type { Nanoseconds, World } from '../model/world.ts';
import { expandArrivals, loadEndsMs } from '../plan/arrivals.ts';
import { expandChanges } from '../plan/changes.ts';
import { seededRng } from '../plan/rng.ts';
import { type Crc32, stampKey } from '../thumbnail/checksum.ts';
import type { JpegDecoder } from '../thumbnail/code-reading.ts';
import { type Agenda, agenda, type Sleeper } from './agenda.ts';
import { type CameraCrowd, cameraCrowd } from './camera-crowd.ts';
import { type Credentials, referenceCredentials } from './credentials.ts';
import { eventBook } from './event-book.ts';
import { type FleetLimits, fleetLimits } from './fleet-limits.ts';
import { type Gallery, gallery } from './gallery.ts';
import { attemptsUntil, type Intruder, intruder } from './intruder.ts';
import { tcpConnector } from './loopback.ts';
import { type Owners, owners } from './owners.ts';
import { rightsBook } from './rights.ts';
import { type FleetProgress, type Tally, tally } from './tally.ts';
import { viewerConnection } from './viewer-client.ts';
import { type ViewerCrowd, viewerCrowd } from './viewer-crowd.ts';

export type { FleetProgress } from './tally.ts';

export interface FleetOptions {
  readonly world: World;
  readonly plan: Plan;
  readonly backend: Endpoint;
  /** Where viewers go instead, when something stands before the backend. */
  readonly viewersAt?: Endpoint;
  readonly recorder: Recorder;
  /** The checksum of the stamps; `zlib.crc32` is the fastest. */
  readonly crc32: Crc32;
  /** For pictures that something on the way has encoded again; without it they name nobody. */
  readonly decodeJpeg?: JpegDecoder;
  /** The beginning of a SHA-1, as other processes write it of what they saw; without it no picture has one. */
  readonly digest?: (bytes: Uint8Array) => string;
  readonly onProgress: (progress: FleetProgress) => void;
  readonly limits?: Partial<FleetLimits>;
  readonly credentials?: Credentials;
  /** A new stream of bytes to the backend; TCP unless given. */
  readonly connect?: () => Duplex;
}

/** The whole run of a fleet, in numbers. Everything behind them is in the record. */
export interface FleetSummary extends FleetProgress {
  /** Pictures of canaries that the harness swapped on purpose. */
  readonly swaps: number;
  /** Suspicious pictures beyond what is kept as evidence. */
  readonly evidenceDropped: number;
}

/**
 * Lets the plan's cameras and viewers live through their arrivals, and writes down what they were told and shown. Faults and floods are
 * other people's. When the load of the plan has ended nothing new is begun, what is open is awaited up to its deadline, and every
 * connection is closed. Rejects with the signal's reason, within a second and with all rows written, when aborted.
 */
export async function runFleet(options: FleetOptions, signal: AbortSignal): Promise<FleetSummary> {
  signal.throwIfAborted();
  const { plan, world, onProgress } = options;
  const stopped = Promise.withResolvers<never>();
  // Somebody must be listening when it rejects before it is awaited.
  stopped.promise.catch(() => undefined);
  const counted = tally();
  const schedule = agenda({ clock: world.clock, onFailure: stopped.reject });
  const { cameras, viewers, shown, stranger, holders } = assemble(options, {
    schedule,
    counted,
    onFailure: stopped.reject,
  });
  const onAbort = (): void => stopped.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const arrivals = expandArrivals(plan, seededRng(plan.seed));
    follow(schedule, arrivals.cameras, (arrival, plannedNs) => cameras.come(arrival, plannedNs));
    follow(schedule, arrivals.visits, ({ userId, hangUpAfterMs }, plannedNs) =>
      viewers.visit(userId, plannedNs, hangUpAfterMs),
    );
    follow(schedule, expandChanges(plan, seededRng(plan.seed)), (change) => holders.change(change));
    const endsMs = loadEndsMs(plan.steps);
    const { perSecond } = plan.intruder ?? { perSecond: 0 };
    attemptsUntil(
      { agenda: schedule, clock: world.clock },
      { perSecond, untilNs: endsMs * 1e6 },
      stranger.attempt,
    );
    everySecond(schedule, world.clock.nowNs(), () => onProgress(counted.progress()));
    const life = lifeOf({ cameras, viewers, shown, stranger, holders }, { schedule, endsMs });
    await Promise.race([stopped.promise, life]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // After a life that has ended there is nothing left to interrupt.
    cameras.interrupt();
    viewers.interrupt();
    stranger.interrupt();
    holders.settle();
    schedule.stop();
    await Promise.all([cameras.ended(), viewers.ended(), stranger.ended(), holders.ended()]);
    onProgress(counted.progress());
  }
  const { swaps, evidenceDropped } = shown;
  return { ...counted.total(), swaps, evidenceDropped };
}

async function lifeOf(
  { cameras, viewers, stranger, holders }: Crowds,
  { schedule, endsMs }: { readonly schedule: Agenda; readonly endsMs: number },
): Promise<void> {
  await schedule.sleepUntil(endsMs * 1e6);
  holders.settle();
  await holders.ended();
  await viewers.settle();
  await stranger.ended();
  cameras.settle();
  await cameras.ended();
}

interface Crowds {
  readonly cameras: CameraCrowd;
  readonly viewers: ViewerCrowd;
  readonly shown: Gallery;
  readonly stranger: Intruder;
  readonly holders: Owners;
}

function assemble(
  options: FleetOptions,
  { schedule, counted, onFailure }: Pick<Parts, 'schedule' | 'counted' | 'onFailure'>,
): Crowds {
  const { plan, world, recorder, crc32, backend, viewersAt = backend } = options;
  const { population } = plan;
  const rng = seededRng(plan.seed).fork('fleet');
  const key = stampKey(plan.seed);
  const book = eventBook({ population, rng, key, crc32 });
  const { decodeJpeg, digest } = options;
  const credentials = options.credentials ?? referenceCredentials;
  const account = accountFor(population, credentials);
  const shown = gallery({
    population,
    recorder,
    tally: counted,
    book,
    key,
    crc32,
    ...(decodeJpeg === undefined ? {} : { decodeJpeg }),
    ...(digest === undefined ? {} : { digest }),
    watched: account?.user.userId,
  });
  const shared = {
    clock: world.clock,
    agenda: schedule,
    rng,
    recorder,
    tally: counted,
    deadlineMs: plan.requestDeadlineMs,
    limits: { ...fleetLimits, ...options.limits },
    ...credentials,
  };
  const wayTo = ({ host, port }: Endpoint) => ({
    authority: `${host}:${port}`,
    connect:
      options.connect ??
      tcpConnector(
        { host, port },
        {
          connections: population.devices.length + population.users.length,
          platform: process.platform,
        },
      ),
  });
  const wayOfViewers = wayTo(viewersAt);
  const rights = rightsBook();
  const viewers = viewerCrowd(population.users, {
    ...shared,
    ...wayOfViewers,
    gallery: shown,
    habits: plan.habits,
    onFailure,
  });
  return {
    shown,
    viewers,
    holders: owners({ ...shared, population, viewers, rights, onFailure }),
    stranger: intruder({
      ...shared,
      gallery: shown,
      account,
      openConnection: () => viewerConnection({ ...wayOfViewers, clock: world.clock }),
      onFailure,
    }),
    cameras: cameraCrowd(population.devices, {
      ...shared,
      ...wayTo(backend),
      heartbeatMs: plan.heartbeatMs,
      book,
      rights,
      renewShare: plan.renewShare ?? 0,
    }),
  };
}

/** Somebody who has something to hide. */
function accountFor({ users, devices }: Plan['population'], { passwordOf }: Credentials) {
  for (const user of users) {
    const own = devices.find(({ ownerId }) => ownerId === user.userId);
    if (user.role === 'viewer' && own !== undefined)
      return { user, password: passwordOf(user.userId), deviceId: own.deviceId };
  }
  return undefined;
}

interface Parts {
  readonly schedule: Agenda;
  readonly counted: Tally;
  readonly onFailure: (error: unknown) => void;
}

/** Each arrival goes into the agenda when the one before it is due: a plan of a million visits is not a million entries. */
function follow<Arrival extends { readonly atMs: number }>(
  schedule: Agenda,
  arrivals: readonly Arrival[],
  arrive: (arrival: Arrival, plannedNs: Nanoseconds) => void,
): void {
  let next = 0;
  const momentNs = (): Nanoseconds => Math.round((arrivals[next]?.atMs ?? 0) * 1e6);
  const sleeper: Sleeper = {
    wake: (plannedNs) => {
      const arrival = arrivals[next];
      if (arrival === undefined) return;
      next += 1;
      if (next < arrivals.length) schedule.at(momentNs(), sleeper);
      arrive(arrival, plannedNs);
    },
  };
  if (arrivals.length > 0) schedule.at(momentNs(), sleeper);
}

function everySecond(schedule: Agenda, fromNs: Nanoseconds, tell: () => void): void {
  const sleeper: Sleeper = {
    wake: (plannedNs) => {
      schedule.at(plannedNs + 1e9, sleeper);
      tell();
    },
  };
  schedule.at(fromNs + 1e9, sleeper);
}
