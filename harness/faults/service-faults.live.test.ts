import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../model/fault.ts';
import type { StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { realWorld } from '../processes/real-world.ts';
import { listenWire } from '../processes/wire-sockets.ts';
import { embeddedProvider } from '../services/embedded.ts';
import { processProvider } from '../services/process.ts';
import { askOnce, openBench, type ProviderBench } from '../services/provider-bench.ts';
import { startClusterTopology } from '../services/redis-cluster.ts';
import { startSentinelTopology } from '../services/redis-sentinel.ts';
import { encodeCommand, openConversation } from '../services/resp-conversation.ts';
import { createInjector, type FaultInjector } from './injector.ts';

const path = process.env['PATH'] ?? '';
const never = new AbortController().signal;
const { state, says } = await processProvider({
  path,
  scratchDirectory: '/',
  onProcess: () => undefined,
}).available();
const isMissing = state === 'missing' || !says.includes('redis');

describe.skipIf(isMissing)(`over a redis-server${isMissing ? ' (not on PATH)' : ''}`, () => {
  test('a pause holds what is asked until it is healed, and then answers it', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    await using client = await openConversation(stage.endpoint);
    const patient = new Redis({ ...stage.endpoint, commandTimeout: 200 });
    try {
      await patient.set('a', '1');
      let answer: string | undefined;
      {
        await using fault = await stage.inject({ kind: 'pause', service: 'cache' });
        expect(stateOf(stage.cache)).toBe('T');
        const read = async (): Promise<void> => {
          answer = String((await client.say(get('a'), 1))[0]);
        };
        void read();
        await expect(patient.get('a')).rejects.toThrow('Command timed out');
        expect(answer).toBeUndefined();
        expect(await fault.bit()).toBe(1);
      }
      await expect.poll(() => answer).toBe('$1\r\n1\r\n');
      expect(await patient.get('a')).toBe('1');
    } finally {
      patient.disconnect();
    }
  });

  test('a pause is healed by an error and by an abort, and an abort before it prevents it', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    const failing = async (): Promise<void> => {
      await using _fault = await stage.inject({ kind: 'pause', service: 'cache' });
      throw new Error('the fleet fell over');
    };
    await expect(failing()).rejects.toThrow('the fleet fell over');
    await expect.poll(() => stateOf(stage.cache)).not.toBe('T');
    const abort = new AbortController();
    const fault = await stage.inject({ kind: 'pause', service: 'cache' }, abort.signal);
    expect(stateOf(stage.cache)).toBe('T');
    abort.abort(new Error('stopped by hand'));
    await fault[Symbol.asyncDispose]();
    await fault[Symbol.asyncDispose]();
    await expect.poll(() => stateOf(stage.cache)).not.toBe('T');
    await expect(stage.inject({ kind: 'pause', service: 'cache' }, abort.signal)).rejects.toThrow(
      'stopped by hand',
    );
    expect(await askOnce(stage.cache, 'PING')).toBe('+PONG\r\n');
  });

  test('a starved service is stopped again and again, and runs on when that is healed', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    const fault = await stage.inject({
      kind: 'starve',
      service: 'cache',
      runShare: 0.2,
      periodMs: 50,
    });
    await expect.poll(() => fault.bit()).toBeGreaterThanOrEqual(3);
    expect(await askOnce(stage, 'PING')).toBe('+PONG\r\n');
    // Healed while it stands still, so that it has to be told to go on.
    await expect.poll(() => stateOf(stage.cache), { interval: 1 }).toBe('T');
    await fault[Symbol.asyncDispose]();
    const bit = await fault.bit();
    await expect.poll(() => stateOf(stage.cache)).not.toBe('T');
    await new Promise((resolve) => {
      setTimeout(resolve, 150);
    });
    expect(await fault.bit()).toBe(bit);
    expect(stateOf(stage.cache)).not.toBe('T');
  });

  test('starving ends without harm when the service is killed meanwhile', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    const fault = await stage.inject({
      kind: 'starve',
      service: 'cache',
      runShare: 0.5,
      periodMs: 20,
    });
    await stage.cache.kill();
    await stage.cache.restart(never);
    await fault[Symbol.asyncDispose]();
    expect(await askOnce(stage.cache, 'PING')).toBe('+PONG\r\n');
  });

  test.for([
    ['kept', 'same', '$1\r\n1\r\n'],
    ['empty', 'another', '$-1\r\n'],
  ] as const)(
    'a kill with its data %s comes back at the %s address, behind the same port of the wire',
    async ([data, address, answer]) => {
      await using bench = await openBench();
      await using stage = await openStage(await redis(bench));
      await askOnce(stage, 'SET', 'a', '1');
      const before = stage.cache.endpoint;
      {
        await using _fault = await stage.inject({ kind: 'kill', service: 'cache', data, address });
        await expect(askOnce(stage, 'PING')).rejects.toThrow('ECONNREFUSED');
      }
      expect(stage.cache.endpoint.port === before.port).toBe(address === 'same');
      expect(await askOnce(stage, 'GET', 'a')).toBe(answer);
    },
  );

  test('a loading service answers LOADING for as long as the fault lasts, and then has its data', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    await askOnce(stage, 'SET', 'a', '1');
    const fault = await stage.inject({ kind: 'loading', service: 'cache' });
    await using client = await openConversation(stage.endpoint);
    const replies = await client.say(Buffer.concat([get('a'), get('b')]), 2);
    expect(replies.map(String)).toEqual([
      expect.stringMatching(/^-LOADING /),
      expect.stringMatching(/^-LOADING /),
    ]);
    expect(await fault.bit()).toBe(3);
    await fault[Symbol.asyncDispose]();
    expect(String(await client.say(get('a'), 1))).toBe('$1\r\n1\r\n');
    expect(await fault.bit()).toBe(3);
  });

  test('a loading service ends by itself when its time is over, and said before how long that would be', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    await askOnce(stage, 'SET', 'a', '1');
    await using fault = await stage.inject({ kind: 'loading', service: 'cache', forMs: 3_000 });
    const seconds = async (): Promise<number> => {
      const told = await askOnce(stage, 'INFO', 'persistence');
      return Number(/loading_eta_seconds:(\d+)/.exec(told)?.[1] ?? -1);
    };
    expect(await askOnce(stage, 'GET', 'a')).toMatch(/^-LOADING /);
    expect(await seconds()).toBeLessThanOrEqual(3);
    await expect.poll(() => askOnce(stage, 'GET', 'a'), { timeout: 10_000 }).toBe('$1\r\n1\r\n');
    expect(await seconds()).toBe(-1);
    await fault[Symbol.asyncDispose]();
  });

  test('a limit of memory evicts what is too much, and is gone when healed', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    const client = new Redis(stage.endpoint);
    try {
      const fill = client.pipeline();
      for (let index = 0; index < 2_000; index += 1) fill.set(`k${index}`, 'x'.repeat(2_000));
      await fill.exec();
      const fault = await stage.inject({
        kind: 'limit-memory',
        service: 'cache',
        shareOfUsed: 0.5,
        eviction: 'allkeys-random',
      });
      await client.set('another', 'x');
      await expect.poll(() => client.dbsize()).toBeLessThan(1_500);
      expect(await fault.bit()).toBeGreaterThan(500);
      await fault[Symbol.asyncDispose]();
      expect(await fault.bit()).toBeGreaterThan(500);
      expect(await client.config('GET', 'maxmemory')).toEqual(['maxmemory', '0']);
      expect(await client.config('GET', 'maxmemory-policy')).toEqual([
        'maxmemory-policy',
        'noeviction',
      ]);
    } finally {
      client.disconnect();
    }
  });

  test('a limit of memory without eviction refuses writes, and each counts', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    await askOnce(stage, 'SET', 'a', 'x'.repeat(100_000));
    await using fault = await stage.inject({
      kind: 'limit-memory',
      service: 'cache',
      shareOfUsed: 0.1,
      eviction: 'noeviction',
    });
    expect(await askOnce(stage, 'SET', 'b', '1')).toMatch(/^-OOM /);
    expect(await fault.bit()).toBe(1);
    expect(await askOnce(stage, 'EXISTS', 'a')).toBe(':1\r\n');
  });

  test('a limit of connections ends those that stand and refuses those that come late', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    await using old = await openConversation(stage.endpoint);
    expect(String(await old.say(get('a'), 1))).toBe('$-1\r\n');
    const fault = await stage.inject({
      kind: 'limit-connections',
      service: 'cache',
      connectionsMax: 1,
    });
    expect(await old.say(get('a'), 1)).toEqual(['closed']);
    await using first = await openConversation(stage.endpoint);
    expect(String(await first.say(get('a'), 1))).toBe('$-1\r\n');
    await using second = await openConversation(stage.endpoint);
    expect(String(await second.say(get('a'), 1))).toBe('-ERR max number of clients reached\r\n');
    expect(await fault.bit()).toBe(1);
    await fault[Symbol.asyncDispose]();
    await using third = await openConversation(stage.endpoint);
    expect(String(await third.say(get('a'), 1))).toBe('$-1\r\n');
  });

  test('a failover leads the wire to the promoted replica while it is in force, and keeps the data', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await startSentinelTopology({ path, ...bench }, never));
    // A replica that is still in its first synchronisation may be promoted without what came meanwhile.
    await expect
      .poll(() => askOnce(stage, 'INFO', 'replication'), { timeout: 20_000 })
      .toMatch(/slave0:.*state=online,offset=[1-9]\d*,lag=[01]/);
    await askOnce(stage, 'SET', 'a', '1');
    expect(await askOnce(stage, 'WAIT', '1', '5000')).toBe(':1\r\n');
    await using old = await openConversation(stage.endpoint);
    expect(String(await old.say(get('a'), 1))).toBe('$1\r\n1\r\n');
    const before = stage.cache.endpoint;
    const fault = await stage.inject({ kind: 'failover', service: 'cache' });
    expect(await old.say(get('a'), 1)).toEqual(['closed']);
    await expect
      .poll(() => askOnce(stage, 'GET', 'a').catch(() => 'refused'), { timeout: 45_000 })
      .toBe('$1\r\n1\r\n');
    expect(stage.cache.endpoint).not.toEqual(before);
    expect(bench.running()).toHaveLength(4);
    await fault[Symbol.asyncDispose]();
    expect(bench.running()).toHaveLength(5);
    expect(await askOnce({ endpoint: before }, 'ROLE')).toContain('slave');
  }, 60_000);

  test('a failover that is aborted stops refusing, and says why it did not come about', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await startSentinelTopology({ path, ...bench }, never));
    const abort = new AbortController();
    const fault = await stage.inject({ kind: 'failover', service: 'cache' }, abort.signal);
    abort.abort(new Error('stopped by hand'));
    await expect(fault[Symbol.asyncDispose]()).rejects.toThrow('stopped by hand');
    await using client = await openConversation(stage.endpoint);
    expect(await client.say(get('a'), 1)).toEqual(['closed']);
  });

  test('slots that move send a client on with ASK, then with MOVED, to doors of the wire, and no value is lost', async () => {
    await using bench = await openBench();
    const topology = await startClusterTopology({ path, ...bench }, never);
    await using stage = await openStage(topology);
    const slot = Number((await askOnce(stage, 'CLUSTER', 'KEYSLOT', '{camera}')).slice(1));
    const owner = topology.cluster.ownerOf(slot);
    const to = (owner + 1) % 3;
    const next = written(stage.doors[to]);
    await using here = await openConversation(stage.doors[owner]!);
    await using there = await openConversation(stage.doors[to]!);
    const keys = Array.from({ length: 30 }, (_, index) => `{camera}:${index}`);
    for (const key of keys) await here.say(encodeCommand(['SET', key, key]), 1);
    const fault = await stage.inject({
      kind: 'move-slots',
      service: 'cache',
      toNode: to + 1,
      slotsAtOnce: 4,
      keysPerStep: 10,
      stepMs: 60_000,
    });
    const all = Buffer.concat(keys.map(get));
    const sentOn = async (): Promise<string[]> =>
      (await here.say(all, keys.length)).map(String).filter((reply) => reply.startsWith('-'));
    await expect.poll(async () => (await sentOn()).length).toBe(10);
    expect(new Set(await sentOn())).toEqual(new Set([`-ASK ${slot} ${next}\r\n`]));
    const gone = keys[(await here.say(all, keys.length)).findIndex((reply) => reply[0] === 45)]!;
    const asked = Buffer.concat([encodeCommand(['ASKING']), get(gone), get(gone)]);
    expect((await there.say(asked, 3)).map(String)).toEqual([
      '+OK\r\n',
      `$${gone.length}\r\n${gone}\r\n`,
      `-MOVED ${slot} ${written(stage.doors[owner])}\r\n`,
    ]);
    expect(await fault.bit()).toBeGreaterThanOrEqual(31);
    await fault[Symbol.asyncDispose]();
    expect(new Set(await sentOn())).toEqual(new Set([`-MOVED ${slot} ${next}\r\n`]));
    expect((await there.say(all, keys.length)).map(String)).toEqual(
      keys.map((key) => `$${key.length}\r\n${key}\r\n`),
    );
  });

  test('slots that move when the run is stopped arrive all the same', async () => {
    await using bench = await openBench();
    const topology = await startClusterTopology({ path, ...bench }, never);
    await using stage = await openStage(topology);
    await askOnce({ endpoint: stage.doors[0]! }, 'SET', '{b}', '1');
    const [slot = -1] = await topology.cluster.slotsWithKeys(0);
    const abort = new AbortController();
    const moved: Fault = {
      kind: 'move-slots',
      service: 'cache',
      toNode: 3,
      slotsAtOnce: 1,
      keysPerStep: 1,
      stepMs: 60_000,
    };
    const fault = await stage.inject(moved, abort.signal);
    await expect.poll(() => topology.cluster.slotsWithKeys(2)).toEqual([slot]);
    abort.abort(new Error('stopped by hand'));
    await fault[Symbol.asyncDispose]();
    expect(topology.cluster.ownerOf(slot)).toBe(2);
    expect(await fault.bit()).toBe(0);
    await expect(stage.inject({ ...moved, toNode: 4 })).rejects.toThrow('toNode 4; nodes count');
    await expect(stage.inject({ ...moved, slotsAtOnce: 0 })).rejects.toThrow('slotsAtOnce 0;');
  });

  test.for<readonly [Fault, string]>([
    [{ kind: 'starve', service: 'cache', runShare: 1, periodMs: 50 }, 'runShare 1;'],
    [{ kind: 'starve', service: 'cache', runShare: 0.5, periodMs: 1 }, 'periodMs 1;'],
    [
      { kind: 'limit-memory', service: 'cache', shareOfUsed: 0, eviction: 'noeviction' },
      'shareOfUsed 0;',
    ],
    [{ kind: 'limit-connections', service: 'cache', connectionsMax: -1 }, 'connectionsMax -1;'],
    [{ kind: 'failover', service: 'cache' }, 'needs a primary with a replica'],
    [
      {
        kind: 'move-slots',
        service: 'cache',
        toNode: 1,
        slotsAtOnce: 1,
        keysPerStep: 1,
        stepMs: 0,
      },
      'needs a cluster',
    ],
  ])('%j is refused, and nothing is broken', async ([fault, says]) => {
    await using bench = await openBench();
    await using stage = await openStage(await redis(bench));
    await expect(stage.inject(fault)).rejects.toThrow(says);
    expect(await askOnce(stage, 'PING')).toBe('+PONG\r\n');
    expect(bench.processIds).toHaveLength(1);
  });
});

