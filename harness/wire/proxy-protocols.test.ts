import { describe, expect, test } from 'vitest';
import type { WireRow } from '../model/rows.ts';
import { http } from './http.ts';
import { memcached } from './memcached.ts';
import { bulkOf, commandOf, wireBench } from './wire-bench.ts';

/** Rows in the order of their commands, as `COMMAND key: type fate`. */
function story(rows: readonly WireRow[]): string[] {
  return rows
    .toSorted((one, other) => one.position - other.position)
    .map(({ command, key, replyType, fate }) => `${command} ${key}: ${replyType} ${fate}`);
}

describe('the rows of a connection', () => {
  test('to memcached name a quiet command that got no reply, and give the others their own', async () => {
    const { connect, send, replies, wire } = wireBench({ protocol: memcached() });
    const { client, server } = connect();
    await send(client, 'mg a v q O1\r\nmg b v q O2\r\nmn\r\nset c 0 0 1 noreply\r\nx\r\nget c\r\n');
    await send(server, 'VA 2 O2\r\nhi\r\nMN\r\nVALUE c 0 1\r\nx\r\nEND\r\n');
    expect(story(replies)).toEqual([
      'MG a: null delivered',
      'MG b: VA delivered',
      'MN null: MN delivered',
      'SET c: null delivered',
      'GET c: VALUE delivered',
    ]);
    expect(replies.find(({ key }) => key === 'b')?.replyDigest).toBe('digest of hi');
    expect(wire.counters().unread).toBe(0);
  });

  test('a rule on a reply of memcached meets the command that is answered, not a quiet one before it', async () => {
    const { connect, send, wire, replies, connections } = wireBench({ protocol: memcached() });
    const { client, server } = connect();
    await using _cut = await wire.install('cut-1', {
      type: 'cut-in-reply',
      byte: 4,
      how: 'fin',
      selector: { keyPrefix: 'b' },
      timesMax: 1,
    });
    await send(client, 'mg a v q O1\r\nmg b v q O2\r\nmn\r\n');
    await send(server, 'VA 2 O2\r\nhi\r\nMN\r\n');
    expect(client).toMatchObject({ text: 'VA 2', ending: 'end' });
    expect(story(replies)).toEqual([
      'MG a: null delivered',
      'MG b: VA cut-inside',
      'MN null: null cut',
    ]);
    expect(connections).toMatchObject([{ closedBy: 'rule', outstanding: 2 }]);
  });

  test('a mistake that a memcached answers twice is two commands', async () => {
    const { connect, send, replies } = wireBench({ protocol: memcached() });
    const { client, server } = connect();
    await send(client, 'set a 0 0 3\r\nabcdef\r\nget b\r\n');
    await send(server, 'CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n');
    expect(story(replies)).toEqual([
      'SET a: CLIENT_ERROR delivered',
      'F null: ERROR delivered',
      'GET b: END delivered',
    ]);
  });

  test('a response of HTTP that ends with its connection has a row', async () => {
    const { connect, send, replies, clock } = wireBench({ protocol: http() });
    const { client, server } = connect();
    await send(client, 'GET /thumbnails/7?token=x HTTP/1.1\r\nHost: cloud\r\n\r\n');
    await send(server, 'HTTP/1.1 200 OK\r\n\r\nbody');
    expect(replies).toEqual([]);
    server.socket.end();
    await clock.settle();
    expect(client).toMatchObject({ text: 'HTTP/1.1 200 OK\r\n\r\nbody', ending: 'end' });
    expect(replies).toMatchObject([
      {
        command: 'GET',
        key: '/thumbnails/7',
        replyType: '200',
        replyDigest: 'digest of body',
        replyBytes: 23,
      },
    ]);
  });

  test('a response of HTTP that was cut short by its server is lost', async () => {
    const { connect, send, replies, clock } = wireBench({ protocol: http() });
    const { client, server } = connect();
    await send(client, 'GET /a HTTP/1.1\r\n\r\n');
    await send(server, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody');
    server.socket.end();
    await clock.settle();
    expect(story(replies)).toEqual(['GET /a: null lost']);
  });

  test('what follows an upgrade passes, and the upgrade has its row', async () => {
    const { connect, send, replies, wire, lines } = wireBench({ protocol: http() });
    const { client, server } = connect();
    const accepted = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';
    await send(client, 'GET /live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n');
    await send(server, `${accepted}\x81\x02hi`);
    await send(client, '\x81\x80abcd');
    expect(client.text).toBe(`${accepted}\x81\x02hi`);
    expect(server.text.endsWith('\x81\x80abcd')).toBe(true);
    expect(story(replies)[0]).toBe('GET /live: 101 delivered');
    expect(wire.counters().unread).toBe(1);
    expect(lines).toEqual([
      'wire: connection 1 passes unread from here on: its replies can no longer be read as HTTP: both sides switched to another protocol',
    ]);
  });

  test("a refusal in the middle of an upload is nobody else's response", async () => {
    const { connect, send, replies } = wireBench({ protocol: http() });
    const { client, server } = connect();
    await send(client, 'POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nab');
    await send(server, 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    await send(client, 'cdGET /b HTTP/1.1\r\n\r\n');
    await send(server, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect(story(replies)).toEqual(['POST /a: null delivered', 'GET /b: 200 delivered']);
  });

  test('a subscriber to Redis stays paired, and messages have no rows', async () => {
    const { connect, send, replies, wire } = wireBench();
    const { client, server } = connect();
    const note = (verb: string, last: string): string =>
      `*3\r\n${bulkOf(verb)}${bulkOf('x')}${last}`;
    await send(client, commandOf('SUBSCRIBE', 'x') + commandOf('PING'));
    await send(server, note('subscribe', ':1\r\n') + note('message', bulkOf('hi')) + '+PONG\r\n');
    await send(server, note('message', bulkOf('ho')));
    expect(story(replies)).toEqual(['SUBSCRIBE null: * delivered', 'PING null: + delivered']);
    await send(client, commandOf('CLIENT', 'REPLY', 'OFF') + commandOf('SET', 'a', 'b'));
    expect(story(replies).slice(2)).toEqual([
      'CLIENT null: null delivered',
      'SET a: null delivered',
    ]);
    expect(wire.counters().unread).toBe(0);
  });
});

test('a rule that answers requests itself leaves the responses of the others where they belong', async () => {
  const { connect, send, wire, replies } = wireBench({ protocol: http() });
  const { client, server } = connect();
  await using _error = await wire.install('error-1', {
    type: 'error-reply',
    error: '503',
    selector: { commands: ['HEAD'] },
    timesMax: 1,
  });
  await send(client, 'HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n');
  expect(server.text).toBe('GET /b HTTP/1.1\r\n\r\n');
  await send(server, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb');
  expect(replies.map(({ key, fate }) => [key, fate])).toEqual([
    ['/a', 'refused'],
    ['/b', 'delivered'],
  ]);
  expect(client.text.endsWith('\r\n\r\nb')).toBe(true);
});

test('quiet commands alone never make a client wait for replies that may not come', async () => {
  const limits = { outstandingMax: 2 };
  const { connect, send, replies } = wireBench({ protocol: memcached(), limits });
  const { client, server } = connect();
  await send(client, 'mg a q O1\r\nmg b q O2\r\nmg c q O3\r\n');
  await send(client, 'mn\r\n');
  expect(server.text.endsWith('mn\r\n')).toBe(true);
  await send(server, 'MN\r\n');
  await send(client, 'mn\r\n');
  expect(server.text.endsWith('mn\r\nmn\r\n')).toBe(true);
  expect(replies).toHaveLength(4);
});
