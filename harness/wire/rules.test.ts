import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandKind, ErrorReplyName, ReplySelector, WireRule } from '../model/fault.ts';
import { errorReplyOf } from './error-replies.ts';
import type { Protocol } from './framing.ts';
import { http } from './http.ts';
import { memcached } from './memcached.ts';
import { alsoStale, always, growing, writes } from './refused-commands.ts';
import { resp } from './resp.ts';
import type { ReplyPosition } from './rule.ts';
import { Runs } from './runs.ts';
import { matches } from './selection.ts';
import { bulkOf, commandOf, wireBench } from './wire-bench.ts';

const get = (key: string): string => commandOf('GET', key);
const reply: ReplyPosition = {
  connection: 2,
  position: 5,
  burst: 1,
  burstPlace: 1,
  burstSize: 3,
  command: 'GET',
  key: 'thumb:7:small',
};

describe('a selector', () => {
  test.for<readonly [ReplySelector, boolean]>([
    [{}, true],
    [{ commands: ['SET'] }, false],
    [{ kind: 'read' }, true],
    [{ kind: 'write' }, false],
    [{ keyPrefix: 'thumb:' }, true],
    [{ keyPrefix: 'event:' }, false],
    [{ keyPattern: 'thumb:*' }, true],
    [{ keyPattern: 'thumb:?:*' }, true],
    [{ keyPattern: '*:small' }, true],
    [{ keyPattern: '*:*:*:*' }, false],
    [{ keyPattern: 'thumb:?' }, false],
    [{ keyPattern: 'thumb:7:small*' }, true],
    [{ connections: [1, 2] }, true],
    [{ connections: [3] }, false],
    [{ positionMin: 5, positionMax: 5 }, true],
    [{ positionMin: 6 }, false],
    [{ positionMax: 4 }, false],
    [{ burstSizeMin: 3 }, true],
    [{ burstSizeMin: 4 }, false],
  ])('%j: %s', ([selector, isMatch]) => {
    expect(matches(selector, reply)).toBe(isMatch);
  });

  test.for<readonly [CommandKind, string, boolean]>([
    ['read', 'MGET', true],
    ['read', 'GETS', true],
    ['read', 'MG', true],
    ['read', 'GETKQ', true],
    ['read', 'SET', false],
    ['read', 'MN', false],
    ['write', 'SET', true],
    ['write', 'MS', true],
    ['write', 'SETQ', true],
    ['write', 'UNLINK', true],
    ['write', 'NOOP', false],
  ])('a %s: %s is %s', ([kind, command, isMatch]) => {
    expect(matches({ kind }, { ...reply, command })).toBe(isMatch);
  });

  test('a command without a key has none that is like anything', () => {
    expect(matches({ keyPattern: '*' }, { ...reply, key: null })).toBe(false);
  });

  test('the nth that matches, and no other', async () => {
    const { connect, send, replies, wire } = wireBench();
    const selector = { keyPrefix: 'b', nth: 2 };
    await wire.install('hold-1', { type: 'hold-reply', forMs: 50, selector, timesMax: 9 });
    const { client, server } = connect();
    await send(client, ['b1', 'a', 'b2', 'b3'].map(get).join(''));
    await send(server, bulkOf('x'));
    await send(server, bulkOf('x'));
    expect(replies.map(({ key, fate }) => [key, fate])).toEqual([
      ['b1', 'delivered'],
      ['a', 'delivered'],
    ]);
  });
});

test('outside its window a rule does nothing', async () => {
  const { connect, send, wire, clock } = wireBench();
  const window = { fromMs: 10, untilMs: 20 };
  const rule: WireRule = {
    type: 'error-reply',
    error: 'LOADING',
    selector: {},
    timesMax: 9,
    window,
  };
  const installed = await wire.install('loading-1', rule);
  const { client, server } = connect();
  for (const key of ['before', 'within', 'after']) {
    await send(client, get(key));
    await clock.advance(10);
  }
  expect(server.text).toBe(get('before') + get('after'));
  expect(installed.bit()).toBe(1);
});

test('what is remembered of a connection goes with it', () => {
  const runs = new Runs({}, 2);
  runs.watch(reply);
  runs.watch({ ...reply, connection: 3 });
  runs.forget(2);
  expect(runs.size).toBe(1);
});

