import { type Call, type Command, findSet, textAt } from './command.ts';
import { bulkReply, integerReply, type Reply } from './reply.ts';

/** SADD, SMEMBERS and what else works on a set. */
export const setCommands: readonly Command[] = [
  { name: 'sadd', arity: -3, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: add },
  { name: 'srem', arity: -3, flags: ['write', 'fast'], keys: [1, 1, 1], run: remove },
  { name: 'smembers', arity: 2, flags: ['readonly'], keys: [1, 1, 1], run: members },
  { name: 'sismember', arity: 3, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: has },
  { name: 'scard', arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: size },
];

function add(call: Call): Reply {
  const key = textAt(call, 1);
  const found = findSet(call, key);
  const members = found ?? new Set<string>();
  if (found === undefined) call.database.put(key, { type: 'set', members });
  const sizeBefore = members.size;
  let grown = 0;
  for (const word of call.words.slice(2)) {
    const member = word.toString('latin1');
    if (!members.has(member)) grown += member.length;
    members.add(member);
  }
  const added = members.size - sizeBefore;
  if (added > 0) call.database.changed(key, grown);
  return integerReply(added);
}

function remove(call: Call): Reply {
  const key = textAt(call, 1);
  const members = findSet(call, key);
  if (members === undefined) return integerReply(0);
  let shrunk = 0;
  const sizeBefore = members.size;
  for (const word of call.words.slice(2))
    if (members.delete(word.toString('latin1'))) shrunk += word.length;
  const removed = sizeBefore - members.size;
  if (removed > 0) call.database.changed(key, -shrunk);
  return integerReply(removed);
}

function members(call: Call): Reply {
  const found = findSet(call, textAt(call, 1)) ?? new Set<string>();
  return { type: 'set', items: Array.from(found, bulkReply) };
}

function has(call: Call): Reply {
  return integerReply(findSet(call, textAt(call, 1))?.has(textAt(call, 2)) === true ? 1 : 0);
}

function size(call: Call): Reply {
  return integerReply(findSet(call, textAt(call, 1))?.size ?? 0);
}
