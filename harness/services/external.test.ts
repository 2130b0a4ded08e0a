import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { externalProvider, parseCacheUrl } from './external.ts';

const never = new AbortController().signal;

describe('a cache URL', () => {
  test.for([
    ['redis://127.0.0.1:6380', { host: '127.0.0.1', port: 6380 }],
    ['redis://127.0.0.1', { host: '127.0.0.1', port: 6379 }],
    ['redis://localhost:1/', { host: 'localhost', port: 1 }],
    ['redis://cache.internal:6379/0', { host: 'cache.internal', port: 6379 }],
    ['redis://[::1]:6379', { host: '::1', port: 6379 }],
  ] as const)('%s is understood', ([url, endpoint]) => {
    expect(parseCacheUrl(url)).toEqual({ protocol: 'resp', ...endpoint });
  });

  test.for([
    ['memcached://127.0.0.1:11212', { host: '127.0.0.1', port: 11_212 }],
    ['memcached://cache.internal', { host: 'cache.internal', port: 11_211 }],
  ] as const)('%s is understood, too', ([url, endpoint]) => {
    expect(parseCacheUrl(url)).toEqual({ protocol: 'memcached', ...endpoint });
  });

  test.for([
    ['localhost', 'is not a URL'],
    ['rediss://127.0.0.1', 'with the scheme rediss://'],
    ['http://127.0.0.1', 'with the scheme http://'],
    ['redis://me@127.0.0.1', 'with a user or password'],
    ['redis://:secret@127.0.0.1', 'with a user or password'],
    ['redis://127.0.0.1/3', 'with the database 3'],
    ['memcached://127.0.0.1/0', 'with the database 0'],
    ['redis://127.0.0.1/?timeout=3', 'with options behind the address'],
    ['redis:6379', 'with no host'],
    ['redis://', 'with no host'],
  ] as const)('%s is refused with a reason and an example', ([url, reason]) => {
    expect(() => parseCacheUrl(url)).toThrow(reason);
    expect(() => parseCacheUrl(url)).toThrow('write it like redis://127.0.0.1:6379');
  });

  test('that holds a password is not repeated', () => {
    expect(() => parseCacheUrl('redis://:secret@127.0.0.1')).not.toThrow('secret');
  });
});

describe('a cache that is yours', () => {
  test('is used when it answers, and is neither killed nor restarted nor ended', async () => {
    await using server = await listen('+PONG\r\n');
    const provider = externalProvider({ url: `redis://127.0.0.1:${server.port}` });
    const says = `redis://127.0.0.1:${server.port} (yours)`;
    expect(await provider.available()).toEqual({ state: 'available', says });
    const service = await provider.start(never);
    expect(service).toMatchObject({ says, processIds: [], abilities: { kill: false } });
    await expect(service.kill()).rejects.toThrow('is yours and will not be killed');
    await expect(service.restart(never)).rejects.toThrow('is yours and will not be started again');
    await service[Symbol.asyncDispose]();
    expect((await provider.available()).state).toBe('available');
  });

  test.for([
    [
      '-NOAUTH Authentication required.\r\n',
      'a cache without a password: passwords are not supported',
    ],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'a cache that speaks RESP and answers PING with PONG'],
  ])('is not used when it answers %j', async ([answer, needs]) => {
    await using server = await listen(answer ?? '');
    const provider = externalProvider({ url: `redis://127.0.0.1:${server.port}` });
    expect(await provider.available()).toMatchObject({ state: 'missing', needs });
    await expect(provider.start(never)).rejects.toThrow(needs);
  });

  test('is asked in the words of memcached when that is what it should be', async () => {
    await using memcached = await listen('VERSION 1.6.18\r\n');
    await using redis = await listen('+PONG\r\n');
    const says = `memcached://127.0.0.1:${memcached.port} (yours)`;
    const right = externalProvider({ url: `memcached://127.0.0.1:${memcached.port}` });
    expect(await right.available()).toEqual({ state: 'available', says });
    const wrong = externalProvider({ url: `memcached://127.0.0.1:${redis.port}` });
    expect(await wrong.available()).toMatchObject({
      state: 'missing',
      needs: 'a memcached that answers version in its text protocol',
    });
  });

  test('is missing when nothing listens there', async () => {
    const server = await listen('');
    await server[Symbol.asyncDispose]();
    const provider = externalProvider({ url: `redis://127.0.0.1:${server.port}` });
    expect(await provider.available()).toMatchObject({
      state: 'missing',
      says: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('is given up at once when the start is aborted', async () => {
    await using server = await listen('');
    const abort = new AbortController();
    const start = externalProvider({ url: `redis://127.0.0.1:${server.port}` }).start(abort.signal);
    abort.abort(new Error('stopped by hand'));
    await expect(start).rejects.toThrow('stopped by hand');
  });
});

/** A server that answers whatever it is sent with the same words. */
async function listen(answer: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(answer));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  };
}
