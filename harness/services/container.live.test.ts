import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { getContainerRuntimeClient } from 'testcontainers';
import { describe, expect, test } from 'vitest';
import type { StartedService } from '../model/service.ts';
import { type ContainerProviderOptions, containerProvider } from './container.ts';
import { askOnce } from './provider-bench.ts';

// Within a container testcontainers looks for ports on a bridge, and not on loopback, where crosswire publishes them.
process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1';
process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';

const never = new AbortController().signal;
const nothing = { host: '127.0.0.1', port: 1 };
const redis = { spec: { service: 'redis' }, image: 'crosswire-local/redis:latest' } as const;
const memcached = {
  spec: { service: 'memcached' },
  image: 'crosswire-local/memcached:latest',
} as const;
const nginx = {
  spec: { service: 'nginx', origin: nothing, cacheKey: '$uri' },
  image: 'crosswire-local/nginx:latest',
} as const;
const toxiproxy = {
  spec: { service: 'toxiproxy' },
  image: 'crosswire-local/toxiproxy:latest',
} as const;
const ryukImage = 'crosswire-local/ryuk:latest';

/** Why the image cannot be run here; null when it can. */
async function problemOf(image: string): Promise<string | null> {
  const { state, says } = await containerProvider({ image }).available();
  if (state === 'missing') return says;
  return says.includes('not here')
    ? `no image ${image}: scripts/container-images.ts makes it`
    : null;
}

const kinds = [redis, memcached, nginx, toxiproxy];
const images = [...kinds.map(({ image }) => image), ryukImage, 'crosswire-local/sleeper:latest'];
const problems = new Map<string, string | null>();
for (const image of images) problems.set(image, await problemOf(image));
const problem = problems.get(redis.image) ?? problems.get('crosswire-local/sleeper:latest') ?? null;
function because(problem: string | null): string {
  return problem === null ? '' : ` (${problem})`;
}

/** Remembers the containers that were made. */
function openList(): {
  readonly onContainer: (id: string) => void;
  readonly left: () => Promise<string[]>;
  readonly ids: string[];
} {
  const ids: string[] = [];
  return { ids, onContainer: (id) => ids.push(id), left: async () => existing(ids) };
}

async function existing(ids: readonly string[]): Promise<string[]> {
  const { container } = await getContainerRuntimeClient();
  const found: string[] = [];
  for (const id of ids) {
    const isThere = await container
      .getById(id)
      .inspect()
      .then(
        () => true,
        (error: { readonly statusCode?: number }) => error.statusCode !== 404,
      );
    if (isThere) found.push(id);
  }
  return found;
}

function start(
  options: ContainerProviderOptions,
  list: { readonly onContainer: (id: string) => void },
): Promise<StartedService> {
  return containerProvider({ ...options, onContainer: list.onContainer }).start(never);
}

describe.for(kinds)('$spec.service', (options) => {
  const problem = problems.get(options.image) ?? null;
  describe.skipIf(problem !== null)(`in a container${because(problem)}`, () => {
    test('starts on loopback, is refused after a kill, comes back where it is told, and leaves no container', async () => {
      const list = openList();
      {
        await using service = await start(options, list);
        expect(service.says).toMatch(
          /^[a-z]+ [\w.]+ \(container of crosswire-local\/\S+, port \d+\)$/,
        );
        const before = service.endpoint;
        expect(before.host).toBe('127.0.0.1');
        expect(service.processIds).toEqual([]);
        await service.kill();
        await expect(askOnce(service, 'PING')).rejects.toThrow('ECONNREFUSED');
        expect(await list.left()).toEqual([]);
        await service.restart(never, { address: 'same' });
        expect(service.endpoint).toEqual(before);
        await service.restart(never, { address: 'another' });
        expect(service.endpoint.port).not.toBe(before.port);
        expect(await list.left()).toHaveLength(1);
      }
      expect(await list.left()).toEqual([]);
      expect(list.ids).toHaveLength(3);
    });
  });
});

