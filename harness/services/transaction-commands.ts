import { type Call, type Command, CommandError, textAt } from './command.ts';
import { okReply, type Reply } from './reply.ts';

/** MULTI, EXEC, DISCARD, WATCH, UNWATCH. */
export const transactionCommands: readonly Command[] = [
  { name: 'multi', arity: 1, flags: ['fast', 'immediate'], run: begin },
  { name: 'exec', arity: 1, flags: ['immediate'], run: execute },
  { name: 'discard', arity: 1, flags: ['fast', 'immediate'], run: discard },
  { name: 'watch', arity: -2, flags: ['fast', 'immediate'], keys: [1, -1, 1], run: watch },
  { name: 'unwatch', arity: 1, flags: ['fast'], run: unwatch },
];

/** Leaves the transaction, if there is one, and forgets what was watched. */
export function endTransaction(call: Pick<Call, 'session' | 'keyspace'>): void {
  call.session.transaction = null;
  forgetWatched(call);
}

function begin({ session }: Call): Reply {
  if (session.transaction !== null) throw new CommandError('ERR MULTI calls can not be nested');
  session.transaction = { queue: [], isBroken: false };
  return okReply;
}

function execute(call: Call): Reply {
  const { session, server } = call;
  const transaction = requireTransaction(call, 'EXEC');
  findWatched(call);
  const isChanged = session.watch.isBroken;
  endTransaction(call);
  if (transaction.isBroken)
    throw new CommandError('EXECABORT Transaction discarded because of previous errors.');
  if (isChanged) return { type: 'null-array' };
  return {
    type: 'encoded-array',
    items: transaction.queue.map(({ command, words }) => server.execute(session, command, words)),
  };
}

function discard(call: Call): Reply {
  requireTransaction(call, 'DISCARD');
  endTransaction(call);
  return okReply;
}

function watch(call: Call): Reply {
  const { session, words, database } = call;
  if (session.transaction !== null) throw new CommandError('ERR WATCH inside MULTI is not allowed');
  for (let index = 1; index < words.length; index += 1) {
    const key = textAt(call, index);
    const { databaseIndex } = session;
    // Looked up first: a key that is past its time goes now, and its going is not the change that is watched for.
    database.find(key);
    const isWatched = session.watch.keys.some(
      (watched) => watched.key === key && watched.databaseIndex === databaseIndex,
    );
    if (isWatched) continue;
    session.watch.keys.push({ databaseIndex, key });
    database.watch(key, session.watch);
  }
  return okReply;
}

function unwatch(call: Call): Reply {
  forgetWatched(call);
  return okReply;
}

function requireTransaction(
  { session }: Call,
  name: string,
): NonNullable<Call['session']['transaction']> {
  if (session.transaction === null) throw new CommandError(`ERR ${name} without MULTI`);
  return session.transaction;
}

/** A watched key whose time has passed since is a change, and shows only when somebody looks. */
function findWatched({ session, keyspace }: Call): void {
  for (const { databaseIndex, key } of session.watch.keys)
    keyspace.databases[databaseIndex]?.find(key);
}

function forgetWatched({ session, keyspace }: Pick<Call, 'session' | 'keyspace'>): void {
  for (const { databaseIndex, key } of session.watch.keys)
    keyspace.databases[databaseIndex]?.unwatch(key, session.watch);
  session.watch = { isBroken: false, keys: [] };
}
