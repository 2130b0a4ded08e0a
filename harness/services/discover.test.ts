import { describe, expect, test } from 'vitest';
import { discoverCache } from './discover.ts';
import { openBench } from './provider-bench.ts';

const node = process.execPath;

describe('without a choice', () => {
  test('a server on PATH is taken', async () => {
    await using bench = await openBench();
    await bench.script('');
    const found = await discoverCache({
      choice: undefined,
      path: bench.scratchDirectory,
      node,
      ...bench,
    });
    expect(found.provider.name).toBe('process');
    expect(found.says).toBe(`redis-server 9.9.9 (${bench.scratchDirectory}/redis-server)`);
    expect(bench.processIds).toEqual([]);
  });

  test('the embedded one is taken where PATH has none', async () => {
    await using bench = await openBench();
    const found = await discoverCache({
      choice: undefined,
      path: bench.scratchDirectory,
      node,
      ...bench,
    });
    expect(found).toMatchObject({
      provider: { name: 'embedded' },
      says: 'embedded RESP server (comes with crosswire)',
    });
  });
});

describe('for a client of memcached', () => {
  test('a memcached is taken, not a server that speaks something else', async () => {
    await using bench = await openBench();
    await bench.script('');
    const around = { path: bench.scratchDirectory, node, ...bench };
    const found = await discoverCache({ choice: undefined, protocol: 'memcached', ...around });
    expect(found).toMatchObject({
      provider: { name: 'embedded' },
      says: 'embedded memcached server (comes with crosswire)',
    });
    const process = discoverCache({ choice: 'process', protocol: 'memcached', ...around });
    await expect(process).rejects.toThrow('memcached is not on PATH; install memcached');
    const redis = discoverCache({ choice: 'redis://127.0.0.1', protocol: 'memcached', ...around });
    await expect(redis).rejects.toThrow('a cache that speaks memcached is needed');
  });
});

describe('a choice', () => {
  test('of the embedded one is kept where PATH has a server', async () => {
    await using bench = await openBench();
    await bench.script('');
    const found = await discoverCache({
      choice: 'embedded',
      path: bench.scratchDirectory,
      node,
      ...bench,
    });
    expect(found.provider.name).toBe('embedded');
  });

  test.for([
    [
      'process',
      'the cache process is not available: neither redis-server nor valkey-server is on PATH; install redis or valkey',
    ],
    [
      'redis://127.0.0.1:1',
      'the cache redis://127.0.0.1:1 is not available: redis://127.0.0.1:1 does not answer',
    ],
    ['redis://:secret@127.0.0.1', 'a user or password is not supported'],
    [
      'dragonfly',
      'there is no cache called "dragonfly"; choose embedded, process, container or a URL like redis://127.0.0.1:6379',
    ],
  ])('of %s that cannot be had says what it needs', async ([choice, says]) => {
    await using bench = await openBench();
    const found = discoverCache({ choice, path: bench.scratchDirectory, node, ...bench });
    await expect(found).rejects.toThrow(says);
  });
});
