import type { User } from '../model/population.ts';
import type { Credential, Recorder } from '../model/rows.ts';
import type { Clock, Nanoseconds } from '../model/world.ts';
import type { Agenda, Sleeper } from './agenda.ts';
import { type AskingSurroundings, ask, type Served, writeUnsent } from './asking.ts';
import {
  type Errand,
  listErrand,
  liveErrand,
  loginErrand,
  logoutErrand,
  pictureErrand,
  shareErrand,
  thumbnailsErrand,
} from './errands.ts';
import type { Gallery, PictureSurface, Showing } from './gallery.ts';
import type { ListEntry } from './list-answer.ts';
import type { ThumbnailPart } from './multipart.ts';
import type { ViewerConnection } from './viewer-client.ts';

export interface IntruderOptions {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly recorder: Recorder;
  readonly gallery: Gallery;
  readonly deadlineMs: number;
  /** Whose sessions it has seen end; without one it has seen none. The gallery watches the same user. */
  readonly account: IntruderAccount | undefined;
  readonly openConnection: () => ViewerConnection;
  readonly onFailure: (error: unknown) => void;
}

interface IntruderAccount {
  readonly user: User;
  readonly password: string;
  /** A device that the user owns. */
  readonly deviceId: string;
}

/** Somebody who may see nothing, and tries: with no session at all, with a token that never was one, and with a session that has ended. */
export interface Intruder {
  /** One attempt now, whatever became of the last. */
  attempt(plannedNs: Nanoseconds): void;
  /** Gives up what is going on. */
  interrupt(): void;
  /** Resolves when nothing is going on any more. */
  ended(): Promise<void>;
}

/** Attempts that may wait for an answer at once; further ones are `unsent`. */
const attemptsOpenMax = 32;
/** After so many attempts another session is begun and ended: one that ended long ago may be forgotten in other ways than a fresh one. */
const attemptsPerSession = 40;
const pageSize = 10;

const surfaces = ['list', 'thumbnails', 'enlarge', 'live', 'clip', 'share'] as const;
const pretences = ['nothing', 'invented', 'ended'] as const;

export function intruder(options: IntruderOptions): Intruder {
  const { gallery, recorder, deadlineMs, account, openConnection } = options;
  const asking: AskingSurroundings = { recorder, deadlineMs };
  const open = new Set<Promise<void>>();
  const connections = new Set<ViewerConnection>();
  const idle: ViewerConnection[] = [];
  let requests = 0;
  let attempts = 0;
  let interrupted = false;
  let endedToken: string | undefined;
  let isEnding = false;

  const nextRequestId = (): string => {
    requests += 1;
    return `intruder.${requests}`;
  };
  const onConnection = async (
    act: (connection: ViewerConnection) => Promise<unknown>,
  ): Promise<void> => {
    const connection = idle.pop() ?? openConnection();
    connections.add(connection);
    try {
      await act(connection);
    } finally {
      idle.push(connection);
    }
  };
  /** Only a session of which the backend has said that it is over is used afterwards, and nothing was ever asked in it. */
  const endASession = async (
    { user, password }: IntruderAccount,
    plannedNs: Nanoseconds,
  ): Promise<void> =>
    onConnection(async (connection) => {
      const { userId } = user;
      const send = async <Value>(errand: Errand<Value>, bearer?: string) => {
        const sender = { userId, canary: false, credential: 'session', bearer } as const;
        return ask(connection, { errand, sender, requestId: nextRequestId() }, asking);
      };
      const login = await send(loginErrand({ userId, password }, plannedNs));
      if (typeof login !== 'object' || interrupted) return;
      const { token } = login.value;
      const logout = await send(logoutErrand(options.clock.nowNs()), token);
      if (typeof logout === 'object') endedToken = token;
    });
  const pretend = (kind: (typeof pretences)[number]): Pretence => {
    if (kind === 'ended' && endedToken !== undefined && account !== undefined)
      return { viewer: account.user, credential: 'ended', bearer: endedToken };
    if (kind === 'nothing') return { viewer: nobody, credential: 'none', bearer: undefined };
    return { viewer: nobody, credential: 'ended', bearer: `nobody.${inventedToken(attempts)}` };
  };
  const tryToSee = async (plannedNs: Nanoseconds): Promise<void> => {
    const pretence = pretend(pretences[attempts % pretences.length] ?? 'nothing');
    const { viewer, credential, bearer } = pretence;
    const sender = { userId: viewer.userId, canary: false, credential, bearer };
    const surface = surfaces[Math.floor(attempts / pretences.length) % surfaces.length] ?? 'list';
    const goal = goalOf(surface, { known: gallery.known, account }, plannedNs);
    const requestId = nextRequestId();
    if (open.size >= attemptsOpenMax) {
      const error = `${open.size} attempts of the intruder are still open`;
      writeUnsent({ errand: goal.errand, sender, requestId }, error, asking);
      return;
    }
    await onConnection(async (connection) => {
      const served = await ask(connection, { ...goal, sender, requestId }, asking);
      if (typeof served === 'object') goal.look(gallery, showingTo(viewer, served), served.value);
    });
  };
  const follow = (going: Promise<void>): void => {
    const followed = going.catch(options.onFailure).finally(() => open.delete(followed));
    open.add(followed);
  };

  return {
    attempt: (plannedNs) => {
      if (interrupted) return;
      if (account !== undefined && !isEnding && attempts % attemptsPerSession === 0) {
        isEnding = true;
        follow(
          endASession(account, plannedNs).finally(() => {
            isEnding = false;
          }),
        );
      }
      follow(tryToSee(plannedNs));
      attempts += 1;
    },
    interrupt: () => {
      interrupted = true;
      for (const connection of connections) connection.close('interrupted');
    },
    ended: async () => {
      await Promise.all(open);
      for (const connection of connections) connection.close('the intruder is gone');
    },
  };
}

