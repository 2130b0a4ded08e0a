import type { CameraRow, ToldRow } from '../model/rows.ts';
import type { RecordReader } from '../record/reader.ts';
import {
  atMs,
  counted,
  findingOf,
  inconclusive,
  type RowChecker,
  violationList,
} from './checker.ts';
import type { Ownership } from './ownership.ts';
import type { OpSeen } from './scan.ts';

/** Who is who: the bug of the incident, before any picture is shown. */
export const mapping: RowChecker = {
  name: 'mapping',
  says: 'every camera is told its own name and its own owner, and every viewer is served as themselves',
  begin: ({ record, ownership }) => {
    const violations = violationList();
    let greetings = 0;
    for (const row of greetingsOf(record)) {
      greetings += 1;
      const wrong = wrongGreeting(row, ownership());
      if (wrong !== null) violations.add(wrong, { table: row.table, id: row.id });
    }
    let answers = 0;
    return {
      op: (op) => {
        if (!isAnswer(op)) return;
        answers += 1;
        if (op.toldUserId !== op.actorId)
          violations.add(`${op.actorId} was served as ${op.toldUserId}`, {
            table: 'op',
            id: op.id,
          });
      },
      finding: () => {
        if (greetings + answers === 0)
          return inconclusive(
            'no camera and no viewer was told who they are, so nothing was examined',
          );
        const heard = `${counted(greetings, 'camera was told its owner', 'times a camera was told its owner')}, ${counted(answers, 'answer named its viewer', 'answers named their viewer')}`;
        const wrong = violations.count() === 0 ? 'all right' : `${violations.count()} wrong`;
        return findingOf(greetings + answers, violations, `${heard}: ${wrong}`);
      },
    };
  },
};

/** A camera was told something about itself. */
interface Greeting {
  readonly table: 'camera' | 'told';
  readonly id: number;
  readonly deviceId: string;
  readonly toldDeviceId: string | null;
  readonly toldOwnerId: string | null;
  readonly fromNs: number;
  readonly toNs: number;
}

/** What is wrong with it, as a sentence, or null. */
function wrongGreeting(row: Greeting, ownership: Ownership): string | null {
  const when = `at ${atMs(row.toNs)}`;
  if (row.toldDeviceId !== null && row.toldDeviceId !== row.deviceId)
    return `${row.deviceId} was taken for ${row.toldDeviceId} ${when}`;
  if (row.toldOwnerId === null || ownership.owned(row.toldOwnerId, row.deviceId, row)) return null;
  const owner = ownership.ownerAt(row.deviceId, row.toNs) ?? 'nobody in the plan';
  return `${row.deviceId} of ${owner} was told that ${row.toldOwnerId} owns it ${when}`;
}

/** Answers that named another request's id are left out: what they say was meant for somebody else. */
function* greetingsOf(record: RecordReader): Generator<Greeting> {
  const onConnecting = [
    'id',
    'deviceId',
    'startedNs',
    'plannedNs',
    'toldNs',
    'toldOwnerId',
    'toldDeviceId',
  ] as const satisfies readonly (keyof CameraRow)[];
  const judged = ['connected', 'refused', 'failed', 'expired'] as const;
  for (const row of record.rows('camera', onConnecting, {
    toldNs: { not: null },
    outcome: judged,
  })) {
    const fromNs = row.startedNs ?? row.plannedNs;
    yield { table: 'camera', ...row, fromNs, toNs: row.toldNs ?? fromNs };
  }
  const later = [
    'id',
    'deviceId',
    'atNs',
    'toldDeviceId',
    'toldOwnerId',
  ] as const satisfies readonly (keyof ToldRow)[];
  // When it was sent is not written down; a camera waits no longer than the deadline.
  const waitedNs = record.plan().requestDeadlineMs * 1e6;
  for (const row of record.rows('told', later))
    yield { table: 'told', ...row, fromNs: row.atNs - waitedNs, toNs: row.atNs };
}

/** Whether it is a viewer's answer that says whom it was meant for. */
function isAnswer({ actorKind, toldUserId, outcome }: OpSeen): boolean {
  return (
    actorKind === 'viewer' &&
    toldUserId !== null &&
    outcome !== 'wrong-echo' &&
    outcome !== 'unsent'
  );
}
