import { describe, expect, test } from 'vitest';
import { exchange, startInMemoryMemcached } from './memcached-bench.ts';

async function ask(server: Parameters<typeof exchange>[0], text: string): Promise<string> {
  return await exchange(server, { bytes: Buffer.from(text, 'latin1') });
}

describe('a command that is refused before its length was read', () => {
  test('leaves its value behind, which is answered as a command of its own', async () => {
    await using server = startInMemoryMemcached();
    const key = 'k'.repeat(251);
    expect(await ask(server, `set ${key} 0 0 5\r\nhello\r\nget a\r\n`)).toBe(
      'CLIENT_ERROR bad command line format\r\nERROR\r\nEND\r\n',
    );
    expect(await ask(server, `set ${key} 0 0 5 noreply\r\nhello\r\nget a\r\n`)).toBe(
      'ERROR\r\nEND\r\n',
    );
    expect(await ask(server, 'set a 0 1.5 5\r\nhello\r\n')).toBe(
      'CLIENT_ERROR bad command line format\r\nERROR\r\n',
    );
  });

  test('takes it along when the length was known: too large, or a meta command with a bad flag', async () => {
    await using server = startInMemoryMemcached();
    const huge = 'x'.repeat(1024 * 1024);
    expect(await ask(server, `set a 0 0 ${huge.length}\r\n${huge}\r\nmn\r\n`)).toBe(
      'SERVER_ERROR object too large for cache\r\nMN\r\n',
    );
    expect(await ask(server, 'ms a 5 Tx\r\nhello\r\nmn\r\n')).toBe(
      'CLIENT_ERROR bad token in command line format\r\nMN\r\n',
    );
  });

  test('a value that is longer than was said ends in two answers, and is not stored', async () => {
    await using server = startInMemoryMemcached();
    expect(await ask(server, 'set a 0 0 3\r\nhello\r\nget a\r\n')).toBe(
      'CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n',
    );
  });
});

test('a get of a key that is too long loses the replies before it that were not sent yet', async () => {
  await using server = startInMemoryMemcached();
  expect(await ask(server, `set a 0 0 1\r\nx\r\nget ${'k'.repeat(251)}\r\nmn\r\n`)).toBe(
    'CLIENT_ERROR bad command line format\r\nMN\r\n',
  );
});

test('a value that was too large takes away the one that a set would have replaced', async () => {
  await using server = startInMemoryMemcached();
  const bytes = 1024 * 1024;
  await ask(server, 'set a 0 0 1\r\nx\r\nset b 0 0 1\r\nx\r\n');
  await ask(server, `set a 0 0 ${bytes}\r\n${'x'.repeat(bytes)}\r\n`);
  await ask(server, `replace b 0 0 ${bytes}\r\n${'x'.repeat(bytes)}\r\n`);
  expect(await ask(server, 'get a b\r\n')).toBe('VALUE b 0 1\r\nx\r\nEND\r\n');
});

describe('time', () => {
  test('a relative time is counted from now, up to 30 days; a longer one from 1970; a negative one is over at once', async () => {
    await using server = startInMemoryMemcached({ startUnixMs: 1_700_000_000_000 });
    await ask(
      server,
      [
        'set relative 0 10 1\r\nx',
        'set month 0 2592000 1\r\nx',
        'set absolute 0 1700000020 1\r\nx',
        'set past 0 2592001 1\r\nx',
        'set negative 0 -1 1\r\nx',
        'set never 0 0 1\r\nx\r\n',
      ].join('\r\n'),
    );
    const keys = async (): Promise<string[]> =>
      [
        ...(await ask(server, 'get relative month absolute past negative never\r\n')).matchAll(
          /VALUE (\w+)/g,
        ),
      ].map(([, key]) => key ?? '');
    expect(await keys()).toEqual(['relative', 'month', 'absolute', 'never']);
    server.advanceMs(9_999);
    expect(await keys()).toEqual(['relative', 'month', 'absolute', 'never']);
    server.advanceMs(1);
    expect(await keys()).toEqual(['month', 'absolute', 'never']);
    server.advanceMs(10_000);
    expect(await keys()).toEqual(['month', 'never']);
    server.advanceMs(2_591_980_000);
    expect(await keys()).toEqual(['never']);
  });

  test('a negative time never comes to mean never, whatever the second', async () => {
    await using server = startInMemoryMemcached();
    for (let seconds = -100; seconds < 0; seconds += 1)
      expect(await ask(server, `set a 0 ${seconds} 1\r\nx\r\nget a\r\n`)).toBe('STORED\r\nEND\r\n');
  });

  test('a touch gives new time, and a delayed flush comes into force when it is due', async () => {
    await using server = startInMemoryMemcached();
    await ask(server, 'set a 0 5 1\r\nx\r\ntouch a 20\r\n');
    server.advanceMs(6_000);
    expect(await ask(server, 'flush_all 5\r\nmg a t\r\n')).toBe('OK\r\nHD t14\r\n');
    server.advanceMs(5_000);
    expect(await ask(server, 'get a\r\nset b 0 0 1\r\nx\r\nget b\r\n')).toBe(
      'END\r\nSTORED\r\nVALUE b 0 1\r\nx\r\nEND\r\n',
    );
  });
});