test.for<readonly [WireRule, string]>([
  [
    { type: 'slow-replies', bytesPerSecond: 0, selector: {}, timesMax: 1 },
    'wire rule x: bytesPerSecond is 0; give a number of at least 1',
  ],
  [
    { type: 'hold-reply', forMs: 1, selector: { nth: 0 }, timesMax: 1 },
    'wire rule x: selector.nth is 0; give a number of at least 1',
  ],
  [
    { type: 'split-replies', offsets: [4, 0], gapMs: 1, selector: {}, timesMax: 1 },
    'wire rule x: offsets is 0; give a number of at least 1',
  ],
  [
    { type: 'error-reply', error: '503', selector: {}, timesMax: 1 },
    '503 is an error of HTTP, and this wire speaks RESP; choose one of that',
  ],
])('%j is refused, and says why', async ([rule, says]) => {
  const { wire } = wireBench();
  await expect(wire.install('x', rule)).rejects.toThrow(says);
});

describe('cut-in-array', () => {
  test.for<readonly [string, string, number]>([
    ['fewer elements than that', '*2\r\n:1\r\n:2\r\n', 0],
    ['exactly as many', '*3\r\n:1\r\n:2\r\n:3\r\n', 0],
    ['no array', bulkOf('*9'), 0],
    ['a null array', '*-1\r\n', 0],
    ['one more', '*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n', 1],
  ])('%s', async ([, text, bites]) => {
    const { connect, send, wire } = wireBench({ pair: { readBytesMax: () => 1 } });
    const type = 'cut-in-array';
    const cut = await wire.install('cut-1', {
      type,
      elements: 3,
      how: 'fin',
      selector: {},
      timesMax: 1,
    });
    const { client, server } = connect();
    await send(client, get('a'));
    for (let at = 0; at < text.length; at += 1) await send(server, text.slice(at, at + 1));
    expect(cut.bit()).toBe(bites);
    expect(client.text).toBe(bites === 0 ? text : text.slice(0, -4));
  });
});

describe('cut-between-values', () => {
  const three = '*3\r\n:1\r\n:2\r\n:3\r\n';
  test.for<readonly [what: string, commands: string, replies: string, seen: string, bites: number]>(
    [
      [
        'two of a run of three',
        get('a') + get('b') + get('c'),
        ':1\r\n:2\r\n:3\r\n',
        ':1\r\n:2\r\n',
        1,
      ],
      ['a run of one', get('a'), ':1\r\n', ':1\r\n', 0],
      ['two of a list of three', get('a'), three, three.slice(0, -4), 1],
      ['a list of two', get('a'), '*2\r\n:1\r\n:2\r\n', '*2\r\n:1\r\n:2\r\n', 0],
      [
        'two of a list that other lists follow',
        get('a') + get('b'),
        three + three,
        three.slice(0, -4),
        1,
      ],
    ],
  )('%s', async ([, commands, replies, seen, bites]) => {
    const { connect, send, wire } = wireBench();
    const cut = await wire.install('cut-1', {
      type: 'cut-between-values',
      values: 2,
      how: 'rst',
      selector: {},
      timesMax: 1,
    });
    const { client, server } = connect();
    await send(client, commands);
    await send(server, replies);
    expect([client.text, cut.bit()]).toEqual([seen, bites]);
  });
});

