import type { Credential, OpOutcome, Recorder } from '../model/rows.ts';
import type { Nanoseconds } from '../model/world.ts';
import { cookieUserOf } from './cookie.ts';
import type { Errand } from './errands.ts';
import type { HttpAnswer } from './http-answer.ts';
import { readError } from './list-answer.ts';
import type { Answer, ViewerConnection } from './viewer-client.ts';

/** In whose name something is asked, and what the request shows of that. */
export interface Sender {
  /** Empty for somebody who names no user. */
  readonly userId: string;
  readonly canary: boolean;
  readonly credential: Credential;
  /** The token that is shown; none is when it is absent. */
  readonly bearer?: string | undefined;
}

export interface AskingSurroundings {
  readonly recorder: Recorder;
  readonly deadlineMs: number;
  /** Told of every row. */
  readonly onOp?: (outcome: OpOutcome, lateNs: number) => void;
}

/** What an errand brought back. */
export interface Served<Value> {
  readonly value: Value;
  readonly opId: number;
  readonly sentNs: Nanoseconds;
  readonly doneNs: Nanoseconds;
}

/** Sends one errand and writes its row. A served one is an object; of the others only a 401 is of interest. */
export async function ask<Value>(
  connection: ViewerConnection,
  {
    errand,
    sender,
    requestId,
  }: { readonly errand: Errand<Value>; readonly sender: Sender; readonly requestId: string },
  around: AskingSurroundings,
): Promise<Served<Value> | 'unauthorized' | 'lost'> {
  const { path, body, method = body === undefined ? 'GET' : 'POST' } = errand;
  const { bearer } = sender;
  const answer = await connection.request({
    method,
    path,
    requestId,
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    ...(body === undefined ? {} : { body }),
    deadlineMs: around.deadlineMs,
  });
  const told = toldBy(answer, errand.read);
  // What cannot be made sense of ends the connection too, although its framing was right.
  if (told.outcome === 'failed') connection.close('an odd answer');
  const { sentNs, doneNs } = answer;
  const settledNs = told.outcome === 'expired' ? null : doneNs;
  const opId = writeOp(around, sender, { errand, requestId, sentNs, doneNs: settledNs, ...told });
  if (told.outcome === 'ok') return { value: told.value, opId, sentNs, doneNs };
  return told.status === 401 ? 'unauthorized' : 'lost';
}

/** Writes down what could not be sent. */
export function writeUnsent(
  { errand, sender, requestId }: Pick<Asked, 'errand' | 'requestId'> & { readonly sender: Sender },
  error: string,
  around: AskingSurroundings,
): void {
  writeOp(around, sender, { ...unheard, errand, requestId, outcome: 'unsent', error, ...never });
}

interface Heard {
  readonly status: number | null;
  readonly toldUserId: string | null;
  readonly cookieUserId: string | null;
  readonly webCache: string | null;
  readonly error: string | null;
}

type Told<Value> = Heard &
  (
    | { readonly outcome: 'ok'; readonly value: Value }
    | { readonly outcome: Exclude<OpOutcome, 'ok' | 'unsent'> }
  );

const unheard = { toldUserId: null, status: null, cookieUserId: null, webCache: null } as const;
const never = { sentNs: null, doneNs: null } as const;

function toldBy<Value>(answer: Answer, read: (answer: HttpAnswer) => Value | string): Told<Value> {
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
  const { status, headers } = answer;
  const heard = {
    status,
    toldUserId: headers.get('x-user-id') ?? null,
    cookieUserId: cookieUserOf(headers.get('set-cookie')),
    webCache: headers.get('x-cache') ?? null,
  };
  if (status < 200 || status > 299)
    return { ...heard, outcome: 'refused', error: readError(answer.body) };
  const value = read(answer);
  return typeof value === 'string'
    ? { ...heard, outcome: 'failed', error: value }
    : { ...heard, outcome: 'ok', error: null, value };
}

interface Asked extends Heard {
  readonly errand: Pick<Errand<unknown>, 'kind' | 'intendedNs' | 'askedEventId' | 'askedDeviceId'>;
  readonly requestId: string;
  readonly sentNs: Nanoseconds | null;
  readonly doneNs: Nanoseconds | null;
  readonly outcome: OpOutcome;
}

/** Returns the row's id. */
function writeOp(
  { recorder, onOp }: AskingSurroundings,
  { userId, canary, credential }: Sender,
  row: Asked,
): number {
  const { kind, intendedNs, askedEventId, askedDeviceId = null } = row.errand;
  const id = recorder.nextId('op');
  recorder.op({
    id,
    actorKind: 'viewer',
    actorId: userId,
    canary,
    kind,
    requestId: row.requestId,
    intendedNs,
    sentNs: row.sentNs,
    doneNs: row.doneNs,
    outcome: row.outcome,
    status: row.status,
    toldUserId: row.toldUserId,
    askedEventId,
    askedDeviceId,
    version: null,
    credential,
    cookieUserId: row.cookieUserId,
    webCache: row.webCache,
    error: row.error,
  });
  onOp?.(row.outcome, (row.sentNs ?? intendedNs) - intendedNs);
  return id;
}
