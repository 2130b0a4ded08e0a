import { describe, expect, test } from 'vitest';
import { startInMemory } from './in-memory-server.ts';

describe('time', () => {
  test('a key is there in the millisecond of its expiry and gone in the next', async () => {
    const server = startInMemory();
    const client = server.connect();
    expect(await client.send('SET a x PX 100\r\nPTTL a\r\n')).toBe('+OK\r\n:100\r\n');
    server.advanceMs(100);
    expect(await client.send('GET a\r\nPTTL a\r\n')).toBe('$1\r\nx\r\n:0\r\n');
    server.advanceMs(1);
    expect(await client.send('GET a\r\nPTTL a\r\nDBSIZE\r\n')).toBe('$-1\r\n:-2\r\n:0\r\n');
  });

  test('EXPIREAT counts from the wall clock that the run started at', async () => {
    const server = startInMemory({ startUnixMs: 1_700_000_000_000 });
    const client = server.connect();
    expect(await client.send('SET a x\r\nEXPIREAT a 1700000010\r\nTTL a\r\nEXPIRETIME a\r\n')).toBe(
      '+OK\r\n:1\r\n:10\r\n:1700000010\r\n',
    );
    server.advanceMs(10_001);
    expect(await client.send('EXISTS a\r\n')).toBe(':0\r\n');
  });

  test('a value that is overwritten stays, one that is changed in place keeps its time', async () => {
    const server = startInMemory();
    const client = server.connect();
    await client.send('SET a 1 EX 10\r\nSET b 1 EX 10\r\nSET c 1 EX 10\r\n');
    expect(await client.send('SET a 2\r\nINCR b\r\nSET c 2 KEEPTTL\r\n')).toBe(
      '+OK\r\n:2\r\n+OK\r\n',
    );
    expect(await client.send('TTL a\r\nTTL b\r\nTTL c\r\n')).toBe(':-1\r\n:10\r\n:10\r\n');
  });

  test('keys that nobody reads again are given up while others are written', async () => {
    const server = startInMemory({ usedBytesMax: 100_000 });
    const client = server.connect();
    for (let round = 0; round < 20; round += 1) {
      const writes = Array.from(
        { length: 50 },
        (_, index) => `SET key-${round}-${index} ${'x'.repeat(500)} PX 10\r\n`,
      );
      expect(await client.send(writes.join(''))).toBe('+OK\r\n'.repeat(50));
      server.advanceMs(11);
    }
  });

  test('a transaction is off when a watched key expired in between', async () => {
    const server = startInMemory();
    const client = server.connect();
    await client.send('SET a x PX 50\r\nWATCH a\r\n');
    server.advanceMs(51);
    expect(await client.send('MULTI\r\nSET b 1\r\nEXEC\r\nEXISTS b\r\n')).toBe(
      '+OK\r\n+QUEUED\r\n*-1\r\n:0\r\n',
    );
  });
});

describe('connections', () => {
  test('a transaction is off when another connection changed a watched key, and on when it only read it', async () => {
    const server = startInMemory();
    const [one, other] = [server.connect(), server.connect()];
    await one.send('SET a 1\r\nWATCH a\r\n');
    await other.send('GET a\r\n');
    expect(await one.send('MULTI\r\nINCR a\r\nEXEC\r\n')).toBe('+OK\r\n+QUEUED\r\n*1\r\n:2\r\n');
    await one.send('WATCH a\r\n');
    await other.send('SET a 1\r\n');
    expect(await one.send('MULTI\r\nINCR a\r\nEXEC\r\n')).toBe('+OK\r\n+QUEUED\r\n*-1\r\n');
  });

  test("what one connection selects, speaks and is called is not the other one's", async () => {
    const server = startInMemory();
    const [one, other] = [server.connect(), server.connect()];
    await one.send('HELLO 3 SETNAME one\r\nSELECT 2\r\nSET a 1\r\n');
    expect(await one.send('GET b\r\nCLIENT GETNAME\r\n')).toBe('_\r\n$3\r\none\r\n');
    expect(await other.send('GET a\r\nCLIENT GETNAME\r\n')).toBe('$-1\r\n$-1\r\n');
  });

  test('a client that ends another one closes that one only', async () => {
    const server = startInMemory();
    const [one, other] = [server.connect(), server.connect()];
    expect(await one.send('CLIENT KILL ID 2\r\n')).toBe(':1\r\n');
    expect(await other.send('')).toBe('(closed)');
    expect(await one.send('PING\r\n')).toBe('+PONG\r\n');
    expect(await one.send('CLIENT LIST\r\n')).not.toContain('id=2');
  });

  test('one connection too many is told so and closed', async () => {
    const server = startInMemory({ connectionsMax: 1 });
    const first = server.connect();
    expect(await server.connect().send('')).toContain('-ERR max number of clients reached\r\n');
    expect(await first.send('PING\r\n')).toBe('+PONG\r\n');
  });

  test('a connection that went away in the middle of a transaction leaves nothing watched and nothing done', async () => {
    const server = startInMemory();
    const [one, other] = [server.connect(), server.connect()];
    await one.send('WATCH a\r\nMULTI\r\nSET a 1\r\n');
    one.stream.destroy();
    await other.send('');
    expect(await other.send('GET a\r\nINFO clients\r\n')).toContain('connected_clients:1\r\n');
  });

  test('a client that does not read its replies is not read from, and loses none once it reads', async () => {
    const server = startInMemory();
    const { stream, send } = server.connect();
    await send(`SET a ${'x'.repeat(50_000)}\r\n`);
    stream.pause();
    stream.write('GET a\r\n'.repeat(200));
    stream.write('ECHO end\r\n');
    const answered = await server.connect().send('INFO stats\r\n');
    const processed = Number(
      /total_commands_processed:(?<count>\d+)/.exec(answered)?.groups?.['count'],
    );
    expect(processed).toBeLessThan(20);
    let bytes = 0;
    let tail = '';
    stream.removeAllListeners('data');
    const done = new Promise<void>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        tail = (tail + chunk.toString('latin1')).slice(-20);
        if (tail.endsWith('$3\r\nend\r\n')) resolve();
      });
    });
    stream.resume();
    await done;
    expect(bytes).toBe(200 * (50_000 + '$50000\r\n\r\n'.length) + '$3\r\nend\r\n'.length);
  });

  test('an HTTP request to the port is closed without an answer, and told to the people who watch', async () => {
    const server = startInMemory();
    expect(await server.connect().send('POST / HTTP/1.1\r\nhost: x\r\n\r\nSET a 1\r\n')).toBe(
      '(closed)',
    );
    expect(await server.connect().send('GET a\r\n')).toBe('$-1\r\n');
    expect(server.logLines).toHaveLength(1);
  });
});

