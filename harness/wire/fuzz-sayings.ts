import type { Protocol } from './framing.ts';
import type { Saying } from './fuzz.ts';
import { http } from './http.ts';
import { memcached } from './memcached.ts';
import { resp } from './resp.ts';

/** What is spoken in the fuzzing of one form of a protocol. */
export interface Tongue {
  readonly name: string;
  readonly protocol: () => Protocol;
  readonly sayings: readonly Saying[];
}

const words = (...all: readonly string[]): string =>
  `*${all.length}\r\n${all.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

const redis: readonly Saying[] = [
  [words('GET', 'k:1'), '$5\r\na\r\nbc\r\n'],
  [words('SET', 'k2', '\r\n$3\r\n'), '+OK\r\n'],
  [words('GET', ''), '$-1\r\n'],
  [words('GET', 'k'.repeat(90)), '$0\r\n\r\n'],
  [words('INCR', 'n'), ':-12\r\n'],
  ['PING\r\n', '+PONG\r\n'],
  ['set key "value"\n', '-ERR no\r\n'],
  ['*0\r\n\r\n*-1\r\n', ''],
  [words('LRANGE', 'l', '0', '-1'), '*2\r\n:1\r\n*1\r\n$1\r\nx\r\n'],
  [words('LRANGE', 'm', '0', '-1'), '*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n'],
  [words('HELLO', '3'), '%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n'],
  [words('HGETALL', 'h'), '~2\r\n+x\r\n,3.25\r\n'],
  [words('GET', 't'), '|1\r\n+ttl\r\n:5\r\n$2\r\nhi\r\n'],
  [words('GET', 's'), '$?\r\n;4\r\nWord\r\n;1\r\n!\r\n;0\r\n'],
  [words('EVAL', 'x', '1', 'k'), '*?\r\n:1\r\n*?\r\n.\r\n#t\r\n_\r\n.\r\n'],
  [words('GET', 'v'), '=7\r\ntxt:abc\r\n'],
  [words('GET', 'b'), '(3492890328409238509\r\n'],
  [words('GET', 'e'), '!5\r\nERR x\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n'],
  [words('CLIENT', 'REPLY', 'SKIP'), ''],
  [words('CLIENT', 'REPLY', 'OFF') + words('CLIENT', 'REPLY', 'ON'), '+OK\r\n'],
  [
    words('SUBSCRIBE', 'x'),
    '*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$2\r\nhi\r\n',
  ],
  [
    words('SUBSCRIBE', 'x', 'y'),
    '>3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\ny\r\n:2\r\n',
  ],
  [words('UNSUBSCRIBE'), '*3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n:0\r\n'],
  ['MONITOR\r\n', '+OK\r\n+1339518083.107412 [0 127.0.0.1:60866] "GET" "a"\r\n'],
  [words('MULTI') + words('EXEC') + words('RESET'), '+OK\r\n*0\r\n+RESET\r\n'],
];

const memcachedText: readonly Saying[] = [
  ['get a\r\n', 'VALUE a 0 5\r\na\r\nbc\r\nEND\r\n'],
  ['get a b c\n', 'VALUE a 0 0\r\n\r\nVALUE c 1 2\r\nxy\r\nEND\r\n'],
  ['gets a\r\n', 'END\r\n'],
  ['gat 60 a\r\n', 'VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory\r\n'],
  ['set a 0 0 5\r\na\r\nbc\r\n', 'STORED\r\n'],
  ['add a 0 -1 0 noreply\r\n\r\n', ''],
  ['set a 0 0 3\r\nabcdef\r\n', 'CLIENT_ERROR bad data chunk\r\nERROR\r\n'],
  ['cas a 0 0 1 77\r\nx\r\n', 'EXISTS\r\n'],
  ['incr n 5\r\ndecr n 1 noreply\r\n', '15\r\n'],
  ['delete a\r\ntouch a 0\r\nflush_all noreply\r\n', 'DELETED\r\nNOT_FOUND\r\n'],
  ['stats\r\n', 'STAT pid 1\r\nSTAT x y\r\nEND\r\n'],
  ['lru_crawler metadump all\r\n', 'key=a exp=-1\r\nEND\r\n'],
  ['version\r\n', 'VERSION 1.6\r\n'],
  ['\r\nnonsense\r\n', 'ERROR\r\nERROR\r\n'],
];

const memcachedMeta: readonly Saying[] = [
  ['mg a v\r\n', 'VA 2 t5\r\nhi\r\n'],
  ['mg b v k O1\r\n', 'EN O1 kb\r\n'],
  ['mg c v q O2\r\nmg d v q O3\r\nmn\r\n', 'VA 0 O3\r\n\r\nMN\r\n'],
  ['mg e v q\r\n', ''],
  ['ms a 3 T60\r\nabc\r\n', 'HD\r\n'],
  ['ms b 1 q O4\r\nx\r\n', 'NS O4\r\n'],
  ['ms b 3 q\r\nabcdef\r\n', 'CLIENT_ERROR bad data chunk\r\nERROR\r\n'],
  ['md a q O5\r\n', ''],
  ['ma n v\r\n', 'VA 2\r\n10\r\n'],
  ['me a\r\n', 'ME a exp=-1\r\n'],
  ['get a\r\n', 'VALUE a 0 1\r\nx\r\nEND\r\n'],
  ['mn\r\n', 'MN\r\n'],
];

/** A packet of memcached's binary protocol: 0x80 for a request, 0x81 for a response. */
export function packet(
  magic: number,
  opcode: number,
  [extras, key, value, opaque, status]: Fields,
): string {
  const size = (bytes: number): string => String.fromCharCode(bytes >> 8, bytes & 255);
  const body = extras.length + key.length + value.length;
  const head = [magic, opcode].map((byte) => String.fromCharCode(byte)).join('');
  const lengths = `${size(key.length)}${String.fromCharCode(extras.length)}\0${size(status)}\0\0${size(body)}`;
  return `${head}${lengths}\0\0${size(opaque)}${'\0'.repeat(8)}${extras}${key}${value}`;
}

type Fields = readonly [extras: string, key: string, value: string, opaque: number, status: number];

const memcachedBinary: readonly Saying[] = [
  [packet(0x80, 0, ['', 'a', '', 1, 0]), packet(0x81, 0, ['flag', '', 'value', 1, 0])],
  [packet(0x80, 0, ['', 'b', '', 2, 0]), packet(0x81, 0, ['', '', 'Not found', 2, 1])],
  [packet(0x80, 1, ['flagstim', 'a', 'value\r\n', 3, 0]), packet(0x81, 1, ['', '', '', 3, 0])],
  [packet(0x80, 0x09, ['', 'c', '', 4, 0]), packet(0x81, 0x09, ['flag', '', 'x', 4, 0])],
  [packet(0x80, 0x09, ['', 'd', '', 5, 0]), ''],
  [packet(0x80, 0x0d, ['', 'e', '', 0, 0]), packet(0x81, 0x0d, ['flag', 'e', '', 0, 0])],
  [packet(0x80, 0x11, ['flagstim', 'f', 'v', 6, 0]), ''],
  [
    packet(0x80, 0x10, ['', '', '', 7, 0]),
    packet(0x81, 0x10, ['', 'pid', '1', 7, 0]) + packet(0x81, 0x10, ['', '', '', 7, 0]),
  ],
  [packet(0x80, 0x0a, ['', '', '', 8, 0]), packet(0x81, 0x0a, ['', '', '', 8, 0])],
  [packet(0x80, 0x21, ['', 'PLAIN', 'secret', 9, 0]), packet(0x81, 0x21, ['', '', 'No', 9, 0x20])],
];

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');

const web: readonly Saying[] = [
  [
    lines('GET /a?x HTTP/1.1', 'Host: x', ''),
    `${lines('HTTP/1.1 200 OK', 'Content-Length: 6', '')}a\r\nbcd`,
  ],
  [lines('', 'HEAD /b HTTP/1.1', 'Host: x', ''), lines('HTTP/1.1 200 OK', 'Content-Length: 6', '')],
  [
    `${lines('POST /c HTTP/1.1', 'Content-Length: 3', '')}abc`,
    lines('HTTP/1.1 204 No Content', ''),
  ],
  [
    lines(
      'PUT /d HTTP/1.1',
      'Expect: 100-continue',
      'Transfer-Encoding: chunked',
      '',
      '3;x=y',
      'abc',
      '0',
      'T: x',
      '',
    ),
    lines('HTTP/1.1 100 Continue', '', 'HTTP/1.1 201 Created', 'Content-Length: 0', ''),
  ],
  [
    lines('GET /e HTTP/1.1', ''),
    lines(
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: chunked',
      '',
      'a',
      '0123456789',
      '1',
      'x',
      '0',
      'T: x',
      '',
    ),
  ],
  [
    lines('GET /f HTTP/1.1', 'If-None-Match: x', ''),
    lines('HTTP/1.1 304 Not Modified', 'Content-Length: 9', ''),
  ],
  [lines('GET /g HTTP/1.1', ''), `${lines('HTTP/1.1 502 Bad Gateway', 'Content-Length: 2', '')}no`],
];
/** These end HTTP on a connection, so they are rarer. */
const webEnds: readonly Saying[] = [
  [lines('GET /h HTTP/1.0', ''), `${lines('HTTP/1.0 200 OK', '')}until the end`],
  [lines('GET /i HTTP/1.1', 'Upgrade: x', ''), `${lines('HTTP/1.1 101 Switching', '')}\x81\x02hi`],
];

/** What every parser is fuzzed with: well-formed talk, that fuzzing spoils. */
export const tongues: readonly Tongue[] = [
  { name: 'RESP', protocol: () => resp(), sayings: redis },
  { name: 'memcached text', protocol: () => memcached(), sayings: memcachedText },
  { name: 'memcached meta', protocol: () => memcached(), sayings: memcachedMeta },
  { name: 'memcached binary', protocol: () => memcached(), sayings: memcachedBinary },
  { name: 'HTTP', protocol: () => http(), sayings: [...web, ...web, ...web, ...webEnds] },
];
