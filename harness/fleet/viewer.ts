import type { User, ViewerHabits } from '../model/population.ts';
import type { Nanoseconds, Rng } from '../model/world.ts';
import type { PlannedChange } from '../plan/changes.ts';
import type { Agenda } from './agenda.ts';
import type { Served } from './asking.ts';
import type { ChangeEnd } from './change-request.ts';
import { listErrand, liveErrand, pictureErrand, thumbnailsErrand } from './errands.ts';
import type { Gallery, PictureSurface, Showing } from './gallery.ts';
import type { ListEntry } from './list-answer.ts';
import type { ThumbnailPart } from './multipart.ts';
import type { ViewerConnection } from './viewer-client.ts';
import { type SessionSurroundings, viewerSession } from './viewer-session.ts';

/** What all viewers of a fleet share. */
export interface ViewerSurroundings extends SessionSurroundings {
  readonly agenda: Agenda;
  readonly rng: Rng;
  readonly gallery: Gallery;
  readonly habits: ViewerHabits;
  readonly openConnection: () => ViewerConnection;
  /** Visits of one viewer that may go on at once; further ones are `unsent`. */
  readonly visitsPerViewerMax: number;
}

/** A person with the app: one session, and a visit each time the plan says so. */
export interface Viewer {
  /**
   * Opens the app: the list, a page of thumbnails, and a tap here and there. Starts whether or not earlier visits have ended.
   * Resolves when the visit is over, whatever became of it. With `hangUpAfterMs` the app is closed that long after the planned
   * moment, in the middle of whatever it is doing.
   */
  visit(plannedNs: Nanoseconds, hangUpAfterMs?: number): Promise<void>;
  /**
   * Somebody whose right to see that device has just changed, or is about to, opens the app: the list and its thumbnails, then those
   * of the device's events that the list does not have any more but an earlier one had, then what the device sees now. Not while
   * as many such looks are going on as there may be visits.
   */
  lookAgain(deviceId: string): Promise<void>;
  /** Asks for a change of who may see a device. Undefined when it could not be asked for. */
  change(change: PlannedChange, plannedNs: Nanoseconds): Promise<ChangeEnd | undefined>;
  /** Lets visits end with what they have on the screen: nothing more is tapped. */
  settle(): void;
  /** Gives up everything at once. */
  interrupt(): void;
}

export function viewer(user: User, around: ViewerSurroundings): Viewer {
  const session = viewerSession(user, around);
  const connections = new Set<ViewerConnection>();
  const remembered = new Map<string, readonly ListEntry[]>();
  let idle: ViewerConnection | undefined;
  let visits = 0;
  let looks = 0;
  let looksOpen = 0;
  let visitsOpen = 0;
  let state: 'open' | 'settling' | 'interrupted' = 'open';

  const takeConnection = (): ViewerConnection => {
    const connection = idle ?? around.openConnection();
    idle = undefined;
    connections.add(connection);
    return connection;
  };
  /** One is kept for the next visit; those of visits that overlapped are closed. */
  const giveBack = (connection: ViewerConnection): void => {
    if (idle === undefined && state === 'open') {
      idle = connection;
      return;
    }
    connections.delete(connection);
    connection.close('the visit is over');
  };

  return {
    visit: async (plannedNs, hangUpAfterMs) => {
      if (state !== 'open') return;
      if (visitsOpen >= around.visitsPerViewerMax) {
        const errand = listErrand(around.habits.pageSize, plannedNs);
        session.writeUnsent(errand, `${visitsOpen} visits of this viewer are still open`);
        return;
      }
      visitsOpen += 1;
      visits += 1;
      const connection = takeConnection();
      const lots = around.rng.fork(`visit ${visits} of ${user.userId}`);
      let stage: 'going' | 'hung-up' | 'over' = 'going';
      const hasHungUp = (): boolean => stage === 'hung-up';
      const isOver = (): boolean => state !== 'open' || hasHungUp();
      const hangUp = (): void => {
        // By then the visit may be over, and the connection another visit's.
        if (stage !== 'going') return;
        stage = 'hung-up';
        connection.close('the viewer hung up');
      };
      if (hangUpAfterMs !== undefined)
        around.agenda.at(Math.round(plannedNs + hangUpAfterMs * 1e6), { wake: hangUp });
      try {
        const visit = { user, around, connection, session, lots, remembered, hasHungUp, isOver };
        await lookAround(visit, plannedNs);
      } finally {
        stage = 'over';
        visitsOpen -= 1;
        giveBack(connection);
      }
    },
    lookAgain: async (deviceId) => {
      if (state !== 'open' || looksOpen >= around.visitsPerViewerMax) return;
      looksOpen += 1;
      looks += 1;
      const connection = takeConnection();
      const lots = around.rng.fork(`look ${looks} of ${user.userId}`);
      const isOver = (): boolean => state !== 'open';
      const hasHungUp = (): boolean => false;
      try {
        const visit = { user, around, connection, session, lots, remembered, hasHungUp, isOver };
        await lookOnceMore(visit, deviceId);
      } finally {
        looksOpen -= 1;
        giveBack(connection);
      }
    },
    change: async (change, plannedNs) => {
      const connection = takeConnection();
      try {
        return await session.change(connection, change, plannedNs);
      } finally {
        giveBack(connection);
      }
    },
    settle: () => {
      if (state === 'open') state = 'settling';
      if (idle !== undefined) giveBack(idle);
    },
    interrupt: () => {
      state = 'interrupted';
      session.interrupt();
      for (const connection of connections) connection.close('interrupted');
    },
  };
}