describe('limits', () => {
  test('what would store more than the limit is refused, what frees memory is not', async () => {
    const server = startInMemory({ usedBytesMax: 1_000 });
    const client = server.connect();
    await client.send(`SET a ${'x'.repeat(1_000)}\r\n`);
    expect(await client.send('SET b 1\r\n')).toBe(
      "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
    );
    expect(await client.send('DEL a\r\nSET b 1\r\n')).toBe(':1\r\n+OK\r\n');
  });

  test('the memory that is counted is given back by every way a value can go', async () => {
    const server = startInMemory();
    const client = server.connect();
    await client.send(
      [
        'SET a xxxxx',
        'APPEND a yyy',
        'SET a z',
        'HSET h f 1 g 22',
        'HSET h f 333',
        'HDEL h f',
        'HDEL h g',
        'SADD m a bb',
        'SREM m a',
        'SREM m bb',
        'SET b 1 PX 5',
        'RENAME a c',
        'GETDEL c',
        'SET d 1',
        'HSET i f 1',
        'SELECT 3',
        'SET e 1',
        'FLUSHALL',
        '',
      ].join('\r\n'),
    );
    expect(await client.send('INFO memory\r\n')).toContain('used_memory:0\r\n');
  });
});

describe('scanning', () => {
  test('every key that is there all the time is given once, whatever comes and goes meanwhile', async () => {
    const server = startInMemory();
    const client = server.connect();
    for (let index = 0; index < 100; index += 1)
      await client.send(`SET stays-${index} 1\r\nSET goes-${index} 1\r\n`);
    const seen: string[] = [];
    let cursor = '0';
    let round = 0;
    do {
      const answer = await client.send(`SCAN ${cursor} COUNT 7\r\n`);
      cursor = /^\*2\r\n\$\d+\r\n(?<cursor>\d+)/.exec(answer)?.groups?.['cursor'] ?? '0';
      seen.push(...(answer.match(/stays-\d+/g) ?? []));
      await client.send(`DEL goes-${99 - round}\r\nSET comes-${round} 1\r\n`);
      round += 1;
    } while (cursor !== '0' && round < 100);
    expect(cursor).toBe('0');
    expect(seen.toSorted()).toEqual(
      Array.from({ length: 100 }, (_, index) => `stays-${index}`).toSorted(),
    );
  });

  test('a cursor that is used twice gives the same keys twice', async () => {
    const server = startInMemory();
    const client = server.connect();
    await client.send('MSET a 1 b 1 c 1 d 1\r\n');
    await client.send('SCAN 0 COUNT 2\r\n');
    const first = await client.send('SCAN 2 COUNT 1\r\n');
    expect(first).toBe('*2\r\n$1\r\n3\r\n*1\r\n$1\r\nc\r\n');
    expect(await client.send('SCAN 2 COUNT 1\r\n')).toBe(first);
  });
});

test('bytes that arrive one by one get the same replies as bytes that arrive at once', async () => {
  const text =
    '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n\0\xff\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING "a b"\r\n';
  const whole = await startInMemory().connect().send(text);
  const client = startInMemory().connect();
  let answers = '';
  for (const character of text) answers += await client.send(character);
  expect(answers).toBe(whole);
  expect(whole).toBe('+OK\r\n$4\r\n\r\n\0\xff\r\n$3\r\na b\r\n');
});

test('what it cannot do it refuses, rather than pretend', async () => {
  const client = startInMemory().connect();
  expect(await client.send('CLIENT TRACKING ON\r\n')).toMatch(
    /^-ERR this embedded server does not send invalidations/,
  );
  expect(await client.send('CONFIG SET maxmemory-policy allkeys-lru\r\n')).toMatch(
    /can't set immutable config\r\n$/,
  );
  expect(await client.send('CONFIG SET maxmemory-policy noeviction\r\n')).toBe('+OK\r\n');
});

test("today's clients may introduce themselves with SETINFO, which Redis knows since 7.2", async () => {
  const client = startInMemory().connect();
  expect(
    await client.send('CLIENT SETINFO LIB-NAME ioredis\r\nCLIENT SETINFO LIB-VER 6.0.0\r\n'),
  ).toBe('+OK\r\n+OK\r\n');
  expect(await client.send('CLIENT INFO\r\n')).toContain('lib-name=ioredis lib-ver=6.0.0');
  expect(await client.send('CLIENT SETINFO nope x\r\n')).toBe(
    "-ERR Unrecognized option 'nope'\r\n",
  );
});
