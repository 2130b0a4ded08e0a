import { describe, expect, test } from 'vitest';
import { stampKey } from '../thumbnail/checksum.ts';
import { renderThumbnail } from '../thumbnail/picture.ts';
import { peekStamp } from '../thumbnail/reading.ts';
import { latin1 } from './text-words.ts';
import { bulkOf, commandOf, wireBench } from './wire-bench.ts';

const get = (key: string): string => commandOf('GET', key);

describe('pairing', () => {
  test('every command gets the row of its reply, with its burst and place', async () => {
    const { connect, send, replies, clock } = wireBench();
    const { client, server } = connect();
    await send(client, get('a') + commandOf('DEL', 'b'));
    await send(client, get('c'));
    expect(server.text).toBe(get('a') + commandOf('DEL', 'b') + get('c'));
    await clock.advance(3);
    await send(server, `${bulkOf('va')}:1\r\n$-1\r\n`);
    expect(client.text).toBe(`${bulkOf('va')}:1\r\n$-1\r\n`);
    const same = {
      connection: 1,
      commandNs: 0,
      replyNs: 3e6,
      fate: 'delivered',
      faultId: null,
      pictureDeviceId: null,
      valueDigest: null,
    };
    const first = { id: 1, position: 1, burst: 1, burstPlace: 1, command: 'GET', key: 'a' };
    const second = { id: 2, position: 2, burst: 1, burstPlace: 2, command: 'DEL', key: 'b' };
    const third = { id: 3, position: 3, burst: 2, burstPlace: 1, command: 'GET', key: 'c' };
    expect(replies).toEqual([
      { ...same, ...first, replyType: '$', replyBytes: 8, replyDigest: 'digest of va' },
      { ...same, ...second, replyType: ':', replyBytes: 4, replyDigest: 'digest of 1' },
      { ...same, ...third, replyType: '$', replyBytes: 5, replyDigest: null },
    ]);
  });

  test('a command belongs to the burst of the read that completed it', async () => {
    const { connect, send, replies } = wireBench();
    const { client, server } = connect();
    await send(client, get('a') + get('b').slice(0, 9));
    await send(client, get('b').slice(9) + get('c'));
    await send(server, '$-1\r\n$-1\r\n$-1\r\n');
    expect(replies.map(({ burst, burstPlace }) => [burst, burstPlace])).toEqual([
      [1, 1],
      [2, 1],
      [2, 2],
    ]);
  });

  test('a row says whose picture passed, however many chunks it came in', async () => {
    const peek = (payload: Uint8Array): string | null => peekStamp(payload)?.deviceId ?? null;
    const { connect, send, replies } = wireBench({ peek, pair: { readBytesMax: () => 700 } });
    const { client, server } = connect();
    const stamp = { ownerId: 'user-1', deviceId: 'device-7', eventId: 'event-7-1', version: 1 };
    const names = { ownerName: 'Nadia', deviceName: 'Garden' };
    const picture = renderThumbnail({ stamp, ...names, key: stampKey(1) });
    await send(client, get('a') + get('b') + commandOf('GETRANGE', 'a', '0', '9'));
    const start = bulkOf(latin1(picture.subarray(0, 10)));
    await send(server, bulkOf(latin1(picture)) + bulkOf('no picture') + start);
    expect(replies.map(({ pictureDeviceId }) => pictureDeviceId)).toEqual(['device-7', null, null]);
  });

  test('a reply in many chunks has one row, and the digest of the whole', async () => {
    const { connect, send, replies } = wireBench({ pair: { readBytesMax: () => 1 } });
    const { client, server } = connect();
    await send(client, get('a'));
    await send(server, bulkOf('value'));
    expect(client.text).toBe(bulkOf('value'));
    expect(replies.map(({ replyDigest }) => replyDigest)).toEqual(['digest of value']);
  });

  test('a row has the digest of the value that its command stores, in whatever chunks it came', async () => {
    const { connect, send, replies } = wireBench({ pair: { readBytesMax: () => 5 } });
    const { client, server } = connect();
    await send(client, commandOf('SET', 'a', 'some value') + get('a'));
    await send(server, `+OK\r\n${bulkOf('some value')}`);
    expect(replies.map(({ valueDigest, replyDigest }) => [valueDigest, replyDigest])).toEqual([
      ['digest of some v', 'digest of OK'],
      [null, 'digest of some v'],
    ]);
  });

  test('a digest keeps sixteen digits', async () => {
    const { connect, send, replies } = wireBench({ digest: () => '0123456789abcdef0123' });
    const { client, server } = connect();
    await send(client, get('a'));
    await send(server, bulkOf('value'));
    expect(replies[0]?.replyDigest).toBe('0123456789abcdef');
  });

  test('a push passes and answers nothing, and so does what nobody asked for', async () => {
    const { connect, send, replies } = wireBench();
    const { client, server } = connect();
    await send(server, '-ERR unasked\r\n');
    await send(client, get('a'));
    await send(server, `>1\r\n+x\r\n${bulkOf('va')}>1\r\n+y\r\n`);
    expect(client.text).toBe(`-ERR unasked\r\n>1\r\n+x\r\n${bulkOf('va')}>1\r\n+y\r\n`);
    expect(replies.map(({ replyType, key }) => [replyType, key])).toEqual([['$', 'a']]);
  });

  test('empty lines and empty arrays are no commands', async () => {
    const { connect, send, replies } = wireBench();
    const { client, server } = connect();
    await send(client, `\r\n*0\r\n${get('a')}`);
    await send(server, bulkOf('va'));
    expect(replies.map(({ key, position, burstPlace }) => [key, position, burstPlace])).toEqual([
      ['a', 1, 1],
    ]);
  });

  test('connections count from 1 over the whole run', async () => {
    const { connect, send, replies, wire } = wireBench();
    for (let index = 0; index < 3; index += 1) {
      const { client, server } = connect();
      await send(client, get('a'));
      await send(server, '$-1\r\n');
    }
    expect(replies.map(({ connection }) => connection)).toEqual([1, 2, 3]);
    expect(wire.counters()).toMatchObject({ accepted: 3, open: 3, unread: 0 });
  });
});