describe('over the embedded server', () => {
  test('a pause works, as it is a process too', async () => {
    await using bench = await openBench();
    await using stage = await openStage(await embedded(bench));
    {
      await using _fault = await stage.inject({ kind: 'pause', service: 'cache' });
      await expect.poll(() => stateOf(stage.cache)).toBe('T');
    }
    expect(await askOnce(stage, 'PING')).toBe('+PONG\r\n');
  });

  test.for<Fault>([
    { kind: 'loading', service: 'cache' },
    { kind: 'limit-connections', service: 'cache', connectionsMax: 1 },
  ])('%j says what it needs, and nothing is broken', async (fault) => {
    await using bench = await openBench();
    await using stage = await openStage(await embedded(bench));
    await expect(stage.inject(fault)).rejects.toThrow(
      `the fault ${fault.kind} needs a redis-server or valkey-server of our own, and the cache is embedded RESP server`,
    );
    expect(await askOnce(stage, 'PING')).toBe('+PONG\r\n');
  });
});

function get(key: string): Buffer {
  return encodeCommand(['GET', key]);
}

function written(endpoint: Endpoint | undefined): string {
  return `${endpoint?.host}:${endpoint?.port}`;
}

/** What the kernel says of the process: `T` when it is stopped. */
function stateOf(cache: StartedService): string | undefined {
  const stat = readFileSync(`/proc/${cache.processIds[0]}/stat`, 'latin1');
  return /\) (?<state>\S) /.exec(stat)?.groups?.['state'];
}