describe('error-reply', () => {
  const errorRule = (error: ErrorReplyName): WireRule => ({
    type: 'error-reply',
    error,
    selector: {},
    timesMax: 99,
  });

  test.for<readonly [ErrorReplyName, string, string]>([
    ['LOADING', 'GET SET', 'AUTH INFO HELLO'],
    ['READONLY', 'SET DEL EXPIRE', 'GET PING'],
    ['OOM', 'SET LPUSH', 'GET DEL EXPIRE'],
    ['MASTERDOWN', 'GET SET', 'AUTH EVAL'],
    ['CLUSTERDOWN', 'GET SET', 'CLIENT'],
    ['NOAUTH', 'GET PING', 'AUTH HELLO QUIT'],
  ])('%s is for %s, not for %s', ([error, refused, served]) => {
    const { refuses } = errorReplyOf(error, 'RESP');
    const refusedOf = (words: string): string[] =>
      words.split(' ').filter((command) => refuses({ command, key: 'k', firstByte: 42 }));
    expect(refusedOf(`${refused} ${served}`)).toEqual(refused.split(' '));
  });

  test('a command without a key does not need the cluster', () => {
    expect(
      errorReplyOf('CLUSTERDOWN', 'RESP').refuses({ command: 'PING', key: null, firstByte: 42 }),
    ).toBe(false);
  });

  test('commands of a transaction are left alone', async () => {
    const { connect, send, wire } = wireBench();
    await wire.install('loading-1', errorRule('LOADING'));
    const { client, server } = connect();
    await send(client, commandOf('MULTI') + get('a') + commandOf('EXEC') + get('b'));
    expect(server.text).toBe(commandOf('MULTI') + get('a') + commandOf('EXEC'));
  });

  test('a command that has begun to go on goes on whole', async () => {
    const { connect, send, wire } = wireBench();
    const { client, server } = connect();
    await send(client, get('a').slice(0, 9));
    await wire.install('loading-1', errorRule('LOADING'));
    await send(client, get('a').slice(9) + get('b'));
    expect(server.text).toBe(get('a'));
  });

  test('a command in many chunks is held back until it is known, and dropped whole', async () => {
    const { connect, send, wire } = wireBench({ pair: { readBytesMax: () => 2 } });
    await wire.install('loading-1', { ...errorRule('READONLY') });
    const { client, server } = connect();
    const set = commandOf('SET', 'k', 'v');
    for (const letter of set + get('a')) await send(client, letter);
    expect(server.text).toBe(get('a'));
    expect(client.text).toBe("-READONLY You can't write against a read only replica.\r\n");
  });

  test('one that is too long to be held back goes on', async () => {
    const { connect, send, wire } = wireBench();
    await wire.install('oom-1', errorRule('OOM'));
    const { client, server } = connect();
    const set = commandOf('SET', 'k', 'v'.repeat(1_100_000));
    await send(client, set.slice(0, 1_090_000));
    await send(client, set.slice(1_090_000));
    expect(server.text === set).toBe(true);
  });

  test('what was held back goes on when the client ends, and when the rule is left', async () => {
    const { connect, send, wire, clock } = wireBench();
    const loading = await wire.install('loading-1', errorRule('LOADING'));
    const [one, two] = [connect(), connect()];
    await send(one.client, get('a').slice(0, 9));
    await send(two.client, get('a').slice(0, 9));
    expect([one.server.text, two.server.text]).toEqual(['', '']);
    one.client.socket.end();
    await loading[Symbol.asyncDispose]();
    await clock.settle();
    await send(two.client, get('a').slice(9));
    expect([one.server.text, two.server.text]).toEqual([get('a').slice(0, 9), get('a')]);
  });

  test('the error waits for the end of a push that has begun', async () => {
    const { connect, send, wire } = wireBench();
    await wire.install('loading-1', errorRule('LOADING'));
    const { client, server } = connect();
    await send(server, '>1\r\n+pu');
    await send(client, get('a'));
    await send(server, 'sh\r\n');
    const loading = '-LOADING Redis is loading the dataset in memory\r\n';
    expect(client.text).toBe(`>1\r\n+push\r\n${loading}`);
  });

  test('memcached: what is to be stored is refused in its turn, what is quiet or binary is not', async () => {
    const { connect, send, wire } = wireBench({ protocol: memcached() });
    await wire.install('full-1', errorRule('SERVER_ERROR'));
    const { client, server } = connect();
    const commands = [
      'get a\r\n',
      'set b 0 0 1\r\nx\r\n',
      'get c\r\n',
      'set d 0 0 1 noreply\r\nx\r\n',
    ];
    await send(client, commands.join(''));
    expect(server.text).toBe(`${commands[0]}${commands[2]}${commands[3]}`);
    await send(server, 'VALUE a 0 1\r\ny\r\nEND\r\nEND\r\n');
    const refused = 'SERVER_ERROR out of memory storing object\r\n';
    expect(client.text).toBe(`VALUE a 0 1\r\ny\r\nEND\r\n${refused}END\r\n`);
    const binary = connect();
    const set = `\x80\x01\x00\x01\x08${'\0'.repeat(6)}\x0a${'\0'.repeat(12)}${'\0'.repeat(8)}kv`;
    await send(binary.client, set);
    expect(binary.server.text).toBe(set);
  });

  test('HTTP: a request is answered in its turn, its body goes nowhere', async () => {
    const { connect, send, wire, replies } = wireBench({ protocol: http() });
    await wire.install('bad-1', {
      ...errorRule('503'),
      selector: { commands: ['POST'] },
    } as WireRule);
    const { client, server } = connect();
    const [one, two, three] = [
      'GET /a HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc',
      'HEAD /c HTTP/1.1\r\nHost: x\r\n\r\n',
    ];
    await send(client, `${one}${two}${three}`);
    expect(server.text).toBe(`${one}${three}`);
    const answers = [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
    ];
    await send(server, answers.join(''));
    const refused = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';
    expect(client.text).toBe(`${answers[0]}${refused}${answers[1]}`);
    expect(replies.map(({ command, fate, replyType }) => [command, fate, replyType])).toEqual([
      ['GET', 'delivered', '200'],
      ['POST', 'refused', '503'],
      ['HEAD', 'delivered', '200'],
    ]);
  });

  test('where its turn can no longer be known the connection ends', async () => {
    const { connect, send, wire, clock } = wireBench();
    const selector = { keyPrefix: 'b' };
    await wire.install('loading-1', { ...errorRule('LOADING'), selector } as WireRule);
    const { client, server } = connect();
    await send(client, get('a') + get('b'));
    await send(server, 'HTTP/1.1 400 Bad Request\r\n');
    await clock.advance(10);
    expect(client).toMatchObject({ text: '', ending: 'ECONNRESET' });
  });
});

