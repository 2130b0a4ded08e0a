import type { CacheCallRow } from '../model/rows.ts';
import { bindingOf } from './binding.ts';
import { after, type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { isKeyOf, isRead, writtenWrong } from './origin-story.ts';
import { keptBy } from './staleness.ts';
import { askedWords, at, keyWords } from './words.ts';

/** A camera was told something about itself: on connecting, or later on the connection that it held. */
export interface Greeting {
  readonly table: 'camera' | 'told';
  readonly id: number;
  readonly deviceId: string;
  readonly toldDeviceId: string | null;
  readonly toldOwnerId: string | null;
  readonly toldNs: number;
  /** Whether this was in answer to that request. */
  readonly isAnswerTo: (requestId: string) => boolean;
}

/** A camera that was told a wrong owner: where did that name come from? */
export function* followGreeting(greeting: Greeting): Inquiry<Found> {
  const { deviceId, toldDeviceId, toldOwnerId, toldNs } = greeting;
  const evidence = { table: greeting.table, id: greeting.id } as const;
  const step = `${deviceId} was told at ${at(toldNs)} that ${toldOwnerId ?? 'nobody'} owns it.`;
  if (toldDeviceId !== null && toldDeviceId !== deviceId)
    return found(
      'backend',
      [
        `${deviceId} was taken for ${toldDeviceId} at ${at(toldNs)}; that name is not read from the cache.`,
      ],
      evidence,
    );
  const asked = yield* askedOf(greeting);
  const last = asked.at(-1);
  if (last === undefined)
    return found(
      'unknown',
      [step, 'The record does not say what the system under test asked of its cache for that.'],
      evidence,
    );
  if (!isRead(last)) return after([step], yield* notRead(greeting, last), evidence);
  const binding = yield* bindingOf(last);
  if (binding.state === 'astray') return after([step], binding.found, evidence);
  const kept = yield* keptBy(last, binding.writer);
  return after([step], kept ?? (yield* writtenWrong(last, binding.writer)), evidence);
}

/** Calls for the owner of this camera that had ended when it was told, in their order. */
function* askedOf({ deviceId, toldNs, isAnswerTo }: Greeting): Inquiry<readonly CacheCallRow[]> {
  const names = yield* ownerKeys(deviceId);
  const calls: CacheCallRow[] = [];
  for (const key of names) calls.push(...(yield* rowsWith('cache_call', 'key', key)));
  return calls.filter(
    (row) =>
      row.call !== 'set' &&
      row.call !== 'delete' &&
      row.doneNs <= toldNs &&
      (row.requestId === null || isAnswerTo(row.requestId)),
  );
}

/** The key as it stands in the record, behind whatever stands before all keys of the run. */
function* ownerKeys(deviceId: string): Inquiry<readonly string[]> {
  const name = `device:${deviceId}:owner`;
  const bare = yield* rowsWith('cache_call', 'key', name);
  if (bare.length > 0) return [name];
  const first = (yield* rowsWith('cache_call', 'requestId', `${deviceId}.1`)).find(({ key }) =>
    isKeyOf(key, name),
  );
  return first === undefined ? [] : [first.key];
}

/** The library had given no value: then the name came from somewhere else. */
function* notRead({ toldNs }: Greeting, last: CacheCallRow): Inquiry<Found> {
  const loads = yield* rowsWith('origin', 'key', last.key);
  const load = loads.findLast(
    ({ atNs, requestId }) => atNs <= toldNs && requestId === last.requestId,
  );
  if (load !== undefined)
    return found(
      'source-of-truth',
      [
        `The cache had nothing, and the source of truth gave it for ${keyWords(last.key)} (${at(load.atNs)}).`,
      ],
      { table: 'origin', id: load.id },
    );
  const what = last.outcome === 'error' ? 'an error' : 'no value';
  return found(
    'backend',
    [
      `The library gave ${what} for ${keyWords(last.key)} (${askedWords(last)}), and the backend named an owner all the same.`,
    ],
    { table: 'cache_call', id: last.id },
  );
}
