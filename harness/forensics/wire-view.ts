import type { CacheCallRow, WireRow } from '../model/rows.ts';
import { type Inquiry, rowsWith } from './needs.ts';

/** A reply may be stamped a little after whoever reads it went on: the two are different processes. */
const slackNs = 5_000_000;

/** So long after its caller was answered a command may come to the wire. */
const lateNs = 50_000_000;

/** A command that stores a value or takes one away. */
export function isWrite({ command }: Pick<WireRow, 'command'>): boolean {
  return storing.test(command) || removing.test(command);
}

/** A command that stores a value, whether or not the wire could tell which. */
function isStore({ command }: Pick<WireRow, 'command'>): boolean {
  return storing.test(command);
}

const storing =
  /^(?:P?SETEX|SET|SETQ|SETNX|MSET|MSETNX|GETSET|HSET|HMSET|HSETNX|ADDQ?|REPLACEQ?|APPENDQ?|PREPENDQ?|CAS|MS|RESTORE|COPY|RENAME)$/;
const removing = /^(?:DELQ?|DELETEQ?|UNLINK|GETDEL|MD|FLUSHALL|FLUSHDB|FLUSH_ALL)$/;
const reading = /^(?:GETS?|GETEX|GETK?Q?|GATS?|MG|MGET|HM?GET|HGETALL|GETRANGE)$/;

/** An error is an answer too, and never a value. */
export function isError({ replyType }: Pick<WireRow, 'replyType'>): boolean {
  return replyType !== null && /^(?:-|!|ERROR|CLIENT_ERROR|SERVER_ERROR)$/.test(replyType);
}

/**
 * Commands on the wire that read this very key for this call: those that passed while it was under way. A library may answer its
 * caller before it has even asked; then it is the next such command, unless another caller's.
 */
export function* ownReads(call: CacheCallRow): Inquiry<readonly WireRow[]> {
  const reads = (yield* rowsWith('wire', 'key', call.key)).filter(isRead);
  const during = reads.filter((row) => isDuring(row, call));
  if (during.length > 0) return during;
  const callers = yield* rowsWith('cache_call', 'key', call.key);
  const late = reads.filter(
    (row) =>
      row.commandNs > call.doneNs &&
      row.commandNs <= call.doneNs + lateNs &&
      !callers.some((each) => isDuring(row, each)),
  );
  return late.slice(0, 1);
}

/** Commands that stored something under the key. */
export function* storesUnder(key: string): Inquiry<readonly WireRow[]> {
  return (yield* rowsWith('wire', 'key', key)).filter(isStore);
}

/** Replies that carried this value to the library before the call ended, the last one first. */
export function* repliesWith(digest: string, call: CacheCallRow): Inquiry<readonly WireRow[]> {
  const rows = yield* rowsWith('wire', 'replyDigest', digest);
  return rows
    .filter(
      (row) =>
        hasArrived(row) &&
        row.commandNs <= call.doneNs &&
        (row.replyNs ?? 0) <= call.doneNs + slackNs,
    )
    .toReversed();
}

/** Whether the library had the whole reply at some time. */
export function hasArrived({ fate, replyNs }: Pick<WireRow, 'fate' | 'replyNs'>): boolean {
  return replyNs !== null && (fate === 'delivered' || fate === 'held' || fate === 'refused');
}

/** Whether the command passed while the call was under way: what a call causes comes after it began, on the same clock. */
export function isDuring(
  { commandNs }: Pick<WireRow, 'commandNs'>,
  { startedNs, doneNs }: Pick<CacheCallRow, 'startedNs' | 'doneNs'>,
): boolean {
  return commandNs >= startedNs && commandNs <= doneNs;
}

/** A command that asks for a value. */
export function isRead({ command }: Pick<WireRow, 'command'>): boolean {
  return reading.test(command);
}