/** Lets the intruder try at an even rate, from now until the moment given. */
export function attemptsUntil(
  { agenda, clock }: Pick<IntruderOptions, 'agenda' | 'clock'>,
  { perSecond, untilNs }: { readonly perSecond: number; readonly untilNs: Nanoseconds },
  attempt: (plannedNs: Nanoseconds) => void,
): void {
  if (perSecond <= 0) return;
  const gapNs = Math.round(1e9 / perSecond);
  const sleeper: Sleeper = {
    wake: (plannedNs) => {
      if (plannedNs >= untilNs) return;
      agenda.at(plannedNs + gapNs, sleeper);
      attempt(plannedNs);
    },
  };
  agenda.at(Math.max(0, clock.nowNs()) + gapNs, sleeper);
}

interface Pretence {
  readonly viewer: User;
  readonly credential: Credential;
  readonly bearer: string | undefined;
}

/** What is shown to somebody who names no user is shown to the user of no name. */
const nobody: User = { userId: '', name: '', subscription: 'standard', role: 'viewer' };

interface Goal {
  readonly errand: Errand<unknown>;
  /** Writes down what was shown after all. */
  readonly look: (gallery: Gallery, showing: Showing, value: unknown) => void;
}

function goalOf(
  surface: (typeof surfaces)[number],
  { known, account }: { readonly known: Gallery['known'] } & Pick<IntruderOptions, 'account'>,
  plannedNs: Nanoseconds,
): Goal {
  const [latest] = known;
  // Before the user was shown anything there is nothing else that could be asked for.
  if (surface === 'list' || latest === undefined || account === undefined)
    return goal(listErrand(pageSize, plannedNs), (gallery, showing, entries) => {
      for (const entry of entries) gallery.listed(showing, entry);
    });
  switch (surface) {
    case 'thumbnails':
      return goal(thumbnailsErrand(known, plannedNs), lookAtPage);
    case 'enlarge':
    case 'clip':
      return pictureGoal(surface, latest, plannedNs);
    case 'live':
      return goal(liveErrand(account.deviceId, plannedNs), (gallery, showing, bytes) =>
        gallery.pictured({ ...showing, askedDeviceId: account.deviceId }, 'live', bytes),
      );
    case 'share': {
      // With its owner: should it be made after all, nobody is let in who was not.
      const change = { deviceId: account.deviceId, userId: account.user.userId };
      return goal(shareErrand(change, plannedNs), () => undefined);
    }
    default:
      return surface satisfies never;
  }
}

function goal<Value>(
  errand: Errand<Value>,
  look: (gallery: Gallery, showing: Showing, value: Value) => void,
): Goal {
  return { errand, look: (gallery, showing, value) => look(gallery, showing, value as Value) };
}

function lookAtPage(gallery: Gallery, showing: Showing, parts: readonly ThumbnailPart[]): void {
  for (const { eventId, status, bytes } of parts)
    if (status === 200) gallery.pictured({ ...showing, askedEventId: eventId }, 'thumbnail', bytes);
}

function pictureGoal(surface: PictureSurface, { eventId }: ListEntry, atNs: Nanoseconds): Goal {
  return goal(pictureErrand(surface, eventId, atNs), (gallery, showing, bytes) =>
    gallery.pictured({ ...showing, askedEventId: eventId }, surface, bytes),
  );
}

function showingTo(viewer: User, { opId, sentNs, doneNs }: Served<unknown>): Showing {
  return { opId, viewer, askedEventId: null, requestedNs: sentNs, shownNs: doneNs };
}

/** Of the form of a token, and nobody's: real ones are drawn. */
function inventedToken(attempt: number): string {
  return attempt.toString(16).padStart(32, 'f');
}