interface Visit {
  readonly user: User;
  readonly around: ViewerSurroundings;
  readonly connection: ViewerConnection;
  readonly session: ReturnType<typeof viewerSession>;
  readonly lots: Rng;
  /** What this viewer's lists had last of each device. */
  readonly remembered: Map<string, readonly ListEntry[]>;
  /** True once this viewer has closed the app in the middle of this visit. */
  readonly hasHungUp: () => boolean;
  /** True once nothing more is to be tapped. */
  readonly isOver: () => boolean;
}

async function lookAround(visit: Visit, plannedNs: Nanoseconds): Promise<void> {
  const list = await openTab(visit, plannedNs);
  if (list === undefined || list.value.length === 0 || visit.hasHungUp()) return;
  const page = await lookAt(visit, list.value, list.doneNs);
  if (page === undefined) return;
  const { around, lots, hasHungUp } = visit;
  const curiosity = lots.fork('live');
  const seen = page.entries[curiosity.integer(0, Math.max(0, page.entries.length - 1))];
  const isCurious = curiosity.chance(around.habits.liveShare ?? 0);
  if (isCurious && seen !== undefined && !hasHungUp()) await watch(visit, seen.deviceId);
  await tapHereAndThere(visit, page.entries, page.doneNs);
}

async function lookOnceMore(visit: Visit, deviceId: string): Promise<void> {
  const earlier = visit.remembered.get(deviceId) ?? [];
  const list = await openTab(visit, visit.around.clock.nowNs());
  if (list === undefined || visit.isOver()) return;
  if (list.value.length > 0) await lookAt(visit, list.value, list.doneNs);
  const listed = new Set(list.value.map(({ eventId }) => eventId));
  const missing = earlier.filter(({ eventId }) => !listed.has(eventId));
  if (visit.isOver()) return;
  if (missing.length > 0) await lookAt(visit, missing, visit.around.clock.nowNs());
  if (!visit.isOver()) await watch(visit, deviceId);
}

async function openTab(
  visit: Visit,
  plannedNs: Nanoseconds,
): Promise<Served<readonly ListEntry[]> | undefined> {
  const { around, connection, session, remembered } = visit;
  const { gallery, habits } = around;
  const list = await session.ask(connection, listErrand(habits.pageSize, plannedNs));
  if (list === undefined) return undefined;
  for (const entry of list.value) gallery.listed(showing(visit, list, null), entry);
  for (const [deviceId, entries] of Map.groupBy(list.value, (entry) => entry.deviceId))
    remembered.set(deviceId, entries);
  return list;
}

