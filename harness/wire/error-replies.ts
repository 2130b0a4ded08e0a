import type { ErrorReplyName } from '../model/fault.ts';
import { alsoStale, always, growing, unauthenticated, writes } from './refused-commands.ts';
import type { ErrorReply, WholeCommand } from './rule.ts';

type Family = 'RESP' | 'memcached' | 'HTTP';

type Command = Pick<WholeCommand, 'command' | 'key' | 'firstByte'>;

/** With this byte a request in memcached's binary form begins, where a line of text is no answer. */
const binaryRequest = 0x80;

interface ErrorKind {
  readonly family: Family;
  readonly text: string;
  /** Whether a server in this state refuses the command. */
  refuses(command: Command): boolean;
}

const stored: ReadonlySet<string> = new Set([
  'SET',
  'ADD',
  'REPLACE',
  'APPEND',
  'PREPEND',
  'CAS',
  'MS',
]);

/** The words are those of the servers: https://github.com/redis/redis/blob/7.0/src/server.c (createSharedObjects), memcached's protocol.txt, RFC 9110. */
const kinds: Readonly<Record<ErrorReplyName, ErrorKind>> = {
  LOADING: ofRedis('LOADING Redis is loading the dataset in memory', isNot(always)),
  READONLY: ofRedis("READONLY You can't write against a read only replica.", isIn(writes)),
  MASTERDOWN: ofRedis(
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    isNot(always, alsoStale),
  ),
  CLUSTERDOWN: ofRedis('CLUSTERDOWN The cluster is down', ({ key }) => key !== null),
  OOM: ofRedis("OOM command not allowed when used memory > 'maxmemory'.", isIn(growing)),
  NOAUTH: ofRedis('NOAUTH Authentication required.', isNot(unauthenticated)),
  SERVER_ERROR: {
    family: 'memcached',
    text: 'SERVER_ERROR out of memory storing object\r\n',
    refuses: ({ command, firstByte }) => firstByte !== binaryRequest && stored.has(command),
  },
  '502': ofHttp('502 Bad Gateway'),
  '503': ofHttp('503 Service Unavailable'),
  '504': ofHttp('504 Gateway Timeout'),
};

const noRoom: Readonly<Record<Family, string>> = {
  RESP: '-ERR max number of clients reached\r\n',
  memcached: 'ERROR Too many open connections\r\n',
  HTTP: 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
};

/** These make or end a transaction (see `error-reply.ts`), or change what a connection's replies are. */
const leftAlone: ReadonlySet<string> = new Set(
  `MULTI EXEC DISCARD RESET QUIT HELLO CLIENT MONITOR SYNC PSYNC SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE
  SUNSUBSCRIBE`.split(/\s+/u),
);

/** Throws when the protocol has no such error. */
export function errorReplyOf(
  name: ErrorReplyName,
  protocol: string,
): { readonly reply: ErrorReply; readonly refuses: (command: Command) => boolean } {
  const { family, text, refuses } = kinds[name];
  if (familyOf(protocol) !== family) {
    throw new Error(
      `${name} is an error of ${family}, and this wire speaks ${protocol}; choose one of that`,
    );
  }
  const bytes = bytesOfText(text);
  const payload = payloadOf(family, bytes);
  const isOpenTo = ({ command }: Command): boolean => !leftAlone.has(command);
  return {
    reply: { bytes, type: typeOf(family, text), payload },
    refuses: (command) => isOpenTo(command) && refuses(command),
  };
}

/** The protocol in which this is a word: `RESP`, `memcached` or `HTTP`. */
export function familyOfError(name: ErrorReplyName): string {
  return kinds[name].family;
}

/** What a server says to a connection that it has no room for, before it ends it. Throws for a protocol that is not known here. */
export function wordsOfNoRoom(protocol: string): Uint8Array {
  const family = familyOf(protocol);
  if (family === null)
    throw new Error(`nothing is known of what ${protocol} says when full; say nothing`);
  return bytesOfText(noRoom[family]);
}

export function bytesOfText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** As the framers of the protocol name it: the first byte of RESP, the first word of memcached, the status of HTTP. */
function typeOf(family: Family, text: string): string {
  if (family === 'RESP') return text.slice(0, 1);
  return text.split(' ')[family === 'HTTP' ? 1 : 0] ?? '';
}

/** Of what the digest is made: of RESP the text behind the first byte, of memcached the line, of HTTP the body, which is empty. */
function payloadOf(family: Family, bytes: Uint8Array): Uint8Array {
  switch (family) {
    case 'RESP':
      return bytes.subarray(1, -2);
    case 'memcached':
      return bytes.subarray(0, -2);
    case 'HTTP':
      return new Uint8Array();
    default:
      return family satisfies never;
  }
}

function familyOf(protocol: string): Family | null {
  const families: readonly Family[] = ['RESP', 'memcached', 'HTTP'];
  return families.find((family) => protocol.startsWith(family)) ?? null;
}

function ofRedis(words: string, refuses: ErrorKind['refuses']): ErrorKind {
  return { family: 'RESP', text: `-${words}\r\n`, refuses };
}

function ofHttp(status: string): ErrorKind {
  return {
    family: 'HTTP',
    text: `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`,
    refuses: () => true,
  };
}

function isIn(commands: ReadonlySet<string>): ErrorKind['refuses'] {
  return ({ command }) => commands.has(command);
}

function isNot(...lists: readonly ReadonlySet<string>[]): ErrorKind['refuses'] {
  return ({ command }) => !lists.some((commands) => commands.has(command));
}