test('a number goes round at 2^64, and stops at 0', async () => {
  await using server = startInMemoryMemcached();
  const text =
    'set a 0 0 2\r\n10\r\nincr a 18446744073709551615\r\ndecr a 100\r\nget a\r\nincr a 1000\r\n';
  expect(await ask(server, text)).toBe('STORED\r\n9\r\n0\r\nVALUE a 0 2\r\n0 \r\nEND\r\n1000\r\n');
});

test('a number that gets shorter is padded in place, unless an unsent reply still holds the old one', async () => {
  await using server = startInMemoryMemcached();
  await ask(server, 'set a 0 0 2\r\n10\r\nset b 0 0 2\r\n10\r\n');
  await ask(server, 'ma a MD\r\n');
  await ask(server, 'mg b v\r\nma b MD\r\n');
  expect(await ask(server, 'mg a v\r\nmg b v\r\n')).toBe('VA 2\r\n9 \r\nVA 1\r\n9\r\n');
});

test('one reader of a stale value is told to fetch it anew, the others that somebody does', async () => {
  await using server = startInMemoryMemcached();
  await ask(server, 'ms a 1\r\nx\r\nmd a I T30\r\n');
  expect(await ask(server, 'mg a v\r\nmg a v\r\nmg b N30\r\nmg b\r\nmg c N30 v\r\n')).toBe(
    'VA 1 X W\r\nx\r\nVA 1 Z X\r\nx\r\nHD W\r\nHD Z\r\nVA 0 W\r\n\r\n',
  );
});

test('what was not read for longest is given up first', async () => {
  await using server = startInMemoryMemcached({ usedBytesMax: 1_000 });
  const store = (key: string): string => `set ${key} 0 0 200\r\n${'x'.repeat(200)}\r\n`;
  await ask(server, `${store('a')}${store('b')}${store('c')}get a\r\n${store('d')}`);
  expect(await ask(server, 'mg a k\r\nmg b k\r\nmg c k\r\nmg d k\r\n')).toBe(
    'HD ka\r\nEN kb\r\nHD kc\r\nHD kd\r\n',
  );
  expect(await ask(server, 'stats\r\n')).toContain('STAT evictions 1\r\n');
});

test('one connection too many is told so and closed', async () => {
  await using server = startInMemoryMemcached({ connectionsMax: 1 });
  const first = await server.connect();
  expect(await ask(server, 'get a\r\n')).toBe('ERROR Too many open connections\r\n');
  first.destroy();
});

test('an HTTP request to the port is closed without an answer', async () => {
  await using server = startInMemoryMemcached();
  expect(await ask(server, 'POST / HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('');
  expect(await ask(server, 'x'.repeat(3_000))).toBe('');
  expect(server.logLines).toHaveLength(1);
});

test('a client that does not read its replies loses none once it reads', async () => {
  await using server = startInMemoryMemcached();
  await ask(server, `set a 0 0 50000\r\n${'x'.repeat(50_000)}\r\n`);
  const stream = await server.connect();
  stream.write('get a\r\n'.repeat(200));
  stream.end('mn\r\n');
  let bytes = 0;
  let tail = '';
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length;
    tail = (tail + (chunk as Buffer).toString('latin1')).slice(-9);
  }
  expect(tail).toBe('END\r\nMN\r\n');
  expect(bytes).toBe(200 * (50_000 + 'VALUE a 0 50000\r\n\r\nEND\r\n'.length) + 'MN\r\n'.length);
});

test('lru_crawler metadump lists what is there and not over, keys as in a URI', async () => {
  await using server = startInMemoryMemcached();
  await ask(server, 'set a%b:c 0 0 2\r\nhi\r\nset k\xe4 0 60 2\r\nho\r\nset gone 0 1 1\r\nx\r\n');
  server.advanceMs(2_000);
  const lines = (await ask(server, 'lru_crawler metadump all\r\n')).split('\n');
  expect(lines.map((line) => line.split(' ', 2).join(' '))).toEqual([
    'key=a%25b%3Ac exp=-1',
    'key=k%E4 exp=1700000060',
    'END\r',
    '',
  ]);
  expect(
    await ask(server, 'lru_crawler\r\nlru_crawler metadump\r\nlru_crawler crawl all\r\n'),
  ).toBe('ERROR\r\nERROR\r\nERROR\r\n');
});