/** The thumbnails of these events; undefined when there was no answer. Resolves with those that were shown. */
async function lookAt(
  visit: Visit,
  entries: readonly ListEntry[],
  plannedNs: Nanoseconds,
): Promise<{ readonly entries: readonly ListEntry[]; readonly doneNs: Nanoseconds } | undefined> {
  const { around, connection, session } = visit;
  const page = await session.ask(connection, thumbnailsErrand(entries, plannedNs));
  if (page === undefined) return undefined;
  const tiles = tilesOf(entries, page.value);
  for (const { asked, part } of tiles) {
    const shown = showing(visit, page, asked?.eventId ?? null);
    around.gallery.pictured(shown, 'thumbnail', part.bytes);
  }
  return { entries: tiles.flatMap(({ asked }) => asked ?? []), doneNs: page.doneNs };
}

/** What the device sees now. */
async function watch(visit: Visit, deviceId: string): Promise<void> {
  const { around, connection, session } = visit;
  const frame = await session.ask(connection, liveErrand(deviceId, around.clock.nowNs()));
  if (frame === undefined) return;
  const shown = { ...showing(visit, frame, null), askedDeviceId: deviceId };
  around.gallery.pictured(shown, 'live', frame.value);
}

/** One tap after the other, each after a while of thinking: whoever looks at an enlarged picture taps no other. */
async function tapHereAndThere(
  visit: Visit,
  entries: readonly ListEntry[],
  fromNs: Nanoseconds,
): Promise<void> {
  const { around, isOver, lots } = visit;
  const { agenda, habits } = around;
  let freeNs = fromNs;
  for (const entry of entries) {
    if (!lots.chance(habits.tapShare)) continue;
    const plannedNs = freeNs + lots.integer(habits.thinkMsMin, habits.thinkMsMax) * 1e6;
    if (isOver() || !(await agenda.sleepUntil(plannedNs))) return;
    // The fleet may have begun to settle meanwhile.
    if (isOver()) return;
    freeNs = await tap(visit, entry, plannedNs);
  }
}

/** Enlarges, and plays the clip where a tap does. Resolves with the moment at which the viewer is free again. */
async function tap(
  visit: Visit,
  { eventId, kind }: ListEntry,
  plannedNs: Nanoseconds,
): Promise<Nanoseconds> {
  const { around, connection, hasHungUp, session, user } = visit;
  const playsClip = kind === 'sound' || user.subscription === 'lite';
  const surfaces: readonly PictureSurface[] = playsClip ? ['enlarge', 'clip'] : ['enlarge'];
  let nextNs = plannedNs;
  for (const surface of surfaces) {
    if (hasHungUp()) break;
    const picture = await session.ask(connection, pictureErrand(surface, eventId, nextNs));
    if (picture !== undefined)
      around.gallery.pictured(showing(visit, picture, eventId), surface, picture.value);
    nextNs = around.clock.nowNs();
  }
  return nextNs;
}

function showing(
  { user }: Visit,
  { opId, sentNs, doneNs }: Served<unknown>,
  askedEventId: string | null,
): Showing {
  return { opId, viewer: user, askedEventId, requestedNs: sentNs, shownNs: doneNs };
}

/**
 * The tiles of the Events tab that show a picture. A tile is for the event that its part names, when that one was asked for, and
 * else for the event asked for in that place: whatever the backend mixed up, no picture that it gave is left unread.
 */
function tilesOf(
  entries: readonly ListEntry[],
  parts: readonly ThumbnailPart[],
): { readonly asked: ListEntry | undefined; readonly part: ThumbnailPart }[] {
  const byId = new Map(entries.map((entry) => [entry.eventId, entry]));
  return parts
    .map((part, place) => ({ asked: byId.get(part.eventId) ?? entries[place], part }))
    .filter(({ part }) => part.status === 200);
}
