import {
  type Call,
  type Command,
  CommandError,
  notInteger,
  optionAt,
  parseInteger,
  syntaxError,
  textAt,
} from './command.ts';
import { matchesGlob } from './glob.ts';
import { arrayReply, bulkReply, integerReply, okReply, type Reply } from './reply.ts';

/** DEL, SCAN and what else works on keys of any type. */
export const keyCommands: readonly Command[] = [
  { name: 'del', arity: -2, flags: ['write'], keys: [1, -1, 1], run: remove },
  { name: 'unlink', arity: -2, flags: ['write', 'fast'], keys: [1, -1, 1], run: remove },
  { name: 'exists', arity: -2, flags: ['readonly', 'fast'], keys: [1, -1, 1], run: count },
  { name: 'touch', arity: -2, flags: ['readonly', 'fast'], keys: [1, -1, 1], run: count },
  { name: 'type', arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: type },
  { name: 'keys', arity: 2, flags: ['readonly'], run: keys },
  { name: 'scan', arity: -2, flags: ['readonly'], run: scan },
  { name: 'rename', arity: 3, flags: ['write'], keys: [1, 2, 1], run: rename },
  { name: 'renamenx', arity: 3, flags: ['write', 'fast'], keys: [1, 2, 1], run: renameAbsent },
  { name: 'dbsize', arity: 1, flags: ['readonly', 'fast'], run: size },
  { name: 'flushdb', arity: -1, flags: ['write'], run: flushDatabase },
  { name: 'flushall', arity: -1, flags: ['write'], run: flushAll },
];

const scanCountDefault = 10n;

function remove({ words, database }: Call): Reply {
  return integerReply(
    words.slice(1).filter((word) => database.remove(word.toString('latin1'))).length,
  );
}

function count({ words, database }: Call): Reply {
  const found = words
    .slice(1)
    .filter((word) => database.find(word.toString('latin1')) !== undefined);
  return integerReply(found.length);
}

function type(call: Call): Reply {
  return { type: 'simple', text: call.database.find(textAt(call, 1))?.type ?? 'none' };
}

function keys(call: Call): Reply {
  const pattern = textAt(call, 1);
  const matching = call.database.keys().filter((key) => matchesGlob(pattern, key));
  return arrayReply(matching.map(bulkReply));
}

function scan(call: Call): Reply {
  const cursor = textAt(call, 1);
  if (!/^\d{0,16}$/.test(cursor)) throw new CommandError('ERR invalid cursor');
  const { pattern, type, count } = parseScanOptions(call);
  const found = call.database.scan(Number(cursor), count);
  const matching = found.keys.filter(
    (key) => matchesGlob(pattern, key) && (type === null || call.database.find(key)?.type === type),
  );
  return arrayReply([bulkReply(String(found.next)), arrayReply(matching.map(bulkReply))]);
}

function parseScanOptions(call: Call): { pattern: string; type: string | null; count: number } {
  let pattern = '*';
  let type: string | null = null;
  let count = scanCountDefault;
  for (let index = 2; index < call.words.length; index += 2) {
    const option = optionAt(call, index);
    if (index + 1 >= call.words.length) throw new CommandError(syntaxError);
    if (option === 'match') pattern = textAt(call, index + 1);
    else if (option === 'type') type = optionAt(call, index + 1);
    else if (option === 'count') count = parseCount(textAt(call, index + 1));
    else throw new CommandError(syntaxError);
  }
  return { pattern, type, count: Number(count) };
}

function parseCount(text: string): bigint {
  const count = parseInteger(text);
  if (count === undefined) throw new CommandError(notInteger);
  if (count < 1n) throw new CommandError(syntaxError);
  return count;
}

function rename(call: Call): Reply {
  requireSource(call);
  move(call);
  return okReply;
}

function renameAbsent(call: Call): Reply {
  requireSource(call);
  if (call.database.find(textAt(call, 2)) !== undefined) return integerReply(0);
  move(call);
  return integerReply(1);
}

function requireSource(call: Call): void {
  if (call.database.find(textAt(call, 1)) === undefined) throw new CommandError('ERR no such key');
}

function move(call: Call): void {
  const [from, to] = [textAt(call, 1), textAt(call, 2)];
  if (from !== to) call.database.rename(from, to);
}

function size({ database }: Call): Reply {
  return integerReply(database.size());
}

function flushDatabase(call: Call): Reply {
  requireFlushOptions(call);
  call.database.clear();
  return okReply;
}

function flushAll(call: Call): Reply {
  requireFlushOptions(call);
  for (const database of call.keyspace.databases) database.clear();
  return okReply;
}

function requireFlushOptions(call: Call): void {
  const isKnown = call.words.length === 1 || ['async', 'sync'].includes(optionAt(call, 1));
  if (!isKnown || call.words.length > 2) throw new CommandError(syntaxError);
}
