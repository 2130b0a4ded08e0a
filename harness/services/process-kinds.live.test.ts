import { readdir } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { NginxSpec, RedisSpec, ServiceSpec } from '../model/service.ts';
import { processProvider } from './process.ts';
import { askOnce, openBench } from './provider-bench.ts';
import { ask } from './resp-probe.ts';

const path = process.env['PATH'] ?? '';
const never = new AbortController().signal;
const redis: RedisSpec = { service: 'redis' };
const nginx: NginxSpec = {
  service: 'nginx',
  origin: { host: '127.0.0.1', port: 1 },
  cacheKey: '$uri',
};
const specs: readonly ServiceSpec[] = [redis, { service: 'memcached' }, nginx];

async function isMissing(spec: ServiceSpec): Promise<boolean> {
  const provider = processProvider({
    path,
    spec,
    scratchDirectory: '/',
    onProcess: () => undefined,
  });
  return (await provider.available()).state === 'missing';
}
const missing = new Map(
  await Promise.all(specs.map(async (spec) => [spec.service, await isMissing(spec)] as const)),
);
function titled(service: ServiceSpec['service']): string {
  return missing.get(service) === true ? `${service} (not on PATH)` : service;
}

describe.for(specs)('$service', (spec) => {
  describe.skipIf(missing.get(spec.service))(`as a process: ${titled(spec.service)}`, () => {
    test('starts, is gone after a kill, comes back, and leaves no process and no file behind', async () => {
      await using bench = await openBench();
      {
        await using service = await processProvider({ path, spec, ...bench }).start(never);
        expect(service.says).toMatch(/^[a-z-]+ \d+\.\d+\.\d+\S* \(own process, port \d+\)$/);
        await service.kill();
        expect(bench.running()).toEqual([]);
        await service.restart(never, { address: 'same' });
        expect(bench.running()).toEqual(service.processIds);
      }
      expect(bench.running()).toEqual([]);
      expect(await readdir(bench.scratchDirectory)).toEqual([]);
    });

    test('comes back elsewhere, or where it was, as it is told', async () => {
      await using bench = await openBench();
      await using service = await processProvider({ path, spec, ...bench }).start(never);
      const before = service.endpoint;
      await service.restart(never, { address: 'same' });
      expect(service.endpoint).toEqual(before);
      await service.restart(never, { address: 'another' });
      expect(service.endpoint.port).not.toBe(before.port);
    });

    test('that ends by itself is reported once, with how', async () => {
      await using bench = await openBench();
      await using service = await processProvider({ path, spec, ...bench }).start(never);
      const says = service.says;
      await service.kill();
      await service.restart(never, { address: 'same' });
      process.kill(service.processIds[0]!, 'SIGKILL');
      const sentence = await service.died;
      expect(sentence).toContain(`${says} ended by itself with SIGKILL; its last lines were:\n`);
      expect(service.processIds).toEqual([]);
    });

    test('says in its own words why it did not come up on a port that is taken, and leaves nothing', async () => {
      await using bench = await openBench();
      await using taken = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
      await new Promise((resolve) => {
        taken.once('listening', resolve);
      });
      const { port } = taken.address() as AddressInfo;
      const start = processProvider({ path, spec, ...bench, port }).start(never);
      await expect(start).rejects.toThrow('Address already in use');
      expect(bench.running()).toEqual([]);
      expect(await readdir(bench.scratchDirectory)).toEqual([]);
    });

    test('is killed with its folder when it is paused and disposed of', async () => {
      await using bench = await openBench();
      const service = await processProvider({ path, spec, ...bench }).start(never);
      await service.pause!();
      await service[Symbol.asyncDispose]();
      expect(bench.running()).toEqual([]);
      expect(await readdir(bench.scratchDirectory)).toEqual([]);
    });
  });
});