test('of several rules that close the port the last opens it', async () => {
  const calls: string[] = [];
  const note = (call: string) => async (): Promise<void> => {
    calls.push(call);
  };
  const { wire } = wireBench({ listener: { close: note('close'), open: note('open') } });
  const one = await wire.install('one', { type: 'refuse-new-connections' });
  const two = await wire.install('two', { type: 'refuse-connections', how: 'rst' });
  await one[Symbol.asyncDispose]();
  expect(calls).toEqual(['close']);
  await two[Symbol.asyncDispose]();
  expect(calls).toEqual(['close', 'open']);
});

test('a client that goes away in the black hole leaves a row', async () => {
  const { connect, wire, clock, connections } = wireBench();
  const hole = await wire.install('hole-1', { type: 'black-hole-connections', timesMax: 9 });
  const { client } = connect();
  client.socket.resetAndDestroy();
  await clock.settle();
  await hole[Symbol.asyncDispose]();
  expect(connections).toMatchObject([{ closedBy: 'client', faultId: 'hole-1', outstanding: 0 }]);
});

const commandTable = spawnSync('redis-server', ['--version']).status === 0 ? askCommands() : null;

/** Name and flags of each command of the redis-server on PATH, from a server that lives for this question alone. */
function askCommands(): ReadonlyMap<string, string> | null {
  const script = `redis-server --port 0 --unixsocket "$0/s" --save '' --daemonize no >/dev/null & server=$!
    for i in 1 2 3 4 5 6 7 8 9 10; do redis-cli -s "$0/s" PING >/dev/null 2>&1 && break; sleep 0.1; done
    redis-cli -s "$0/s" --json COMMAND; kill -9 $server; rm -rf "$0"`;
  const folder = mkdtempSync(join(tmpdir(), 'crosswire-commands-'));
  const { stdout } = spawnSync('sh', ['-c', script, folder], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  if (!stdout.startsWith('[')) return null;
  const rows = JSON.parse(stdout) as [string, number, string[]][];
  return new Map(rows.map(([name, , flags]) => [name.toUpperCase(), flags.join(' ')]));
}

test.skipIf(commandTable === null)(
  'the lists of refused commands are those of the server (skipped where redis-server and redis-cli are not on PATH)',
  () => {
    const flagged = (flag: string): string[] =>
      [...(commandTable ?? [])]
        .filter(([, flags]) => flags.split(' ').includes(flag))
        .map(([name]) => name);
    const unlisted = (flag: string, listed: ReadonlySet<string>): string[] =>
      flagged(flag).filter((name) => !listed.has(name) && !/^PFDEBUG|-ASKING$/u.test(name));
    expect(unlisted('write', writes)).toEqual([]);
    expect(unlisted('denyoom', growing)).toEqual([]);
    expect(unlisted('loading', always)).toEqual([]);
    expect(unlisted('stale', new Set([...always, ...alsoStale]))).toEqual([]);
  },
);

describe('cut-in-array in memcached', () => {
  const value = (key: string, data: string): string =>
    `VALUE ${key} 0 ${data.length}\r\n${data}\r\n`;
  const three = value('a', 'VALUE b 0 1') + value('b', '') + value('c', 'ccc');

  test.for<readonly [what: string, elements: number, reply: string, text: string, bites: number]>([
    ['two values of three', 2, `${three}END\r\n`, three.slice(0, -value('c', 'ccc').length), 1],
    ['not one of three', 0, `${three}END\r\n`, '', 1],
    ['as many as there are', 3, `${three}END\r\n`, `${three}END\r\n`, 0],
    ['of none', 0, 'END\r\n', 'END\r\n', 0],
    ['of an error', 0, 'SERVER_ERROR busy\r\n', 'SERVER_ERROR busy\r\n', 0],
  ])('%s', async ([, elements, reply, text, bites]) => {
    for (const readBytes of [1, 3, 1_000]) {
      const bench = wireBench({
        protocol: memcached(),
        pair: { readBytesMax: () => readBytes },
      });
      const cut = await bench.wire.install('cut-1', {
        type: 'cut-in-array',
        elements,
        how: 'fin',
        selector: { kind: 'read' },
        timesMax: 1,
      });
      const { client, server } = bench.connect();
      await bench.send(client, 'get a b c\r\n');
      await bench.send(server, reply);
      await bench.clock.advance(20);
      expect([client.text, client.ending, cut.bit()]).toEqual([
        text,
        bites === 1 ? 'end' : '',
        bites,
      ]);
    }
  });

  test('the value of a meta get is no list', async () => {
    const { connect, send, wire } = wireBench({ protocol: memcached() });
    const rule: WireRule = {
      type: 'cut-in-array',
      elements: 1,
      how: 'fin',
      selector: {},
      timesMax: 1,
    };
    const cut = await wire.install('cut-1', rule);
    const { client, server } = connect();
    await send(client, 'mg a v\r\n');
    await send(server, 'VA 2\r\nhi\r\n');
    expect([client.text, cut.bit()]).toEqual(['VA 2\r\nhi\r\n', 0]);
  });
});

test.for<readonly [ErrorReplyName, Protocol, string]>([
  ['LOADING', resp(), get('a')],
  ['READONLY', resp(), commandOf('SET', 'a', 'b')],
  ['SERVER_ERROR', memcached(), 'set a 0 0 1\r\nx\r\n'],
  ['SERVER_ERROR', memcached(), 'ms a 1\r\nx\r\n'],
  ['503', http(), 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
])(
  '%s in place of an answer is recorded as the real one is',
  async ([error, protocol, command]) => {
    const digest = (bytes: Uint8Array): string => `${bytes.length} bytes`;
    const real = wireBench({ protocol, digest });
    const { client, server } = real.connect();
    await real.send(client, command);
    await real.send(
      server,
      new TextDecoder().decode(errorReplyOf(error, protocol.name).reply.bytes),
    );
    const ours = wireBench({ protocol, digest });
    await ours.wire.install('error-1', { type: 'error-reply', error, selector: {}, timesMax: 1 });
    await ours.send(ours.connect().client, command);
    const recorded = ({ replies }: typeof real): unknown[] =>
      replies.map(({ replyType, replyBytes, replyDigest }) => [replyType, replyBytes, replyDigest]);
    expect(recorded(ours)).toEqual(recorded(real));
    expect(ours.replies.map(({ fate }) => fate)).toEqual(['refused']);
  },
);
