import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Protocol } from './framing.ts';
import { packet } from './fuzz-sayings.ts';
import { http } from './http.ts';
import { memcached } from './memcached.ts';
import { resp } from './resp.ts';
import { type DialogueRead, readDialogue } from './stream-reading.ts';
import { bytesOf } from './text-words.ts';

const longKey = 'k'.repeat(251);

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface LiveServer extends AsyncDisposable {
  readonly port: number;
}

async function start(
  program: string,
  optionsFor: (port: number) => readonly string[],
): Promise<LiveServer> {
  const port = await freePort();
  const child = spawn(program, optionsFor(port), { stdio: 'ignore' });
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  try {
    for (let attempt = 1; !(await accepts(port)); attempt += 1) {
      if (attempt === 200) throw new Error(`${program} does not accept on port ${port}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, [Symbol.asyncDispose]: stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      setTimeout(() => resolve(false), 20);
    });
  });
}

/** Says it all at once, and gives what the server says until it ends the connection because it was asked to. */
function exchange(port: number, commands: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
    socket.write(bytesOf(commands));
  });
}

/** What a client can say, right and wrong; behind each, `version` shows whether the replies still go with the commands. */
const sayings = [
  'set a 1 0 3\r\nabc\r\nget a b a\r\ngets a\r\ngat 60 a\r\ngats 60 a b\r\n',
  'set a 1 0 3 noreply\r\nabc\r\nadd a 0 0 1\r\nx\r\nreplace a 0 0 0\r\n\r\nappend a 0 0 1\r\ny\r\n',
  'cas a 0 0 1 999\r\nx\r\ncas a 0 0 1 999 noreply\r\nx\r\ncas a 0 0 1\r\nx\r\ncas a 0 0 1 x\r\nx\r\n',
  'set n 0 0 2\r\n10\r\nincr n 5\r\ndecr n 1 noreply\r\nincr n x\r\nincr n x noreply\r\nincr a 1\r\nincr n\r\n',
  'delete a\r\ndelete a noreply\r\ndelete a 0\r\ndelete a 5 noreply\r\ndelete\r\ndelete a b c d\r\n',
  'touch n 0\r\ntouch n 0 noreply\r\ntouch n\r\nflush_all\r\nflush_all noreply\r\nflush_all 0\r\nflush_all x noreply\r\n',
  'verbosity 1\r\nverbosity\r\nverbosity noreply\r\nstats\r\nstats items\r\nstats settings\r\nstats reset\r\nstats foo\r\n',
  'set a 0 0 3\r\nabcdef\r\n',
  'set a 0 0 3 noreply\r\nabcdef\r\n',
  'set a 0 0 3\r\nabc\nmn\r\nmn\r\n',
  'set a 0 0 x\r\nabc\r\nset a 0 0 -1\r\nabc\r\nset a 0 0\r\nabc\r\nset a 0 0 1 noreply x\r\nx\r\n',
  `set ${longKey} 0 0 3\r\nabc\r\nset ${longKey} 0 0 3 noreply\r\nabc\r\n`,
  // Alone: memcached 1.6.18 throws away replies before this one that were not sent yet.
  `get a ${longKey}\r\n`,
  `set a 0 0 1100000\r\n${'x'.repeat(1_100_000)}\r\n`,
  `set a 0 0 1100000 noreply\r\n${'x'.repeat(1_100_000)}\r\n`,
  '\r\nGET a\r\nSET a 0 0 1\r\n  get   a  \r\nget\r\nnonsense\r\n',
  'ms m 3 T0 O9 k\r\nabc\r\nmg m v k O7\r\nmg m k O7\r\nmg nokey v O1 k\r\nme m\r\nme nokey\r\nmn\r\n',
  'mg nokey v q O1\r\nmg m v q O2\r\nmg other v q O3\r\nmn\r\n',
  'ms m 3 q O9\r\nabc\r\nms m 3 q O8 ME\r\nabc\r\nmd m q O7\r\nmd m q O6\r\nma c q O5\r\nma c N0 q O4\r\nma c v O3\r\nmn\r\n',
  'ms m 3\r\nabcdef\r\n',
  'ms m 3 q\r\nabcdef\r\n',
  `ms ${longKey} 3 q\r\nabc\r\nms m x q\r\nabc\r\nms m\r\nabc\r\nms m 3 MZ\r\nabc\r\nmg ${longKey} v q\r\nmg\r\n`,
  'ms ZGF0YQ== 3 b k O1\r\nabc\r\nmg ZGF0YQ== b k v q O2\r\nmg other v q k\r\nget m\r\n',
  'cache_memlimit 64\r\nlru_crawler metadump all\r\nshutdown\r\nset a 0 0 3\nabc\r\nget a\n',
];

type Request = readonly [
  opcode: number,
  key?: string,
  opaque?: number,
  extras?: string,
  value?: string,
];

const requestOf = ([opcode, key = '', opaque = 0, extras = '', value = '']: Request): string =>
  packet(0x80, opcode, [extras, key, value, opaque, 0]);

const [get, set, deletion, quit, getq, noop, version, getkq, stat, setq, addq] = [
  0, 1, 4, 7, 9, 0x0a, 0x0b, 0x0d, 0x10, 0x11, 0x12,
] as const;
const times = '\0'.repeat(8);

const binarySayings: readonly (readonly Request[])[] = [
  [[set, 'a', 1, times, 'va'], [get, 'a', 2], [get, 'nothing', 3], [deletion, 'b', 4], [version]],
  [
    [getq, 'x', 1],
    [getq, 'a', 2],
    [getq, 'y', 3],
    [noop, '', 4],
    [get, 'a'],
  ],
  [
    [getkq, 'x'],
    [getkq, 'a'],
    [getkq, 'y'],
    [getkq, 'a'],
    [get, 'a'],
  ],
  [
    [setq, 'q', 1, times, 'v'],
    [addq, 'q', 2, times, 'v'],
    [addq, 'r', 3, times, ''],
    [get, 'r', 4],
  ],
  [[stat], [stat, 'items', 1], [stat, 'nonsense', 2], [0x7f, '', 3]],
];

/** Inline commands; the replies are those of any other. */
const redisSayings = [
  ['PING', 'SET a 1', 'GET a', 'LRANGE a 0 -1', 'RPUSH l message x y', 'LRANGE l 0 -1', 'NONSENSE'],
  ['HELLO 3', 'CONFIG GET maxmemory', 'HGETALL nothing', 'HELLO 2', 'HELLO 9', 'GET a'],
  ['CLIENT REPLY OFF', 'SET a 2', 'GET a', 'CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'GET a'],
  [
    'CLIENT REPLY SKIP',
    'GET a',
    'GET a',
    'CLIENT REPLY SKIP',
    'CLIENT REPLY SKIP',
    'GET a',
    'GET a',
  ],
  ['CLIENT REPLY SKIP', 'CLIENT REPLY ON', 'GET a', 'CLIENT REPLY NONSENSE', 'CLIENT REPLY'],
  ['CLIENT REPLY OFF', 'CLIENT REPLY NONSENSE', 'RESET', 'GET a'],
  ['SUBSCRIBE a', 'SUBSCRIBE b c b', 'PING', 'GET a', 'UNSUBSCRIBE b', 'UNSUBSCRIBE', 'GET a'],
  ['UNSUBSCRIBE', 'PUNSUBSCRIBE', 'UNSUBSCRIBE x y', 'SUBSCRIBE', 'GET a'],
  ['PSUBSCRIBE x*', 'SUBSCRIBE a', 'PUNSUBSCRIBE x*', 'UNSUBSCRIBE a', 'LRANGE l 0 -1'],
  ['HELLO 3', 'SUBSCRIBE a b', 'PUBLISH a hi', 'GET a', 'PUBLISH b hi', 'UNSUBSCRIBE', 'GET a'],
  ['HELLO 3', 'SSUBSCRIBE s t', 'SPUBLISH s hi', 'SUNSUBSCRIBE', 'LRANGE l 0 -1'],
  ['HELLO 3', 'CLIENT REPLY OFF', 'SUBSCRIBE a', 'PUBLISH a hi', 'CLIENT REPLY ON', 'GET a'],
  ['CLIENT REPLY SKIP', 'SUBSCRIBE a', 'PING', 'UNSUBSCRIBE', 'GET a'],
  ['SUBSCRIBE a', 'RESET', 'LRANGE l 0 -1', 'GET a'],
  ['MONITOR', 'GET a', 'SET a 3', 'GET a'],
  ['HELLO 3', 'CLIENT TRACKING ON', 'GET a', 'SET a 4', 'GET a'],
  ['MULTI', 'GET a', 'MULTI', 'EXEC', 'MULTI', 'GET a', 'DISCARD', 'EXEC'],
];

/** Reads what was said, and checks that nobody is left over: each reply was given to a command of its own. */
async function assertPaired(
  protocol: Protocol,
  { port, saying }: { readonly port: number; readonly saying: string },
): Promise<DialogueRead> {
  const replies = await exchange(port, saying);
  const read = readDialogue(protocol, { commands: bytesOf(saying), replies });
  const lost = read.replies.lost ?? read.commands.lost;
  const said = saying.slice(0, 300);
  expect({ said, lost }).toEqual({ said, lost: null });
  expect(read.replies.atBoundary).toBe(true);
  const due = read.commands.frames.filter(
    ({ frame: { expects } }) => expects === 'reply' || expects === 'maybe',
  );
  const answered = read.replies.frames.filter(({ frame }) => frame.answers);
  const skips = answered.reduce((sum, { frame }) => sum + (frame.skips ?? 0), 0);
  expect({ said, replies: answered.length + skips }).toEqual({ said, replies: due.length });
  return read;
}

describe('what real servers say goes with what they were asked', () => {
  test.skipIf(!isOnPath('memcached'))(
    'by memcached, whatever mistakes a client makes (skipped where no memcached is on PATH)',
    async () => {
      await using server = await start('memcached', (port) =>
        `-l 127.0.0.1 -p ${port} -U 0 -m 16 -u nobody`.split(' '),
      );
      for (const words of sayings) {
        const saying = `${words}version\r\nquit\r\n`;
        const { replies } = await assertPaired(memcached(), { port: server.port, saying });
        expect(replies.frames.every(({ frame }) => frame.answers)).toBe(true);
        expect(replies.frames.at(-1)?.frame.type).toBe('VERSION');
      }
    },
  );

  test.skipIf(!isOnPath('memcached'))(
    'by memcached in binary, quiet or not (skipped where no memcached is on PATH)',
    async () => {
      await using server = await start('memcached', (port) =>
        `-l 127.0.0.1 -p ${port} -U 0 -m 16 -u nobody`.split(' '),
      );
      for (const requests of binarySayings) {
        const all: readonly Request[] = [...requests, [noop], [quit]];
        const saying = all.map(requestOf).join('');
        const { replies } = await assertPaired(memcached(), { port: server.port, saying });
        expect(replies.frames.every(({ frame }) => frame.answers)).toBe(true);
      }
    },
  );

  test.skipIf(!isOnPath('redis-server'))(
    'by Redis, in all its modes (skipped where no redis-server is on PATH)',
    async () => {
      await using server = await start('redis-server', (port) => [
        ...`--port ${port} --bind 127.0.0.1 --appendonly no --save`.split(' '),
        '',
      ]);
      for (const words of redisSayings) {
        const saying = `${words.join('\r\n')}\r\nQUIT\r\n`;
        await assertPaired(resp(), { port: server.port, saying });
      }
    },
  );

  test('by the HTTP server of Node.js, asked in one go', async () => {
    const server = createHttpServer((request, response) => {
      request.resume();
      request.on('end', () => {
        if (request.url === '/chunks') response.write('some, ');
        response.statusCode = request.url === '/same' && !response.headersSent ? 304 : 200;
        if (request.url === '/length') response.setHeader('content-length', 4);
        response.end(request.url === '/same' ? undefined : 'body');
      });
    });
    onTestFinished(() => {
      server.close();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ask = (line: string, rest = ''): string => `${line} HTTP/1.1\r\nHost: x\r\n${rest}\r\n`;
    const saying = [
      ask('GET /length'),
      ask('HEAD /length'),
      ask('GET /chunks'),
      ask('HEAD /chunks'),
      ask('GET /same'),
      `${ask('POST /length', 'Expect: 100-continue\r\nContent-Length: 3\r\n')}abc`,
      `${ask('PUT /chunks', 'Transfer-Encoding: chunked\r\n')}3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n`,
      ask('GET /chunks', 'Connection: close\r\n'),
    ].join('');
    const { replies } = await assertPaired(http(), { port, saying });
    const told = replies.frames.map(({ frame, payload }) => `${frame.type} ${payload ?? '-'}`);
    const [length, chunks] = ['200 body', '200 some, body'];
    const heads = '200 -';
    expect(told).toEqual([length, heads, chunks, heads, '304 -', '100 -', length, chunks, chunks]);
  });
});
