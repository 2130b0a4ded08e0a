import { arityError, type Call, type Command, CommandError, findHash, textAt } from './command.ts';
import { arrayReply, bulkOrNull, bulkReply, integerReply, okReply, type Reply } from './reply.ts';

/** HSET, HGET and what else works on a hash. */
export const hashCommands: readonly Command[] = [
  { name: 'hset', arity: -4, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: set },
  { name: 'hmset', arity: -4, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: setMany },
  { name: 'hget', arity: 3, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: get },
  { name: 'hmget', arity: -3, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: getMany },
  { name: 'hgetall', arity: 2, flags: ['readonly'], keys: [1, 1, 1], run: getAll },
  { name: 'hkeys', arity: 2, flags: ['readonly'], keys: [1, 1, 1], run: fieldNames },
  { name: 'hvals', arity: 2, flags: ['readonly'], keys: [1, 1, 1], run: fieldValues },
  { name: 'hdel', arity: -3, flags: ['write', 'fast'], keys: [1, 1, 1], run: remove },
  { name: 'hexists', arity: 3, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: has },
  { name: 'hlen', arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: size },
];

function set(call: Call): Reply {
  if (call.words.length % 2 === 1) throw new CommandError(arityError(call.command.name));
  const key = textAt(call, 1);
  const fields = findHash(call, key) ?? new Map<string, Buffer>();
  const sizeBefore = fields.size;
  if (sizeBefore === 0) call.database.put(key, { type: 'hash', fields });
  let grown = 0;
  for (let index = 2; index < call.words.length; index += 2) {
    const field = textAt(call, index);
    const value = call.words[index + 1] ?? Buffer.alloc(0);
    grown += value.length - (fields.get(field)?.length ?? -field.length);
    fields.set(field, value);
  }
  call.database.changed(key, grown);
  return integerReply(fields.size - sizeBefore);
}

function setMany(call: Call): Reply {
  set(call);
  return okReply;
}

function get(call: Call): Reply {
  return bulkOrNull(findHash(call, textAt(call, 1))?.get(textAt(call, 2)));
}

function getMany(call: Call): Reply {
  const fields = findHash(call, textAt(call, 1));
  return arrayReply(
    call.words.slice(2).map((word) => bulkOrNull(fields?.get(word.toString('latin1')))),
  );
}

function getAll(call: Call): Reply {
  const fields = findHash(call, textAt(call, 1)) ?? new Map<string, Buffer>();
  return {
    type: 'map',
    entries: Array.from(fields, ([field, value]) => [bulkReply(field), bulkReply(value)] as const),
  };
}

function fieldNames(call: Call): Reply {
  return arrayReply([...(findHash(call, textAt(call, 1))?.keys() ?? [])].map(bulkReply));
}

function fieldValues(call: Call): Reply {
  return arrayReply([...(findHash(call, textAt(call, 1))?.values() ?? [])].map(bulkReply));
}

function remove(call: Call): Reply {
  const key = textAt(call, 1);
  const fields = findHash(call, key);
  if (fields === undefined) return integerReply(0);
  let removed = 0;
  let shrunk = 0;
  for (const word of call.words.slice(2)) {
    const field = word.toString('latin1');
    const bytes = fields.get(field)?.length;
    if (bytes === undefined) continue;
    fields.delete(field);
    removed += 1;
    shrunk += field.length + bytes;
  }
  if (removed > 0) call.database.changed(key, -shrunk);
  return integerReply(removed);
}

function has(call: Call): Reply {
  const isThere = findHash(call, textAt(call, 1))?.has(textAt(call, 2)) === true;
  return integerReply(isThere ? 1 : 0);
}

function size(call: Call): Reply {
  return integerReply(findHash(call, textAt(call, 1))?.size ?? 0);
}
