import { container } from './client-commands.ts';
import {
  arityError,
  type Call,
  type Command,
  CommandError,
  cText,
  optionAt,
  syntaxError,
  textAt,
} from './command.ts';
import { matchesGlob } from './glob.ts';
import { arrayReply, bulkReply, integerReply, nullReply, okReply, type Reply } from './reply.ts';

/** The Redis whose replies the embedded server gives, byte for byte. */
export const embeddedVersion = '7.0.15';

/** INFO, CONFIG, COMMAND. */
export const serverCommands: readonly Command[] = [
  { name: 'info', arity: -1, flags: [], run: information },
  container('config', [
    { name: 'config|get', arity: -3, flags: [], run: getSettings },
    { name: 'config|set', arity: -4, flags: [], run: setSettings },
    { name: 'config|resetstat', arity: 2, flags: [], run: () => okReply },
  ]),
  {
    ...container('command', [
      { name: 'command|count', arity: 2, flags: [], run: countCommands },
      { name: 'command|docs', arity: -2, flags: [], run: () => ({ type: 'map', entries: [] }) },
      { name: 'command|info', arity: -2, flags: [], run: describeNamed },
      { name: 'command|list', arity: -2, flags: [], run: listCommands },
    ]),
    arity: -1,
    run: describeAll,
  },
];

function information(call: Call): Reply {
  const asked = call.words.slice(1).map((_, index) => optionAt(call, index + 1));
  const isWhole =
    asked.length === 0 || asked.some((name) => ['all', 'default', 'everything'].includes(name));
  const sections = Object.entries(sectionsOf(call)).filter(
    ([title]) => isWhole || asked.includes(title.toLowerCase()),
  );
  const texts = sections.map(
    ([title, lines]) =>
      `# ${title}\r\n${Object.entries(lines)
        .map(([name, value]) => `${name}:${value}\r\n`)
        .join('')}`,
  );
  return { type: 'verbatim', text: texts.join('\r\n') };
}

function sectionsOf(call: Call): Record<string, Record<string, string | number>> {
  const { keyspace, server } = call;
  return {
    Server: {
      redis_version: embeddedVersion,
      redis_mode: 'standalone',
      // Says which server this is to a person who wonders; no Redis has this line.
      crosswire_embedded: 1,
      uptime_in_seconds: Math.floor((server.nowNs() - server.startNs) / 1e9),
    },
    Clients: { connected_clients: server.sessions.size, blocked_clients: 0 },
    Memory: {
      used_memory: keyspace.usedBytes(),
      maxmemory: keyspace.usedBytesMax,
      maxmemory_policy: 'noeviction',
    },
    Persistence: { loading: 0, rdb_bgsave_in_progress: 0, aof_enabled: 0 },
    Stats: { total_commands_processed: server.commandsProcessed() },
    Replication: { role: 'master', connected_slaves: 0 },
    Cluster: { cluster_enabled: 0 },
    Keyspace: Object.fromEntries(
      keyspace.databases.flatMap((database, index) => {
        const size = database.size();
        const figures = `keys=${size},expires=${database.expiringSize()},avg_ttl=0`;
        return size === 0 ? [] : [[`db${index}`, figures] as const];
      }),
    ),
  };
}

/** What the server works by. None can be changed: setting one to what it already is succeeds. */
function settingsOf({ keyspace }: Call): ReadonlyMap<string, string> {
  return new Map([
    ['appendonly', 'no'],
    ['databases', String(keyspace.databases.length)],
    ['maxclients', '10000'],
    ['maxmemory', String(keyspace.usedBytesMax)],
    ['maxmemory-policy', 'noeviction'],
    ['notify-keyspace-events', ''],
    ['proto-max-bulk-len', '536870912'],
    ['requirepass', ''],
    ['save', ''],
    ['timeout', '0'],
  ]);
}

function getSettings(call: Call): Reply {
  const patterns = call.words.slice(2).map((word) => word.toString('latin1').toLowerCase());
  const matching = [...settingsOf(call)].filter(([name]) =>
    patterns.some((pattern) => matchesGlob(pattern, name)),
  );
  return {
    type: 'map',
    entries: matching.map(([name, value]) => [bulkReply(name), bulkReply(value)] as const),
  };
}

function setSettings(call: Call): Reply {
  if (call.words.length % 2 === 1) throw new CommandError(arityError('config|set'));
  const settings = settingsOf(call);
  for (let index = 2; index < call.words.length; index += 2) {
    const value = settings.get(optionAt(call, index));
    const name = cText(textAt(call, index));
    if (value === undefined) {
      throw new CommandError(
        `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`,
      );
    }
    if (value !== textAt(call, index + 1)) {
      throw new CommandError(
        `ERR CONFIG SET failed (possibly related to argument '${name}') - can't set immutable config`,
      );
    }
  }
  return okReply;
}

function countCommands({ server }: Call): Reply {
  return integerReply(server.commands.size);
}

function listCommands({ server, words }: Call): Reply {
  if (words.length > 2) throw new CommandError(syntaxError);
  return arrayReply([...server.commands.keys()].map((name) => bulkReply(name)));
}

function describeAll({ server }: Call): Reply {
  return arrayReply([...server.commands.values()].map(describe));
}

function describeNamed(call: Call): Reply {
  if (call.words.length === 2) return describeAll(call);
  return arrayReply(
    call.words.slice(2).map((word) => {
      const [name = '', subname] = word.toString('latin1').toLowerCase().split('|');
      const command = call.server.commands.get(name);
      const named = subname === undefined ? command : command?.subcommands?.get(subname);
      return named === undefined ? nullReply : describe(named);
    }),
  );
}

/** Source for the places: https://redis.io/docs/latest/commands/command/ */
function describe(command: Command): Reply {
  const [first, last, step] = command.keys ?? [0, 0, 0];
  const flags = command.flags.filter((flag) => flag !== 'immediate' && flag !== 'container');
  const empty: Reply = { type: 'set', items: [] };
  return arrayReply([
    bulkReply(command.name),
    integerReply(command.arity),
    { type: 'set', items: flags.map((text) => ({ type: 'simple', text })) },
    integerReply(first),
    integerReply(last),
    integerReply(step),
    empty,
    empty,
    empty,
    arrayReply([...(command.subcommands?.values() ?? [])].map(describe)),
  ]);
}
