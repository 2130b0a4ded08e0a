import type { OpOutcome, Recorder } from '../model/rows.ts';
import type { PlannedChange } from '../plan/changes.ts';
import type { Answer, ViewerConnection } from './viewer-client.ts';

/** How one request for a change ended. */
export interface ChangeEnd {
  readonly outcome: Exclude<OpOutcome, 'unsent'>;
  readonly status: number | null;
}

export interface ChangeRequest {
  readonly change: PlannedChange;
  readonly requestId: string;
  /** The token of the owner's session. */
  readonly bearer: string;
}

/** Sends one request for a change of who may see a device, and writes its row. */
export async function askForChange(
  connection: ViewerConnection,
  { change, requestId, bearer }: ChangeRequest,
  { recorder, deadlineMs }: { readonly recorder: Recorder; readonly deadlineMs: number },
): Promise<ChangeEnd> {
  const answer = await connection.request({
    ...lineOf(change),
    requestId,
    headers: { authorization: `Bearer ${bearer}` },
    deadlineMs,
  });
  const end = endOf(answer);
  const wasAnswered = answer.kind === 'answered' || answer.kind === 'wrong-echo';
  const { kind, deviceId, byUserId, otherUserId } = change;
  recorder.change({
    id: recorder.nextId('change'),
    kind,
    deviceId,
    byUserId,
    otherUserId,
    requestId,
    requestedNs: answer.sentNs,
    doneNs: wasAnswered ? answer.doneNs : null,
    outcome: end.outcome,
  });
  return end;
}

function lineOf({ kind, deviceId, otherUserId }: PlannedChange): {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
} {
  const device = `/v1/devices/${encodeURIComponent(deviceId)}`;
  const body = { userId: otherUserId };
  switch (kind) {
    case 'share':
      return { method: 'POST', path: `${device}/shares`, body };
    case 'unshare':
      return {
        method: 'DELETE',
        path: `${device}/shares/${encodeURIComponent(otherUserId ?? '')}`,
      };
    case 'transfer':
      return { method: 'POST', path: `${device}/transfer`, body };
    case 'remove':
      return { method: 'DELETE', path: device };
    default:
      return kind satisfies never;
  }
}

function endOf(answer: Answer): ChangeEnd {
  if (answer.kind !== 'answered')
    return { outcome: answer.kind, status: answer.kind === 'wrong-echo' ? answer.status : null };
  const { status } = answer;
  return { outcome: status >= 200 && status <= 299 ? 'ok' : 'refused', status };
}