function redis(bench: ProviderBench): Promise<StartedService> {
  return processProvider({ path, ...bench }).start(never);
}

function embedded(bench: ProviderBench): Promise<StartedService> {
  return embeddedProvider({ node: process.execPath, ...bench }).start(never);
}

interface Stage extends AsyncDisposable {
  readonly cache: StartedService;
  /** The wire in front of it. */
  readonly endpoint: Endpoint;
  /** All doors of the wire: one a node of a cluster. */
  readonly doors: readonly Endpoint[];
  readonly inject: (fault: Fault, signal?: AbortSignal) => ReturnType<FaultInjector['inject']>;
}

/** A cache with the real wire in front of it. Disposing ends both. */
async function openStage(cache: StartedService): Promise<Stage> {
  let upstream = cache.endpoint;
  const sockets = await listenWire({
    host: '127.0.0.1',
    port: 0,
    doors: cache.cluster?.nodes.length ?? 1,
    upstream: (door) => cache.cluster?.nodes[door - 1] ?? upstream,
    world: realWorld({ startTicks: String(process.hrtime.bigint()), seed: process.pid }, 'wire'),
    recorder: { nextId: () => 1, wire: () => undefined, wireConnection: () => undefined },
  });
  await cache.cluster?.announce(sockets.doors, never);
  const injector = createInjector({
    cache,
    keyPrefix: '',
    wire: {
      install: async (faultId, rule) => {
        const installed = await sockets.wire.install(faultId, rule);
        return {
          bit: async () => installed.bit(),
          [Symbol.asyncDispose]: () => installed[Symbol.asyncDispose](),
        };
      },
      setUpstream: async (endpoint) => {
        upstream = endpoint;
      },
    },
  });
  return {
    cache,
    endpoint: sockets.endpoint,
    doors: sockets.doors,
    inject: (fault, signal = never) => injector.inject('fault-1', fault, signal),
    [Symbol.asyncDispose]: async () => {
      await sockets.close();
      await cache[Symbol.asyncDispose]();
    },
  };
}
