import { arityError, type Command, CommandError, cText, type ServerView } from './command.ts';
import type { Keyspace } from './keyspace.ts';
import { encodeReply, errorReply, type Reply } from './reply.ts';
import type { Session } from './session.ts';

/** Runs one request of a connection and gives the encoded reply, in the order of checks that redis-server 7.0 has. */
export function dispatch(
  { session, keyspace, server }: { session: Session; keyspace: Keyspace; server: ServerView },
  words: readonly Buffer[],
): Buffer {
  keyspace.tick();
  const found = findCommand(server.commands, words);
  if (typeof found === 'string') return refuse(session, found);
  session.lastCommand = found.name;
  if (!acceptsCount(found, words.length)) return refuse(session, arityError(found.name));
  if (found.flags.includes('denyoom') && keyspace.usedBytes() > keyspace.usedBytesMax)
    return refuse(session, "OOM command not allowed when used memory > 'maxmemory'.");
  if (session.transaction !== null && !found.flags.includes('immediate')) {
    if (session.transaction.queue.length >= queuedCommandsMax)
      return refuse(session, `ERR more than ${queuedCommandsMax} commands queued in one MULTI`);
    session.transaction.queue.push({ command: found, words });
    return encodeReply({ type: 'simple', text: 'QUEUED' }, session.protocol);
  }
  return server.execute(session, found, words);
}

/** Runs a command and encodes its reply in the protocol that the connection has behind it. */
export function runCommand(
  { keyspace, server, session }: { keyspace: Keyspace; server: ServerView; session: Session },
  command: Command,
  words: readonly Buffer[],
): Buffer {
  const database = keyspace.databases[session.databaseIndex];
  if (database === undefined) throw new Error(`there is no database ${session.databaseIndex}`);
  let reply: Reply;
  try {
    reply = command.run({ words, command, session, database, keyspace, server });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    reply = errorReply(error.message);
  }
  return encodeReply(reply, session.protocol);
}

const queuedCommandsMax = 1_000_000;
const shownBytesMax = 128;

/** A request that is not even run breaks the transaction it was meant for. */
function refuse(session: Session, text: string): Buffer {
  if (session.transaction !== null) session.transaction.isBroken = true;
  return encodeReply(errorReply(text), session.protocol);
}

function acceptsCount({ arity }: Command, count: number): boolean {
  return arity >= 0 ? count === arity : count >= -arity;
}

/** The command, or the error text for one that is not there. */
function findCommand(
  commands: ReadonlyMap<string, Command>,
  words: readonly Buffer[],
): Command | string {
  const [name = '', subname] = words.slice(0, 2).map((word) => word.toString('latin1'));
  const command = commands.get(name.toLowerCase());
  if (command === undefined) return unknownCommand(words);
  if (command.subcommands === undefined || subname === undefined) return command;
  const subcommand = command.subcommands.get(subname.toLowerCase());
  if (subcommand !== undefined) return subcommand;
  const shown = cText(subname).slice(0, shownBytesMax);
  return `ERR unknown subcommand '${shown}'. Try ${name.toUpperCase()} HELP.`;
}

function unknownCommand(words: readonly Buffer[]): string {
  let shown = '';
  for (const word of words.slice(1)) {
    if (shown.length >= shownBytesMax) break;
    shown += `'${cText(word.toString('latin1', 0, shownBytesMax)).slice(0, shownBytesMax - shown.length)}' `;
  }
  const name = cText(words[0]?.toString('latin1') ?? '').slice(0, shownBytesMax);
  return `ERR unknown command '${name}', with args beginning with: ${shown}`;
}
