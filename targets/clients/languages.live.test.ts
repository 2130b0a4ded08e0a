import { describe } from 'vitest';
import { testProgram } from '../../harness/cli/test-program.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { describeTarget } from './contract.ts';
import goRedis from './go-redis.ts';
import redisPy from './redis-py.ts';

const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

for (const [target, file] of [
  [redisPy, './redis-py.ts'],
  [goRedis, './go-redis.ts'],
] as const) {
  const { library, missing } = await testProgram(target);
  const targetUrl = import.meta.resolve(file);
  describe.skipIf(missing !== undefined)(`${target.name}${missing ?? ''}`, () => {
    describeTarget({ target, targetUrl, library, world });
  });
}
