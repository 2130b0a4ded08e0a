import { describe } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { chooseTarget } from './choose-target.ts';
import { describeTarget } from './contract.ts';
import keyv from './keyv.ts';

const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

for (const words of [{}, { variant: 'valkey' }, { variant: 'memcache' }]) {
  const chosen = chooseTarget(keyv, words);
  const { library, companions, missing } = await testLibrary(chosen);
  describe.skipIf(missing !== undefined)(`${chosen.name}${missing ?? ''}`, () => {
    const targetUrl = import.meta.resolve('./keyv.ts');
    describeTarget({ target: keyv, targetUrl, words, library, companions, world });
  });
}