describe('a connection that cannot be paired any more', () => {
  test('passes unread as a replica, and what came before is still paired', async () => {
    const { connect, send, replies, wire, lines } = wireBench();
    const { client, server } = connect();
    await send(client, get('a') + commandOf('PSYNC', '?', '-1'));
    await send(client, get('b'));
    await send(server, `${bulkOf('va')}+FULLRESYNC 7 0\r\n?? anything`);
    await send(server, ' more');
    expect(client.text).toBe(`${bulkOf('va')}+FULLRESYNC 7 0\r\n?? anything more`);
    expect(server.text).toBe(get('a') + commandOf('PSYNC', '?', '-1') + get('b'));
    expect(replies.map(({ command, fate, replyType }) => [command, fate, replyType])).toEqual([
      ['GET', 'delivered', '$'],
      ['PSYNC', 'delivered', null],
    ]);
    expect(wire.counters().unread).toBe(1);
    expect(lines).toEqual([
      'wire: connection 1 passes unread from here on: its commands can no longer be paired as RESP: after PSYNC replies cannot be counted',
    ]);
  });

  test('passes unread when a reply cannot be read, and names it once', async () => {
    const { connect, send, replies, wire, lines } = wireBench();
    for (let index = 0; index < 2; index += 1) {
      const { client, server } = connect();
      await send(client, get('a') + get('b'));
      await send(server, `${bulkOf('va')}HTTP/1.1 400`);
      await send(server, ' Bad Request\r\n');
      expect(client.text).toBe(`${bulkOf('va')}HTTP/1.1 400 Bad Request\r\n`);
    }
    expect(replies.map(({ key, fate, replyNs }) => [key, fate, replyNs])).toEqual([
      ['a', 'delivered', 0],
      ['b', 'delivered', null],
      ['a', 'delivered', 0],
      ['b', 'delivered', null],
    ]);
    expect(wire.counters().unread).toBe(2);
    expect(lines).toEqual([
      'wire: connection 1 passes unread from here on: its replies can no longer be read as RESP: no reply begins with byte 72',
    ]);
  });

  test('passes unread when a command cannot be read, and its row is a question mark', async () => {
    const { connect, send, replies } = wireBench();
    const { client, server } = connect();
    await send(client, `${get('a')}*x\r\n`);
    await send(server, `${bulkOf('va')}-ERR Protocol error\r\n`);
    expect(client.text).toBe(`${bulkOf('va')}-ERR Protocol error\r\n`);
    expect(replies.map(({ command, replyType }) => [command, replyType])).toEqual([
      ['GET', '$'],
      ['?', null],
    ]);
  });
});