describe.skipIf(missing.get('redis'))(`${titled('redis')} with settings`, () => {
  test('has the limits and further lines that it was given', async () => {
    await using bench = await openBench();
    const spec: RedisSpec = {
      ...redis,
      usedBytesMax: 8_000_000,
      eviction: 'allkeys-lru',
      connectionsMax: 17,
      configuration: ['databases 3', 'hz 20'],
    };
    await using service = await processProvider({ path, spec, ...bench }).start(never);
    await using console = await service.openConsole!();
    const names = ['maxmemory', 'maxmemory-policy', 'maxclients', 'databases', 'hz'];
    const told = await Promise.all(names.map((name) => console.say('CONFIG', 'GET', name)));
    expect(told).toEqual([
      'maxmemory 8000000',
      'maxmemory-policy allkeys-lru',
      'maxclients 17',
      'databases 3',
      'hz 20',
    ]);
  });

  test('a line that it does not know is reported with what it says of it', async () => {
    await using bench = await openBench();
    const spec: RedisSpec = { ...redis, configuration: ['no-such-setting yes'] };
    const start = processProvider({ path, spec, ...bench }).start(never);
    await expect(start).rejects.toThrow(/exit code 1; its last lines were:.*no-such-setting/s);
    expect(await readdir(bench.scratchDirectory)).toEqual([]);
  });

  test('keeps its data over a kill that says so, and over that one only', async () => {
    await using bench = await openBench();
    await using service = await processProvider({ path, spec: redis, ...bench }).start(never);
    await askOnce(service, 'SET', 'a', '1');
    await service.kill({ data: 'kept' });
    await service.restart(never);
    expect(await askOnce(service, 'GET', 'a')).toBe('$1\r\n1\r\n');
    await service.kill();
    await service.restart(never);
    expect(await askOnce(service, 'DBSIZE')).toBe(':0\r\n');
  });

  test('keeps its data over every kill when it is set up so', async () => {
    await using bench = await openBench();
    const spec: RedisSpec = { ...redis, data: 'kept' };
    await using service = await processProvider({ path, spec, ...bench }).start(never);
    await askOnce(service, 'SET', 'a', '1');
    await service.restart(never);
    expect(await askOnce(service, 'GET', 'a')).toBe('$1\r\n1\r\n');
    await service.kill({ data: 'empty' });
    await service.restart(never);
    expect(await askOnce(service, 'DBSIZE')).toBe(':0\r\n');
  });

  test.for(['empty', 'kept'] as const)(
    'answers LOADING until it is told to end, and then holds its data (%s) and nothing else',
    async (data) => {
      await using bench = await openBench();
      await using service = await processProvider({ path, spec: redis, ...bench }).start(never);
      await askOnce(service, 'SET', 'a', '1');
      await service.kill({ data });
      await service.restart(never, { loading: 'held' });
      const loading = '-LOADING Redis is loading the dataset in memory\r\n';
      expect(await askOnce(service, 'GET', 'a')).toBe(loading);
      expect(await askOnce(service, 'GET', 'a')).toBe(loading);
      await using console = await service.openConsole!();
      await console.say('CONFIG', 'SET', 'key-load-delay', '0');
      await expect.poll(() => askOnce(service, 'GET', 'a')).not.toContain('LOADING');
      expect(await askOnce(service, 'DBSIZE')).toBe(data === 'kept' ? ':1\r\n' : ':0\r\n');
      await service.kill();
      await service.restart(never);
      expect(await askOnce(service, 'DBSIZE')).toBe(':0\r\n');
    },
  );
});

describe.skipIf(missing.get('memcached'))(`${titled('memcached')} as a store`, () => {
  test('stores and gives back, and comes back empty', async () => {
    await using bench = await openBench();
    const spec: ServiceSpec = { service: 'memcached', usedMebibytesMax: 16, connectionsMax: 64 };
    await using service = await processProvider({ path, spec, ...bench }).start(never);
    const say = (command: string): Promise<string> =>
      ask(service.endpoint, { command, signal: AbortSignal.timeout(3_000) });
    expect(await say('set a 0 0 1\r\nx')).toBe('STORED');
    expect(await say('get a')).toBe('VALUE a 0 1');
    await service.restart(never);
    expect(await say('get a')).toBe('END');
    await expect(service.kill({ data: 'kept' })).rejects.toThrow('cannot keep its data');
    expect(await say('get a')).toBe('END');
  });
});

describe.skipIf(missing.get('nginx'))(`${titled('nginx')} as a shared cache`, () => {
  test.for([
    ['$uri$http_cookie', 'session=b got the page of session=b'],
    ['$uri', 'session=b got the page of session=a'],
  ] as const)('with the key %s: %s', async ([cacheKey, says]) => {
    await using bench = await openBench();
    await using origin = await startOrigin();
    const spec: NginxSpec = { ...nginx, origin: origin.endpoint, cacheKey };
    await using service = await processProvider({ path, spec, ...bench }).start(never);
    const page = async (cookie: string): Promise<string> => {
      const { host, port } = service.endpoint;
      const answer = await fetch(`http://${host}:${port}/page`, { headers: { cookie } });
      return `${cookie} got the page of ${await answer.text()}`;
    };
    expect(await page('session=a')).toBe('session=a got the page of session=a');
    expect(await page('session=b')).toBe(says);
  });

  test('keeps or loses what it holds over a kill, as it is told', async () => {
    await using bench = await openBench();
    await using origin = await startOrigin();
    const spec: NginxSpec = { ...nginx, origin: origin.endpoint };
    await using service = await processProvider({ path, spec, ...bench }).start(never);
    const status = async (): Promise<string | null> => {
      const { host, port } = service.endpoint;
      const answer = await fetch(`http://${host}:${port}/page`);
      await answer.text();
      return answer.headers.get('x-cache');
    };
    expect([await status(), await status()]).toEqual(['MISS', 'HIT']);
    await service.kill({ data: 'kept' });
    await service.restart(never);
    expect(await status()).toBe('HIT');
    await service.kill();
    await service.restart(never);
    expect(await status()).toBe('MISS');
  });
});

/** Gives each visitor a page with their own cookie in it, and says that it may be kept for a minute. */
async function startOrigin() {
  const server = createHttpServer((request, response) => {
    response.setHeader('cache-control', 'max-age=60');
    response.end(request.headers.cookie ?? '');
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { host: '127.0.0.1', port },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}
