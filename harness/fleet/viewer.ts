import type { User, ViewerHabits } from '../model/population.ts';
import type { Nanoseconds, Rng } from '../model/world.ts';
import type { Agenda } from './agenda.ts';
import type { Served } from './asking.ts';
import { listErrand, pictureErrand, thumbnailsErrand } from './errands.ts';
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
  /** Lets visits end with what they have on the screen: nothing more is tapped. */
  settle(): void;
  /** Gives up everything at once. */
  interrupt(): void;
}

export function viewer(user: User, around: ViewerSurroundings): Viewer {
  const session = viewerSession(user, around);
  const connections = new Set<ViewerConnection>();
  let idle: ViewerConnection | undefined;
  let visits = 0;
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
        await lookAround({ user, around, connection, session, lots, hasHungUp, isOver }, plannedNs);
      } finally {
        stage = 'over';
        visitsOpen -= 1;
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
  /** True once this viewer has closed the app in the middle of this visit. */
  readonly hasHungUp: () => boolean;
  /** True once nothing more is to be tapped. */
  readonly isOver: () => boolean;
}

async function lookAround(visit: Visit, plannedNs: Nanoseconds): Promise<void> {
  const { around, connection, session } = visit;
  const { gallery, habits } = around;
  const list = await session.ask(connection, listErrand(habits.pageSize, plannedNs));
  if (list === undefined) return;
  for (const entry of list.value) gallery.listed(showing(visit, list, null), entry);
  if (list.value.length === 0 || visit.hasHungUp()) return;
  const page = await session.ask(connection, thumbnailsErrand(list.value, list.doneNs));
  if (page === undefined) return;
  const tiles = tilesOf(list.value, page.value);
  for (const { asked, part } of tiles) {
    const shown = showing(visit, page, asked?.eventId ?? null);
    gallery.pictured(shown, 'thumbnail', part.bytes);
  }
  await tapHereAndThere(
    visit,
    tiles.flatMap(({ asked }) => asked ?? []),
    page.doneNs,
  );
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
