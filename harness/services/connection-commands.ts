import { checkedName } from './client-commands.ts';
import {
  arityError,
  type Call,
  type Command,
  CommandError,
  cText,
  integerAt,
  optionAt,
  syntaxError,
  textAt,
} from './command.ts';
import { databaseCount } from './keyspace.ts';
import { bulkReply, integerReply, okReply, type Reply } from './reply.ts';
import { embeddedVersion } from './server-commands.ts';
import { endTransaction } from './transaction-commands.ts';

/** PING, HELLO and what else is about the connection itself. */
export const connectionCommands: readonly Command[] = [
  { name: 'ping', arity: -1, flags: ['fast'], run: ping },
  { name: 'echo', arity: 2, flags: ['fast'], run: ({ words }) => bulkReply(words[1] ?? '') },
  { name: 'hello', arity: -1, flags: ['fast'], run: hello },
  { name: 'auth', arity: -2, flags: ['fast'], run: authenticate },
  { name: 'select', arity: 2, flags: ['fast'], run: select },
  { name: 'quit', arity: -1, flags: ['fast', 'immediate'], run: quit },
  { name: 'reset', arity: 1, flags: ['fast', 'immediate'], run: reset },
];

const smallIntegerMax = 2_147_483_647n;
const wrongPassword = 'WRONGPASS invalid username-password pair or user is disabled.';

function ping({ words }: Call): Reply {
  if (words.length > 2) throw new CommandError(arityError('ping'));
  return words[1] === undefined ? { type: 'simple', text: 'PONG' } : bulkReply(words[1]);
}

function hello(call: Call): Reply {
  const { session } = call;
  const protocol = call.words.length > 1 ? protocolAt(call, 1) : session.protocol;
  for (let index = 2; index < call.words.length; index += 1) {
    const option = optionAt(call, index);
    const following = call.words.length - 1 - index;
    if (option === 'auth' && following >= 2) {
      if (textAt(call, index + 1) !== 'default') throw new CommandError(wrongPassword);
      index += 2;
    } else if (option === 'setname' && following >= 1) {
      session.name = checkedName(textAt(call, index + 1));
      index += 1;
    } else {
      const word = cText(textAt(call, index));
      throw new CommandError(`ERR Syntax error in HELLO option '${word}'`);
    }
  }
  session.protocol = protocol;
  return {
    type: 'map',
    entries: [
      [bulkReply('server'), bulkReply('redis')],
      [bulkReply('version'), bulkReply(embeddedVersion)],
      [bulkReply('proto'), integerReply(protocol)],
      [bulkReply('id'), integerReply(session.id)],
      [bulkReply('mode'), bulkReply('standalone')],
      [bulkReply('role'), bulkReply('master')],
      [bulkReply('modules'), { type: 'array', items: [] }],
    ],
  };
}

function protocolAt(call: Call, index: number): 2 | 3 {
  const version = integerAt(call, index, 'ERR Protocol version is not an integer or out of range');
  if (version === 2n) return 2;
  if (version === 3n) return 3;
  throw new CommandError('NOPROTO unsupported protocol version');
}

/** There is one user, `default`, who may have any password: as in a Redis without configuration. */
function authenticate(call: Call): Reply {
  if (call.words.length > 3) throw new CommandError(syntaxError);
  if (call.words.length === 2) {
    throw new CommandError(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    );
  }
  if (textAt(call, 1) !== 'default') throw new CommandError(wrongPassword);
  return okReply;
}

function select(call: Call): Reply {
  const index = integerAt(call, 1);
  if (index > smallIntegerMax || index < -smallIntegerMax - 1n) {
    throw new CommandError(
      'ERR value is out of range, value must between -2147483648 and 2147483647',
    );
  }
  if (index < 0n || index >= BigInt(databaseCount))
    throw new CommandError('ERR DB index is out of range');
  call.session.databaseIndex = Number(index);
  return okReply;
}

function quit({ session }: Call): Reply {
  session.isClosing = true;
  return okReply;
}

function reset(call: Call): Reply {
  endTransaction(call);
  Object.assign(call.session, { databaseIndex: 0, protocol: 2, name: '' });
  return { type: 'simple', text: 'RESET' };
}