describe('when one side ends', () => {
  test('a FIN of the server comes after its replies, and the rest is lost', async () => {
    const { connect, send, clock, replies, connections } = wireBench();
    const { client, server } = connect();
    await send(client, get('a') + get('b'));
    server.socket.write(Uint8Array.from(Buffer.from(bulkOf('va'))));
    server.socket.end();
    await clock.settle();
    expect(client).toMatchObject({ text: bulkOf('va'), ending: 'end' });
    expect(replies.map(({ key, fate }) => [key, fate])).toEqual([
      ['a', 'delivered'],
      ['b', 'lost'],
    ]);
    expect(connections).toMatchObject([{ closedBy: 'server', how: 'fin', outstanding: 1 }]);
  });

  test('an RST of the server is an RST for the client', async () => {
    const { connect, send, clock, connections } = wireBench();
    const { client, server } = connect();
    await send(client, get('a'));
    await send(server, bulkOf('va'));
    server.socket.resetAndDestroy();
    await clock.advance(10);
    expect(client).toMatchObject({ text: bulkOf('va'), ending: 'ECONNRESET' });
    expect(connections).toMatchObject([{ closedBy: 'server', how: 'rst', outstanding: 0 }]);
  });

  test('a client that ends its side still gets its replies', async () => {
    const { connect, send, clock, connections } = wireBench();
    const { client, server } = connect();
    await send(client, get('a'));
    client.socket.end();
    await clock.settle();
    expect(server.ending).toBe('end');
    await send(server, bulkOf('va'));
    server.socket.end();
    await clock.settle();
    expect(client).toMatchObject({ text: bulkOf('va'), ending: 'end' });
    expect(connections).toMatchObject([{ closedBy: 'client', how: 'fin', outstanding: 0 }]);
  });

  test('a server that never answers a FIN is left after lingerMsMax', async () => {
    const { connect, send, clock, connections, wire } = wireBench({
      limits: { lingerMsMax: 50 },
    });
    const { client } = connect();
    await send(client, get('a'));
    client.socket.end();
    await clock.advance(49);
    expect(connections).toEqual([]);
    await clock.advance(2);
    expect(connections).toMatchObject([{ closedBy: 'client', outstanding: 1 }]);
    expect(wire.counters().open).toBe(0);
  });

  test('an RST of the client is an RST for the server', async () => {
    const { connect, send, clock, replies, connections } = wireBench();
    const { client, server } = connect();
    await send(client, get('a'));
    client.socket.resetAndDestroy();
    await clock.settle();
    expect(server.ending).toBe('ECONNRESET');
    expect(replies.map(({ fate }) => fate)).toEqual(['lost']);
    expect(connections).toMatchObject([{ closedBy: 'client', how: 'rst', outstanding: 1 }]);
  });

  test('a client gets an RST when there is no way to the server', async () => {
    const { connect, clock, lines } = wireBench({
      connectUpstream: () => {
        throw new Error('no endpoint');
      },
    });
    const { client } = connect();
    await clock.settle();
    expect(client.ending).toBe('ECONNRESET');
    expect(lines).toEqual(['wire: no way to the server: Error: no endpoint']);
  });

  test('closing the wire ends everything and leaves no row behind', async () => {
    const { connect, send, wire, clock, replies, connections } = wireBench();
    const { client } = connect();
    await send(client, get('a'));
    await wire.close();
    expect(replies.map(({ fate }) => fate)).toEqual(['lost']);
    expect(connections).toMatchObject([{ closedBy: 'end', how: null, outstanding: 1 }]);
    const late = connect();
    await clock.settle();
    expect(late.client.ending).toBe('ECONNRESET');
  });
});

describe('back-pressure', () => {
  test('a client that does not read stops the server, and nothing is lost', async () => {
    const { connect, send, clock } = wireBench({ pair: { unreadBytesMax: 100 } });
    const { client, server } = connect();
    await send(client, get('a') + get('b') + get('c'));
    client.socket.pause();
    const reply = bulkOf('v'.repeat(80));
    for (let index = 0; index < 3; index += 1) await send(server, reply);
    expect(client.socket.unreadBytes).toBeLessThan(2 * reply.length + 1);
    client.socket.resume();
    await clock.settle();
    expect(client.text).toBe(reply.repeat(3));
  });

  test('a server that does not read stops the client, and nothing is lost', async () => {
    const { connect, send, clock } = wireBench({ pair: { unreadBytesMax: 100 } });
    const { client, server } = connect();
    server.socket.pause();
    const command = get('k'.repeat(80));
    for (let index = 0; index < 3; index += 1) await send(client, command);
    expect(server.socket.unreadBytes).toBeLessThan(2 * command.length + 1);
    server.socket.resume();
    await clock.settle();
    expect(server.text).toBe(command.repeat(3));
  });

  test('a client with outstandingMax commands unanswered is not read until half are answered', async () => {
    const { connect, send, lines, wire } = wireBench({ limits: { outstandingMax: 4 } });
    const { client, server } = connect();
    await send(client, get('a').repeat(4));
    await send(client, get('b'));
    expect(server.text).toBe(get('a').repeat(4));
    await send(server, '$-1\r\n');
    expect(server.text).toBe(get('a').repeat(4));
    await send(server, '$-1\r\n');
    expect(server.text).toBe(get('a').repeat(4) + get('b'));
    expect(wire.counters().outstandingMax).toBe(1);
    expect(lines).toEqual([
      'wire: connection 1 has met outstandingMax, 4; it is not read until half are answered',
    ]);
  });
});
