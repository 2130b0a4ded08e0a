import {
  type Call,
  type Command,
  CommandError,
  integerAt,
  optionAt,
  syntaxError,
  textAt,
} from './command.ts';
import { bulkReply, integerReply, nullReply, okReply, type Reply } from './reply.ts';
import type { Session } from './session.ts';

/** CLIENT and its subcommands. */
export const clientCommands: readonly Command[] = [
  container('client', [
    { name: 'client|id', arity: 2, flags: [], run: ({ session }) => integerReply(session.id) },
    { name: 'client|getname', arity: 2, flags: [], run: getName },
    { name: 'client|setname', arity: 3, flags: [], run: setName },
    // Redis knows SETINFO since 7.2. Clients of today send it on every connection, so it is taken here too.
    { name: 'client|setinfo', arity: 4, flags: [], run: setInformation },
    { name: 'client|info', arity: 2, flags: [], run: information },
    { name: 'client|list', arity: -2, flags: [], run: list },
    { name: 'client|kill', arity: -3, flags: [], run: kill },
    { name: 'client|no-evict', arity: 3, flags: [], run: noEvict },
    { name: 'client|tracking', arity: -3, flags: [], run: tracking },
  ]),
];

/** A command that is nothing without one of its subcommands. */
export function container(name: string, subcommands: readonly Command[]): Command {
  return {
    name,
    arity: -2,
    flags: ['container'],
    subcommands: new Map(
      subcommands.map((command) => [command.name.slice(name.length + 1), command]),
    ),
    run: () => {
      throw new CommandError(syntaxError);
    },
  };
}

/** A client's name, which may be empty; only visible characters without space are taken. */
export function checkedName(name: string): string {
  if (/^[!-~]*$/.test(name)) return name;
  throw new CommandError('ERR Client names cannot contain spaces, newlines or special characters.');
}

function getName({ session }: Call): Reply {
  return session.name === '' ? nullReply : bulkReply(session.name);
}

function setName(call: Call): Reply {
  call.session.name = checkedName(textAt(call, 2));
  return okReply;
}

function setInformation(call: Call): Reply {
  const option = optionAt(call, 2);
  const value = textAt(call, 3);
  if (!/^[!-~]*$/.test(value)) {
    throw new CommandError(`ERR ${option} cannot contain spaces, newlines or special characters.`);
  }
  if (option === 'lib-name') call.session.libraryName = value;
  else if (option === 'lib-ver') call.session.libraryVersion = value;
  else throw new CommandError(`ERR Unrecognized option '${textAt(call, 2)}'`);
  return okReply;
}

function information(call: Call): Reply {
  return { type: 'verbatim', text: `${describe(call, call.session)}\n` };
}

function list(call: Call): Reply {
  const chosen = chooseListed(call);
  const lines = chosen.map((session) => `${describe(call, session)}\n`);
  return { type: 'verbatim', text: lines.join('') };
}

function chooseListed(call: Call): readonly Session[] {
  const sessions = [...call.server.sessions];
  if (call.words.length === 2) return sessions;
  const filter = optionAt(call, 2);
  if (filter === 'type' && call.words.length === 4) return isType(call, 3) ? sessions : [];
  if (filter !== 'id' || call.words.length === 3) throw new CommandError(syntaxError);
  const ids = new Set(
    call.words.slice(3).map((_, index) => integerAt(call, index + 3, 'ERR Invalid client ID')),
  );
  return sessions.filter((session) => ids.has(BigInt(session.id)));
}

/** Every connection here is of the type `normal`. */
function isType(call: Call, index: number): boolean {
  const type = optionAt(call, index);
  if (['normal', 'master', 'replica', 'slave', 'pubsub'].includes(type)) return type === 'normal';
  throw new CommandError(`ERR Unknown client type '${textAt(call, index)}'`);
}

function kill(call: Call): Reply {
  if (call.words.length === 3) {
    const address = textAt(call, 2);
    const found = [...call.server.sessions].find((session) => session.address === address);
    if (found === undefined) throw new CommandError('ERR No such client');
    end(call, found);
    return okReply;
  }
  const isChosen = parseKillFilters(call);
  const chosen = [...call.server.sessions].filter(isChosen);
  for (const session of chosen) end(call, session);
  return integerReply(chosen.length);
}

function parseKillFilters(call: Call): (session: Session) => boolean {
  const filters: ((session: Session) => boolean)[] = [];
  let skipsMe = true;
  if (call.words.length % 2 === 1) throw new CommandError(syntaxError);
  for (let index = 2; index < call.words.length; index += 2) {
    const value = textAt(call, index + 1);
    switch (optionAt(call, index)) {
      case 'id':
        filters.push(hasId(call, index + 1));
        break;
      case 'addr':
        filters.push((session) => session.address === value);
        break;
      case 'type': {
        const isOfType = isType(call, index + 1);
        filters.push(() => isOfType);
        break;
      }
      case 'skipme':
        skipsMe = parseYes(call, index + 1);
        break;
      default:
        throw new CommandError(syntaxError);
    }
  }
  if (skipsMe) filters.push((session) => session !== call.session);
  return (session) => filters.every((accepts) => accepts(session));
}

function hasId(call: Call, index: number): (session: Session) => boolean {
  const error = 'ERR client-id should be greater than 0';
  const id = integerAt(call, index, error);
  if (id < 1n) throw new CommandError(error);
  return (session) => BigInt(session.id) === id;
}

function parseYes(call: Call, index: number): boolean {
  const word = optionAt(call, index);
  if (word !== 'yes' && word !== 'no') throw new CommandError(syntaxError);
  return word === 'yes';
}

/** A client that ends itself still gets the reply. */
function end({ session: own }: Call, session: Session): void {
  session.isClosing = true;
  if (session !== own) session.close();
}

function noEvict(call: Call): Reply {
  if (!['on', 'off'].includes(optionAt(call, 2))) throw new CommandError(syntaxError);
  return okReply;
}

/** A server that says it tracks and never invalidates would make every client-side cache stale, so it says no. */
function tracking(call: Call): Reply {
  const word = optionAt(call, 2);
  if (word === 'off' && call.words.length === 3) return okReply;
  if (word !== 'on') throw new CommandError(syntaxError);
  throw new CommandError(
    'ERR this embedded server does not send invalidations, so CLIENT TRACKING cannot be switched on; use a redis-server for it',
  );
}

function describe({ server }: Call, session: Session): string {
  const nowNs = server.nowNs();
  const fields = {
    id: session.id,
    addr: session.address,
    name: session.name,
    age: wholeSeconds(nowNs - session.openedNs),
    idle: wholeSeconds(nowNs - session.lastCommandNs),
    flags: session.transaction === null ? 'N' : 'x',
    db: session.databaseIndex,
    sub: 0,
    psub: 0,
    multi: session.transaction?.queue.length ?? -1,
    cmd: session.lastCommand,
    user: 'default',
    redir: -1,
    resp: session.protocol,
    'lib-name': session.libraryName,
    'lib-ver': session.libraryVersion,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function wholeSeconds(nanoseconds: number): number {
  return Math.max(0, Math.floor(nanoseconds / 1e9));
}
