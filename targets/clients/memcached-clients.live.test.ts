import { describe } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { describeTarget } from './contract.ts';
import memcache from './memcache.ts';
import memcacheClient from './memcache-client.ts';
import memcached from './memcached.ts';
import memjs from './memjs.ts';

const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

for (const [target, file] of [
  [memcached, './memcached.ts'],
  [memjs, './memjs.ts'],
  [memcache, './memcache.ts'],
  [memcacheClient, './memcache-client.ts'],
] as const) {
  const { library, missing } = await testLibrary(target);
  const targetUrl = import.meta.resolve(file);
  describe.skipIf(missing !== undefined)(`${target.name}${missing ?? ''}`, () => {
    describeTarget({ target, targetUrl, library, world });
  });
}
