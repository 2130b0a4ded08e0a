import type { User } from '../model/population.ts';
import type { OpOutcome, Recorder } from '../model/rows.ts';
import type { Clock, Nanoseconds } from '../model/world.ts';
import { type Errand, loginErrand } from './errands.ts';
import type { HttpAnswer } from './http-answer.ts';
import { readError } from './list-answer.ts';
import type { Tally } from './tally.ts';
import type { Answer, ViewerConnection } from './viewer-client.ts';

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

/** What an errand brought back. */
export interface Served<Value> {
  readonly value: Value;
  readonly opId: number;
  readonly sentNs: Nanoseconds;
  readonly doneNs: Nanoseconds;
}

/** One user's session with the backend: logs in when it has to, and writes a row for everything that it asks. */
export interface ViewerSession {
  /** Undefined when there is nothing to show; the rows say why. Logs in anew, once, when the backend does not know the session. */
  ask<Value>(
    connection: ViewerConnection,
    errand: Errand<Value>,
  ): Promise<Served<Value> | undefined>;
  /** Writes down what could not be sent. */
  writeUnsent(errand: Errand<unknown>, error: string): void;
  /** Nothing is sent after this. */
  interrupt(): void;
}

export function viewerSession(user: User, around: SessionSurroundings): ViewerSession {
  const { clock } = around;
  const { userId } = user;
  let token: string | undefined;
  let login: Promise<string | undefined> | undefined;
  let requests = 0;
  let interrupted = false;

  const nextRequestId = (): string => {
    requests += 1;
    return `${userId}.${requests}`;
  };
  const writeUnsent = (errand: Errand<unknown>, error: string): void => {
    const requestId = nextRequestId();
    const nothing = { sentNs: null, doneNs: null, status: null, toldUserId: null } as const;
    writeOp(around, user, { errand, requestId, outcome: 'unsent', error, ...nothing });
  };
  const send = async <Value>(
    connection: ViewerConnection,
    errand: Errand<Value>,
    bearer?: string,
  ): Promise<Served<Value> | 'unauthorized' | 'lost'> => {
    if (interrupted) return 'lost';
    if (!around.hasRoom()) {
      writeUnsent(errand, 'the fleet has as many requests open as it may');
      return 'lost';
    }
    const requestId = nextRequestId();
    const { path, body } = errand;
    around.onOpenRequests(1);
    const answer = await connection.request({
      method: body === undefined ? 'GET' : 'POST',
      path,
      requestId,
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { body }),
      deadlineMs: around.deadlineMs,
    });
    around.onOpenRequests(-1);
    const told = toldBy(answer, errand.read);
    // What cannot be made sense of ends the connection too, although its framing was right.
    if (told.outcome === 'failed') connection.close('an odd answer');
    const { sentNs, doneNs } = answer;
    const settledNs = told.outcome === 'expired' ? null : doneNs;
    const opId = writeOp(around, user, { errand, requestId, sentNs, doneNs: settledNs, ...told });
    if (told.outcome === 'ok') return { value: told.value, opId, sentNs, doneNs };
    return told.status === 401 ? 'unauthorized' : 'lost';
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

  return {
    writeUnsent,
    interrupt: () => {
      interrupted = true;
    },
    ask: async (connection, errand) => {
      let { intendedNs } = errand;
      for (let tries = 0; tries < 2; tries += 1) {
        const had = token;
        const bearer = had ?? (await logIn(connection, intendedNs));
        if (bearer === undefined) return undefined;
        // What had to wait for a login was not sent late by us.
        if (had === undefined) intendedNs = clock.nowNs();
        const served = await send(connection, { ...errand, intendedNs }, bearer);
        if (typeof served === 'object') return served;
        if (served === 'lost') return undefined;
        if (token === bearer) token = undefined;
        intendedNs = clock.nowNs();
      }
      return undefined;
    },
  };
}

interface Heard {
  readonly status: number | null;
  readonly toldUserId: string | null;
  readonly error: string | null;
}

type Told<Value> = Heard &
  (
    | { readonly outcome: 'ok'; readonly value: Value }
    | { readonly outcome: Exclude<OpOutcome, 'ok' | 'unsent'> }
  );

function toldBy<Value>(answer: Answer, read: (answer: HttpAnswer) => Value | string): Told<Value> {
  const unheard = { toldUserId: null, status: null };
  switch (answer.kind) {
    case 'answered':
      break;
    case 'wrong-echo':
      return { ...unheard, outcome: 'wrong-echo', status: answer.status, error: answer.says };
    case 'failed':
    case 'expired':
      return { ...unheard, outcome: answer.kind, error: answer.says };
    default:
      return answer satisfies never;
  }
  const { status } = answer;
  const toldUserId = answer.headers.get('x-user-id') ?? null;
  if (status < 200 || status > 299)
    return { outcome: 'refused', status, toldUserId, error: readError(answer.body) };
  const value = read(answer);
  return typeof value === 'string'
    ? { outcome: 'failed', status, toldUserId, error: value }
    : { outcome: 'ok', status, toldUserId, error: null, value };
}

/** Returns the row's id. */
function writeOp(
  { recorder, tally }: SessionSurroundings,
  user: User,
  row: Heard & {
    readonly errand: Pick<Errand<unknown>, 'kind' | 'intendedNs' | 'askedEventId'>;
    readonly requestId: string;
    readonly sentNs: Nanoseconds | null;
    readonly doneNs: Nanoseconds | null;
    readonly outcome: OpOutcome;
  },
): number {
  const { kind, intendedNs, askedEventId } = row.errand;
  const id = recorder.nextId('op');
  recorder.op({
    id,
    actorKind: 'viewer',
    actorId: user.userId,
    canary: user.role === 'canary',
    kind,
    requestId: row.requestId,
    intendedNs,
    sentNs: row.sentNs,
    doneNs: row.doneNs,
    outcome: row.outcome,
    status: row.status,
    toldUserId: row.toldUserId,
    askedEventId,
    askedDeviceId: null,
    version: null,
    credential: 'session',
    cookieUserId: null,
    webCache: null,
    error: row.error,
  });
  tally.request(row.outcome, (row.sentNs ?? intendedNs) - intendedNs);
  return id;
}
