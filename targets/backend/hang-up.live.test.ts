import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openTestCloud } from './test-cloud.ts';

test('whoever hangs up while the cache is asked aborts that read, and an answered request aborts nothing', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  const signals: AbortSignal[] = [];
  const asked = Promise.withResolvers<void>();
  const { get } = cloud.cache;
  cloud.cache.get = async (key, options) => {
    if (options?.signal !== undefined) signals.push(options.signal);
    if (!key.startsWith('t:user:')) return get(key, options);
    asked.resolve();
    return new Promise((_resolve, reject) => {
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
    });
  };
  const socket = connect(cloud.port, '127.0.0.1');
  socket.write(
    `GET /v1/events HTTP/1.1\r\nhost: x\r\nx-request-id: r1\r\nauthorization: Bearer ${token}\r\n\r\n`,
  );
  await asked.promise;
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  socket.destroy();
  await expect.poll(() => signals.at(-1)?.aborted).toBe(true);
  expect(String(signals.at(-1)?.reason)).toContain('hung up');

  cloud.cache.get = async (key, options) => {
    if (options?.signal !== undefined) signals.push(options.signal);
    return get(key, options);
  };
  signals.length = 0;
  expect((await cloud.request('/v1/events', { token })).status).toBe(200);
  expect(signals.length).toBeGreaterThan(0);
  expect(signals.some(({ aborted }) => aborted)).toBe(false);
});
