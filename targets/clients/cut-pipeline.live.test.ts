import { describe, expect, test } from 'vitest';
import type { CacheClient, Target } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { defineControl } from '../controls/define-control.ts';
import offByOne from '../controls/off-by-one-after-reconnect.ts';
import { openRespClient } from '../controls/resp-client.ts';
import { redisServerMissing, startContractServer } from './contract-server.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import ioredis from './ioredis.ts';
import redis from './redis.ts';

const soundControl = defineControl({
  name: 'the client that controls are built on',
  caughtBy: ['own-data-only'],
  hop: 'client-library',
  trigger: { says: 'nothing' },
  bug: 'none: without a quirk it is correct',
  open: openRespClient,
});
const missing = redisServerMissing();
const world: World = {
  clock: { nowNs: () => 0, sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};
const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
const cuts = [1, 2, 3, 4].map((replies) => ({ replies, burst: 5 }));

describe.skipIf(missing !== undefined)(
  `a pipeline of five, cut between its replies ${missing ?? ''}`,
  () => {
    test.each([
      { target: ioredis, library: 'ioredis' },
      { target: redis, library: 'redis' },
      { target: soundControl, library: null },
    ])(
      'never makes $target.name answer with the value of another key',
      async ({ target, library }) => {
        for (const cut of cuts) {
          const { foreign, right } = await readAfterCut(target, library, cut);
          expect({ cut, foreign, allRight: right > 0 }).toEqual({
            cut,
            foreign: 0,
            allRight: true,
          });
        }
      },
    );

    // "Abort incomplete pipelines upon reconnect" came with 4.16.1; the whole harness is measured by whether it sees this one.
    test('makes ioredis 4.16.0 answer with values of other keys, from then on', async () => {
      const cut = { replies: 2, burst: 5 };
      const { foreign, right } = await readAfterCut(ioredis, 'ioredis-4.16.0', cut);
      expect({ leaks: foreign > 80, right }).toEqual({ leaks: true, right: 0 });
    });

    test('makes the control off-by-one-after-reconnect do so too', async () => {
      const { foreign } = await readAfterCut(offByOne, null, { replies: 2, burst: 5 });
      expect(foreign).toBeGreaterThan(80);
    });
  },
);

/** Cuts one pipeline, waits for the client to come back, then reads all forty keys at once, four times. */
async function readAfterCut(
  target: Target,
  library: string | null,
  cut: { readonly replies: number; readonly burst: number },
): Promise<{ foreign: number; right: number }> {
  await using server = await startContractServer();
  await using proxy = await startCuttingProxy(server.endpoint);
  const module: unknown = library === null ? null : await import(library);
  const { endpoint } = proxy;
  await using client = await target.open({ endpoint, library: module, timeoutMs: 400, world });
  await Promise.all(keys.map(async (key) => client.set(key, Buffer.from(key), 60_000)));
  proxy.cutAfter(cut);
  await Promise.allSettled([
    client.getMany(keys.slice(0, 5)),
    ...keys.map(async (key) => client.get(key)),
  ]);
  expect(proxy.cuts()).toBe(1);
  await connectedAgain(client);
  const read = { foreign: 0, right: 0 };
  for (let round = 0; round < 4; round += 1) {
    const answers = await Promise.allSettled(keys.map(async (key) => client.get(key)));
    for (const [index, answer] of answers.entries()) {
      if (answer.status !== 'fulfilled') continue;
      if (String(answer.value) === String(Buffer.from(keys[index] ?? ''))) read.right += 1;
      else read.foreign += 1;
    }
  }
  return read;
}

/** Reads, forty at once, until something is answered at all: right or wrong. */
async function connectedAgain(client: CacheClient): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const answers = await Promise.allSettled(keys.map(async (key) => client.get(key)));
    if (answers.some(({ status }) => status === 'fulfilled')) return;
  }
  throw new Error('the client did not come back within 50 attempts');
}
