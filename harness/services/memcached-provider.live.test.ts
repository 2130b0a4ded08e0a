import { expect, test } from 'vitest';
import { embeddedProvider } from './embedded.ts';
import { connectable, exchange } from './memcached-bench.ts';
import { openBench } from './provider-bench.ts';

test('the embedded memcached is a process of its own, comes back empty after a kill, and leaves nothing behind', async () => {
  await using bench = await openBench();
  const signal = AbortSignal.timeout(20_000);
  {
    await using service = await embeddedProvider({
      node: process.execPath,
      server: 'memcached',
      onProcess: bench.onProcess,
    }).start(signal);
    expect(service.says).toMatch(/^embedded memcached server \(own process, port \d+\)$/);
    const ask = (text: string): Promise<string> =>
      exchange(connectable(service), { bytes: Buffer.from(text) });
    expect(await ask('set a 0 0 1\r\nx\r\nget a\r\n')).toBe(
      'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n',
    );
    await service.kill();
    await service.restart(signal);
    expect(await ask('get a\r\n')).toBe('END\r\n');
  }
  expect(bench.running()).toEqual([]);
});
