import type { CheckName, RowReference, Violation } from '../model/finding.ts';
import { followGreeting, type Greeting } from './camera-story.ts';
import { after, type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { wrongSession } from './session-story.ts';
import { followShown } from './shown-story.ts';
import { followSweep } from './sweep-story.ts';
import { isStored, outOfTheStore } from './web-cache-story.ts';
import { at } from './words.ts';

/** Whether violations of this check are about a value in the wrong place; the others are about time, or about ourselves. */
export function isAboutValues(check: CheckName): boolean {
  return valueChecks.has(check);
}

const valueChecks: ReadonlySet<string> = new Set([
  'own-data-only',
  'right-device',
  'fresh',
  'mapping',
  'stored',
  'intact',
  'fails-closed',
]);

/** Follows one violation back, from the rows that its checker cites. */
export function* follow({ evidence }: Violation): Inquiry<Found> {
  const cited = (table: RowReference['table']): RowReference | undefined =>
    evidence.find((reference) => reference.table === table);
  const [shown, sweep, camera, told, op] = (
    ['shown', 'sweep', 'camera', 'told', 'op'] as const
  ).map(cited);
  if (shown !== undefined) {
    const row = (yield* rowsWith('shown', 'id', shown.id))[0];
    if (row !== undefined) return yield* followShown(row);
  }
  if (sweep !== undefined) {
    const row = (yield* rowsWith('sweep', 'id', sweep.id))[0];
    if (row !== undefined) return yield* followSweep(row);
  }
  if (camera !== undefined || told !== undefined) {
    const greeting = yield* greetingOf(camera ?? told);
    if (greeting !== null) return yield* followGreeting(greeting);
  }
  if (op !== undefined) return yield* followOp(op.id);
  return found('unknown', ['The violation cites no row that a value could be followed from.']);
}

/** The fleet calls the requests of a camera `<device>.<attempt>`, and what it sends then `<that>.heartbeat-<n>` and `<that>.upload-<n>`. */
function* greetingOf(reference: RowReference | undefined): Inquiry<Greeting | null> {
  if (reference?.table === 'camera') {
    const row = (yield* rowsWith('camera', 'id', reference.id))[0];
    if (row === undefined) return null;
    const name = `${row.deviceId}.${row.attempt}`;
    const toldNs = row.toldNs ?? row.plannedNs;
    return { ...row, table: 'camera', toldNs, isAnswerTo: (requestId) => requestId === name };
  }
  const row = (yield* rowsWith('told', 'id', reference?.id ?? 0))[0];
  if (row === undefined) return null;
  const isAnswerTo = (requestId: string): boolean =>
    requestId.startsWith(`${row.deviceId}.`) && requestId.includes(`.${row.surface}-`);
  return { ...row, table: 'told', toldNs: row.atNs, isAnswerTo };
}

/** Somebody was served as somebody else, or without a session, or was handed another's cookie. */
function* followOp(id: number): Inquiry<Found> {
  const op = (yield* rowsWith('op', 'id', id))[0];
  const evidence = { table: 'op', id } as const;
  if (op === undefined) return found('unknown', ['The request is not in the record.'], evidence);
  const as = op.toldUserId === null ? '' : ` as ${op.toldUserId}`;
  const cookie = op.cookieUserId === null ? '' : ` and given a session of ${op.cookieUserId}`;
  const step = `${op.actorId} was served${as}${cookie} in answer to request ${op.requestId} (${op.kind}), at ${at(op.doneNs ?? op.intendedNs)}.`;
  if (isStored(op)) return after([step], yield* outOfTheStore(op, null, wrongSession), evidence);
  const wrong = yield* wrongSession(op);
  if (wrong !== null) return after([step], wrong, evidence);
  return found('unknown', [step, 'Nothing in the record says that this was wrong.'], evidence);
}
