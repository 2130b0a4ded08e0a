import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import type { CacheClient, Target } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { openBench, type ProviderBench } from '../../harness/services/provider-bench.ts';
import {
  type ClusterTopology,
  startClusterTopology,
} from '../../harness/services/redis-cluster.ts';
import askingWithoutItsReply from '../controls/asking-without-its-reply.ts';
import { openClusterClient } from '../controls/cluster-client.ts';
import { chooseTarget } from './choose-target.ts';
import { redisServerMissing } from './contract-server.ts';
import ioredis from './ioredis.ts';
import iovalkey from './iovalkey.ts';
import redis from './redis.ts';
import valkeyGlide from './valkey-glide.ts';

const path = process.env['PATH'] ?? '';
const never = new AbortController().signal;
const missing = redisServerMissing();
const world: World = {
  clock: { nowNs: () => 0, sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};
const keys = Array.from({ length: 40 }, (_, index) => `{camera}:${index}`);
const cluster = { variant: 'cluster' } as const;
const sound: Target = { ...askingWithoutItsReply, name: 'sound', open: openClusterClient };

describe.skipIf(missing !== undefined)(`a slot that moves key by key ${missing ?? ''}`, () => {
  let bench: ProviderBench;
  let topology: ClusterTopology;
  beforeAll(async () => {
    bench = await openBench();
    topology = await startClusterTopology({ path, ...bench }, never);
  });
  afterAll(async () => {
    await topology[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
  });

  test.each([
    { target: chooseTarget(ioredis, cluster), library: 'ioredis' },
    { target: chooseTarget(redis, cluster), library: 'redis' },
    { target: sound, library: null },
  ])(
    'never makes $target.name answer with the value of another key',
    async ({ target, library }) => {
      const { asked, ...read } = await readWhileMoving(topology, target, library);
      expect(read).toEqual({ foreign: 0, missed: 0, failed: 0, right: 4 * keys.length });
      expect(asked).toBeGreaterThan(keys.length / 2);
    },
  );

  test('never makes iovalkey:cluster do so', async (context) => {
    const { library, missing: absent } = await testLibrary(iovalkey);
    if (absent !== undefined) context.skip(absent);
    const { asked, ...read } = await readWhileMoving(topology, inCluster(iovalkey), library);
    expect(read).toEqual({ foreign: 0, missed: 0, failed: 0, right: 4 * keys.length });
    expect(asked).toBeGreaterThan(keys.length / 2);
  });

  // docs/findings/valkey-glide-asking-apart.md: what the cluster would have answered is refused, and nothing is taken for another's.
  test('makes reads of valkey-glide:cluster fail, and nothing worse', async (context) => {
    const { library, missing: absent } = await testLibrary(valkeyGlide);
    if (absent !== undefined) context.skip(absent);
    const { asked, ...read } = await readWhileMoving(topology, inCluster(valkeyGlide), library);
    expect(read).toMatchObject({ foreign: 0, missed: 0 });
    expect(read.failed + read.right).toBe(4 * keys.length);
    expect(read.failed).toBeGreaterThanOrEqual(keys.length);
    expect(asked).toBeGreaterThan(keys.length / 2);
  });

  // The README: a pipeline in which some commands were sent on is sent on as a whole. Where it goes, keys that have not moved are not there.
  test('makes ioredis with auto pipelining miss what has not moved yet, and nothing worse', async () => {
    const words = { ...cluster, options: { autopipelining: 'true' } };
    const target = chooseTarget(ioredis, words);
    const { asked: _, ...read } = await readWhileMoving(topology, target, 'ioredis');
    expect(read).toEqual({ foreign: 0, missed: 60, failed: 0, right: 100 });
  });

  test('makes the control asking-without-its-reply do so', async () => {
    const { foreign } = await readWhileMoving(topology, askingWithoutItsReply, null);
    expect(foreign).toBeGreaterThan(keys.length / 2);
  });
});

const inCluster = (target: Target): Target => chooseTarget(target, cluster);

interface Read {
  foreign: number;
  missed: number;
  failed: number;
  right: number;
}

/** Reads all keys at once after each quarter of them has moved to the next node, as a page and one by one. */
async function readWhileMoving(
  { cluster: { nodes, ownerOf, moveSlot, redirections }, endpoint }: ClusterTopology,
  target: Target,
  library: string | null,
): Promise<Read & { readonly asked: number }> {
  const module: unknown = library === null ? null : await import(library);
  await using client = await target.open({
    endpoint,
    nodes,
    library: module,
    timeoutMs: 2_000,
    world,
  });
  await Promise.all(keys.map(async (key) => client.set(key, Buffer.from(key), 60_000)));
  const before = await redirections();
  const read: Read = { foreign: 0, missed: 0, failed: 0, right: 0 };
  await moveSlot({
    slot: slotOfCamera,
    to: (ownerOf(slotOfCamera) + 1) % nodes.length,
    keysPerStep: keys.length / 4,
    afterStep: async (keysMoved) => {
      const values = keysMoved % 20 === 0 ? await readPage(client) : await readEach(client);
      for (const [index, value] of values.entries()) {
        if (value === 'failed') read.failed += 1;
        else if (value === undefined) read.missed += 1;
        else if (Buffer.from(value).toString() === keys[index]) read.right += 1;
        else read.foreign += 1;
      }
    },
  });
  return { ...read, asked: (await redirections()).asked - before.asked };
}

/** Of `{camera}`, as the cluster specification reckons it. */
const slotOfCamera = 8_198;

type Answers = readonly (Uint8Array | undefined | 'failed')[];

async function readPage(client: CacheClient): Promise<Answers> {
  return client.getMany(keys).catch(() => keys.map(() => 'failed' as const));
}

async function readEach(client: CacheClient): Promise<Answers> {
  const answers = await Promise.allSettled(keys.map(async (key) => client.get(key)));
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'));
}
