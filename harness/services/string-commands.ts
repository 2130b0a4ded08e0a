import {
  arityError,
  type Call,
  type Command,
  CommandError,
  findString,
  integerAt,
  isInteger,
  notInteger,
  parseInteger,
  textAt,
} from './command.ts';
import { parseExpiryOptions, parseSetOptions, timeAfter, timeOf } from './expiry-options.ts';
import { arrayReply, bulkOrNull, integerReply, nullReply, okReply, type Reply } from './reply.ts';

/** GET, SET and what else works on a string. */
export const stringCommands: readonly Command[] = [
  { name: 'get', arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: get },
  { name: 'set', arity: -3, flags: ['write', 'denyoom'], keys: [1, 1, 1], run: set },
  { name: 'getset', arity: 3, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: getSet },
  { name: 'getdel', arity: 2, flags: ['write', 'fast'], keys: [1, 1, 1], run: getDelete },
  { name: 'getex', arity: -2, flags: ['write', 'fast'], keys: [1, 1, 1], run: getExpiring },
  { name: 'setnx', arity: 3, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: setAbsent },
  { name: 'setex', arity: 4, flags: ['write', 'denyoom'], keys: [1, 1, 1], run: setFor('seconds') },
  {
    name: 'psetex',
    arity: 4,
    flags: ['write', 'denyoom'],
    keys: [1, 1, 1],
    run: setFor('milliseconds'),
  },
  { name: 'mget', arity: -2, flags: ['readonly', 'fast'], keys: [1, -1, 1], run: getMany },
  { name: 'mset', arity: -3, flags: ['write', 'denyoom'], keys: [1, -1, 2], run: setMany },
  { name: 'msetnx', arity: -3, flags: ['write', 'denyoom'], keys: [1, -1, 2], run: setManyAbsent },
  { name: 'append', arity: 3, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: append },
  { name: 'strlen', arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: length },
  { name: 'incr', arity: 2, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: add(1n) },
  { name: 'decr', arity: 2, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: add(-1n) },
  { name: 'incrby', arity: 3, flags: ['write', 'denyoom', 'fast'], keys: [1, 1, 1], run: addGiven },
  {
    name: 'decrby',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    keys: [1, 1, 1],
    run: subtractGiven,
  },
];

function get(call: Call): Reply {
  return bulkOrNull(findString(call, textAt(call, 1)));
}

function set(call: Call): Reply {
  const key = textAt(call, 1);
  const options = parseSetOptions(call);
  const atMs = timeOf(call, options);
  const before = options.get ? bulkOrNull(findString(call, key)) : okReply;
  const isThere = call.database.find(key) !== undefined;
  const isRefused = options.only === 'absent' ? isThere : options.only === 'present' && !isThere;
  if (isRefused) return options.get ? before : nullReply;
  store(call, key, { keepExpiry: options.keepExpiry });
  if (atMs !== undefined) call.database.setExpiry(key, atMs);
  return before;
}

function getSet(call: Call): Reply {
  const before = get(call);
  store(call, textAt(call, 1));
  return before;
}

function getDelete(call: Call): Reply {
  const before = get(call);
  call.database.remove(textAt(call, 1));
  return before;
}

function getExpiring(call: Call): Reply {
  const options = parseExpiryOptions(call);
  const key = textAt(call, 1);
  const bytes = findString(call, key);
  if (bytes === undefined) return nullReply;
  const atMs = timeOf(call, options);
  if (atMs !== undefined) call.database.setExpiry(key, atMs);
  else if (options.persist && call.database.expiryMs(key) !== undefined)
    call.database.setExpiry(key, undefined);
  return bulkOrNull(bytes);
}

function setAbsent(call: Call): Reply {
  const key = textAt(call, 1);
  if (call.database.find(key) !== undefined) return integerReply(0);
  store(call, key);
  return integerReply(1);
}

function setFor(unit: 'seconds' | 'milliseconds'): Command['run'] {
  return (call) => {
    const key = textAt(call, 1);
    const atMs = timeAfter(call, { given: integerAt(call, 2), unit, isAbsolute: false });
    store(call, key, { valueIndex: 3 });
    call.database.setExpiry(key, atMs);
    return okReply;
  };
}

function getMany(call: Call): Reply {
  return arrayReply(
    call.words.slice(1).map((word) => {
      const value = call.database.find(word.toString('latin1'));
      return bulkOrNull(value?.type === 'string' ? value.bytes : undefined);
    }),
  );
}

function setMany(call: Call): Reply {
  requirePairs(call);
  storePairs(call);
  return okReply;
}

function setManyAbsent(call: Call): Reply {
  requirePairs(call);
  for (let index = 1; index < call.words.length; index += 2)
    if (call.database.find(textAt(call, index)) !== undefined) return integerReply(0);
  storePairs(call);
  return integerReply(1);
}

function append(call: Call): Reply {
  const key = textAt(call, 1);
  const before = findString(call, key) ?? Buffer.alloc(0);
  const bytes = Buffer.concat([before, call.words[2] ?? Buffer.alloc(0)]);
  call.database.put(key, { type: 'string', bytes }, { keepExpiry: true });
  return integerReply(bytes.length);
}

function length(call: Call): Reply {
  return integerReply(findString(call, textAt(call, 1))?.length ?? 0);
}

function add(amount: bigint): Command['run'] {
  return (call) => increment(call, amount);
}

function addGiven(call: Call): Reply {
  return increment(call, integerAt(call, 2));
}

function subtractGiven(call: Call): Reply {
  const amount = integerAt(call, 2);
  if (!isInteger(-amount)) throw new CommandError('ERR decrement would overflow');
  return increment(call, -amount);
}

function increment(call: Call, amount: bigint): Reply {
  const key = textAt(call, 1);
  const before = parseInteger(findString(call, key)?.toString('latin1') ?? '0');
  if (before === undefined) throw new CommandError(notInteger);
  const value = before + amount;
  if (!isInteger(value)) throw new CommandError('ERR increment or decrement would overflow');
  const bytes = Buffer.from(value.toString(), 'latin1');
  call.database.put(key, { type: 'string', bytes }, { keepExpiry: true });
  return integerReply(value);
}

function requirePairs({ words, command }: Call): void {
  if (words.length % 2 === 0) throw new CommandError(arityError(command.name));
}

function storePairs(call: Call): void {
  for (let index = 1; index < call.words.length; index += 2)
    store(call, textAt(call, index), { valueIndex: index + 1 });
}

function store(
  call: Call,
  key: string,
  { valueIndex = 2, keepExpiry = false }: { valueIndex?: number; keepExpiry?: boolean } = {},
): void {
  const bytes = call.words[valueIndex] ?? Buffer.alloc(0);
  call.database.put(key, { type: 'string', bytes }, { keepExpiry });
}
