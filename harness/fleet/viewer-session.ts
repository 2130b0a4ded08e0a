import type { User } from '../model/population.ts';
import type { Recorder } from '../model/rows.ts';
import type { Clock, Nanoseconds } from '../model/world.ts';
import type { PlannedChange } from '../plan/changes.ts';
import { type AskingSurroundings, ask, type Sender, type Served, writeUnsent } from './asking.ts';
import { askForChange, type ChangeEnd } from './change-request.ts';
import { type Errand, loginErrand } from './errands.ts';
import type { Tally } from './tally.ts';
import type { ViewerConnection } from './viewer-client.ts';

export interface SessionSurroundings {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly tally: Tally;
  readonly deadlineMs: number;
  readonly passwordOf: (userId: string) => string;
  /** False when the fleet as a whole has as many requests open as it may. */
  readonly hasRoom: () => boolean;
  /** Told +1 when a request is sent and -1 when it ended. */
  readonly onOpenRequests: (change: 1 | -1) => void;
}

/** One user's session with the backend: logs in when it has to, and writes a row for everything that it asks. */
export interface ViewerSession {
  /** Undefined when there is nothing to show; the rows say why. Logs in anew, once, when the backend does not know the session. */
  ask<Value>(
    connection: ViewerConnection,
    errand: Errand<Value>,
  ): Promise<Served<Value> | undefined>;
  /** Asks for a change of who may see a device, as `ask` does. Undefined when there was no session to ask in. */
  change(
    connection: ViewerConnection,
    change: PlannedChange,
    intendedNs: Nanoseconds,
  ): Promise<ChangeEnd | undefined>;
  /** Writes down what could not be sent. */
  writeUnsent(errand: Errand<unknown>, error: string): void;
  /** Nothing is sent after this. */
  interrupt(): void;
}

export function viewerSession(user: User, around: SessionSurroundings): ViewerSession {
  const { clock, tally, recorder, deadlineMs } = around;
  const { userId } = user;
  const asking: AskingSurroundings = {
    recorder,
    deadlineMs,
    onOp: (outcome, lateNs) => tally.request(outcome, lateNs),
  };
  const self: Sender = { userId, canary: user.role === 'canary', credential: 'session' };
  let token: string | undefined;
  let login: Promise<string | undefined> | undefined;
  let requests = 0;
  let interrupted = false;

  const nextRequestId = (): string => {
    requests += 1;
    return `${userId}.${requests}`;
  };
  const unsent = (errand: Errand<unknown>, error: string): void =>
    writeUnsent({ errand, sender: self, requestId: nextRequestId() }, error, asking);
  const send = async <Value>(
    connection: ViewerConnection,
    errand: Errand<Value>,
    bearer?: string,
  ): Promise<Served<Value> | 'unauthorized' | 'lost'> => {
    if (interrupted) return 'lost';
    if (!around.hasRoom()) {
      unsent(errand, 'the fleet has as many requests open as it may');
      return 'lost';
    }
    around.onOpenRequests(1);
    const sender = { ...self, bearer };
    const served = await ask(connection, { errand, sender, requestId: nextRequestId() }, asking);
    around.onOpenRequests(-1);
    return served;
  };
  /** Visits that need a session at the same time wait for the same login. */
  const logIn = (connection: ViewerConnection, intendedNs: Nanoseconds) => {
    const account = { userId, password: around.passwordOf(userId) };
    login ??= send(connection, loginErrand(account, intendedNs)).then((served) => {
      login = undefined;
      if (typeof served === 'object') ({ token } = served.value);
      return token;
    });
    return login;
  };
  /** Logs in when it has to, and once more when the backend does not know the session. */
  const inSession = async <Done>(
    connection: ViewerConnection,
    plannedNs: Nanoseconds,
    act: (bearer: string, intendedNs: Nanoseconds) => Promise<Done | 'unauthorized'>,
  ): Promise<Done | undefined> => {
    let intendedNs = plannedNs;
    for (let tries = 0; tries < 2; tries += 1) {
      const had = token;
      const bearer = had ?? (await logIn(connection, intendedNs));
      if (bearer === undefined) return undefined;
      // What had to wait for a login was not sent late by us.
      if (had === undefined) intendedNs = clock.nowNs();
      const done = await act(bearer, intendedNs);
      if (done !== 'unauthorized') return done;
      if (token === bearer) token = undefined;
      intendedNs = clock.nowNs();
    }
    return undefined;
  };

  return {
    writeUnsent: unsent,
    interrupt: () => {
      interrupted = true;
    },
    ask: async (connection, errand) => {
      const served = await inSession(connection, errand.intendedNs, async (bearer, intendedNs) =>
        send(connection, { ...errand, intendedNs }, bearer),
      );
      return served === 'lost' ? undefined : served;
    },
    change: async (connection, change, plannedNs) =>
      inSession(connection, plannedNs, async (bearer) => {
        if (interrupted) return undefined;
        const requestId = nextRequestId();
        const end = await askForChange(connection, { change, requestId, bearer }, around);
        tally.request(end.outcome, 0);
        return end.status === 401 ? 'unauthorized' : end;
      }),
  };
}