describe.skipIf(problem !== null)(`a container${because(problem)}`, () => {
  test('is published on loopback alone', async () => {
    const list = openList();
    await using service = await start(redis, list);
    const { container } = await getContainerRuntimeClient();
    const { NetworkSettings } = await container.getById(list.ids[0]!).inspect();
    expect(NetworkSettings.Ports).toEqual({
      '6379/tcp': [{ HostIp: '127.0.0.1', HostPort: String(service.endpoint.port) }],
    });
  });

  test('comes back empty, or with what it held when its kill asks for that', async () => {
    await using service = await start(redis, openList());
    await askOnce(service, 'SET', 'a', '1');
    await service.kill({ data: 'kept' });
    await service.restart(never, { address: 'another' });
    expect(await askOnce(service, 'GET', 'a')).toBe('$1\r\n1\r\n');
    await service.kill();
    await service.restart(never);
    expect(await askOnce(service, 'GET', 'a')).toBe('$-1\r\n');
  });

  test('is set up as its spec says, and has a console', async () => {
    const spec = { service: 'redis', connectionsMax: 77, eviction: 'allkeys-lru' } as const;
    await using service = await start({ ...redis, spec }, openList());
    await using console = await service.openConsole!();
    expect(await console.say('CONFIG', 'GET', 'maxclients')).toBe('maxclients 77');
    expect(await console.say('CONFIG', 'GET', 'maxmemory-policy')).toContain('allkeys-lru');
  });

  test('answers nothing while it is paused, and all of it afterwards', async () => {
    await using service = await start(redis, openList());
    await service.pause!();
    let isAnswered = false;
    const answer = askOnce(service, 'PING').finally(() => {
      isAnswered = true;
    });
    await delay(300);
    expect(isAnswered).toBe(false);
    await service.resume!();
    await service.resume!();
    expect(await answer).toBe('+PONG\r\n');
  });

  test('can be killed, and removed, while it is paused', async () => {
    const list = openList();
    await using service = await start(redis, list);
    await service.pause!();
    await service.kill();
    expect(await list.left()).toEqual([]);
    await service.restart(never);
    await service.pause!();
    await service[Symbol.asyncDispose]();
    expect(await list.left()).toEqual([]);
    await expect(service.pause!()).rejects.toThrow('does not run');
  });

  test('that ends without having been told to says so with its last lines', async () => {
    const list = openList();
    await using service = await start(redis, list);
    const { container } = await getContainerRuntimeClient();
    await container.getById(list.ids[0]!).kill();
    expect(await service.died).toMatch(/ended by itself with exit code 137; [^]*Ready to accept/);
    expect(service.logTail()).toContain('Ready to accept');
  });

  test('that ends at once gives its last lines, and is removed', async () => {
    const list = openList();
    const image = 'crosswire-local/quitter:latest';
    await expect(start({ ...redis, image }, list)).rejects.toThrow(
      /container of crosswire-local\/quitter:latest did not [^]* exit code 3; [^]*there is nothing to serve/,
    );
    expect(list.ids).toHaveLength(1);
    expect(await list.left()).toEqual([]);
  });

  test('that never gets ready gives its last lines, and is removed', async () => {
    const list = openList();
    const image = 'crosswire-local/sleeper:latest';
    await expect(start({ ...redis, image, startMsMax: 500 }, list)).rejects.toThrow(
      /did not serve on 127\.0\.0\.1:\d+ within 500 ms: it did not answer; [^]*asleep/,
    );
    expect(list.ids).toHaveLength(1);
    expect(await list.left()).toEqual([]);
  });

  test('whose program is not in the image is removed', async () => {
    const list = openList();
    await expect(start({ ...redis, image: memcached.image }, list)).rejects.toThrow(
      /container of crosswire-local\/memcached:latest did not start: [^]*redis-server/,
    );
    expect(list.ids).toHaveLength(1);
    expect(await list.left()).toEqual([]);
  });

  test('of an image that can be had nowhere names it, and what to do', async () => {
    const list = openList();
    await expect(start({ ...redis, image: '127.0.0.1:9/nowhere:latest' }, list)).rejects.toThrow(
      /127\.0\.0\.1:9\/nowhere:latest is not here and could not be pulled: .*container-images/,
    );
    expect(list.ids).toEqual([]);
  });

  test('is removed, and the abort is what start rejects with, when it is aborted while it starts', async () => {
    const list = openList();
    const abort = new AbortController();
    const onContainer = (id: string): void => {
      list.onContainer(id);
      abort.abort(new Error('stopped by hand'));
    };
    await expect(containerProvider({ ...redis, onContainer }).start(abort.signal)).rejects.toThrow(
      'stopped by hand',
    );
    expect(list.ids).toHaveLength(1);
    expect(await list.left()).toEqual([]);
  });

  test('is not left behind when it is disposed while it starts again', async () => {
    const list = openList();
    const created = Promise.withResolvers<void>();
    const service = await start(redis, {
      onContainer: (id) => {
        list.onContainer(id);
        if (list.ids.length === 2) created.resolve();
      },
    });
    const restart = service.restart(never).then(() => 'restarted', String);
    await created.promise;
    await service[Symbol.asyncDispose]();
    expect(await restart).toContain('disposed while it was starting again');
    expect(await list.left()).toEqual([]);
    await expect(service.restart(never)).rejects.toThrow('was disposed');
  });

  test('rejects to keep what its service cannot keep, and lives on', async (ctx) => {
    ctx.skip(problems.get(memcached.image) !== null, String(problems.get(memcached.image)));
    await using service = await start(memcached, openList());
    await expect(service.kill({ data: 'kept' })).rejects.toThrow('cannot keep its data');
    await expect(service.restart(never, { loading: 'held' })).rejects.toThrow('cannot be held');
    expect(await askOnce(service, 'PING')).toContain('ERROR');
  });

  test('of nginx caches what an origin on loopback serves, and keeps it when it is told to', async (ctx) => {
    ctx.skip(problems.get(nginx.image) !== null, String(problems.get(nginx.image)));
    const origin = createServer((_, answer) => {
      answer.setHeader('cache-control', 'public, max-age=60');
      answer.end('hello');
    }).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const { port } = origin.address() as AddressInfo;
    try {
      const spec = { ...nginx.spec, origin: { host: '127.0.0.1', port } };
      await using service = await start({ ...nginx, spec }, openList());
      expect(await cacheStatus(service)).toBe('MISS');
      expect(await cacheStatus(service)).toBe('HIT');
      await service.kill({ data: 'kept' });
      await service.restart(never);
      expect(await cacheStatus(service)).toBe('HIT');
      await service.kill();
      await service.restart(never);
      expect(await cacheStatus(service)).toBe('MISS');
    } finally {
      origin.close();
      origin.closeAllConnections();
    }
  });

  test('is removed by Ryuk when its owner is killed', async (ctx) => {
    ctx.skip(problems.get(ryukImage) !== null, String(problems.get(ryukImage)));
    const module = JSON.stringify(new URL('container.ts', import.meta.url).href);
    const code = `const { containerProvider } = await import(${module});
      const onContainer = (id) => console.log(id);
      await containerProvider({ image: '${redis.image}', onContainer }).start(new AbortController().signal);
      console.log('started');
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        TESTCONTAINERS_RYUK_DISABLED: 'false',
        RYUK_CONTAINER_IMAGE: ryukImage,
        TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT: '1s',
      },
    });
    try {
      let output = '';
      for await (const text of owner.stdout) {
        output += String(text);
        if (output.includes('started')) break;
      }
      const ids = output.trim().split('\n').slice(0, 1);
      expect(await existing(ids)).toEqual(ids);
      owner.kill('SIGKILL');
      for (let attempt = 0; attempt < 40 && (await existing(ids)).length > 0; attempt += 1) {
        await delay(250);
      }
      expect(await existing(ids)).toEqual([]);
    } finally {
      owner.kill('SIGKILL');
    }
  });
});

async function cacheStatus({ endpoint }: StartedService): Promise<string | null> {
  const answer = await fetch(`http://${endpoint.host}:${endpoint.port}/picture`);
  await answer.text();
  return answer.headers.get('x-cache');
}
