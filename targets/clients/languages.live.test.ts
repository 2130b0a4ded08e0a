import { describe, expect, test } from 'vitest';
import { testProgram } from '../../harness/cli/test-program.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { describeTarget } from './contract.ts';
import { redisServerMissing, startContractServer } from './contract-server.ts';
import goRedis from './go-redis.ts';
import jedis from './jedis.ts';
import lettuce from './lettuce.ts';
import redisPy from './redis-py.ts';
import redisRs from './redis-rs.ts';

/** The contract starts a program for each of its tests, which takes a minute for all of them; where nobody asked for it, one client is asked a few things. */
const isContractWanted = process.env['CROSSWIRE_BUILD_PROGRAMS'] !== undefined;

const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

for (const [target, file] of [
  [redisPy, './redis-py.ts'],
  [goRedis, './go-redis.ts'],
  [redisRs, './redis-rs.ts'],
  [jedis, './jedis.ts'],
  [lettuce, './lettuce.ts'],
] as const) {
  const { library, missing = redisServerMissing() } = await testProgram(target);
  const targetUrl = import.meta.resolve(file);
  describe.skipIf(missing !== undefined)(`${target.name}${missing ?? ''}`, () => {
    if (isContractWanted) describeTarget({ target, targetUrl, library, world });
    else describeShortly({ target, library });
  });
}

function describeShortly({
  target,
  library,
}: {
  readonly target: typeof redisPy;
  readonly library: string;
}): void {
  test('gives back bytes and pages, and rejects an aborted call where it can', async () => {
    await using server = await startContractServer();
    await using client = await target.open({
      endpoint: server.endpoint,
      library: await import(library),
      timeoutMs: 20_000,
      world,
    });
    const value = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await client.set('a', value, 60_000);
    await client.set('empty', Buffer.alloc(0), 60_000);
    expect(await client.get('a')).toEqual(value);
    const page = await client.getMany(['empty', 'none', 'a', 'a']);
    expect(page).toEqual([Buffer.alloc(0), undefined, value, value]);
    await client.delete('a');
    expect(await client.get('a')).toBeUndefined();
    if (target.lacks.some(({ ability }) => ability === 'abort-signal')) return;
    await server.stall();
    const hangUp = new AbortController();
    const asked = client.get('empty', { signal: hangUp.signal });
    hangUp.abort(new Error('hung up'));
    await expect(asked).rejects.toThrow('hung up');
    server.resume();
    expect(await client.get('empty')).toEqual(Buffer.alloc(0));
  });
}
