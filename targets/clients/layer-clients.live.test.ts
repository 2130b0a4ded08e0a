import { describe } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import type { Target, TargetWords } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import cacheManager from './cache-manager.ts';
import cacheable from './cacheable.ts';
import catbox from './catbox.ts';
import { chooseTarget } from './choose-target.ts';
import { describeTarget } from './contract.ts';
import unstorage from './unstorage.ts';

const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

await describeFetched(cacheable, './cacheable.ts', [{}]);
await describeFetched(cacheManager, './cache-manager.ts', [{}, { variant: 'tiered' }]);
await describeFetched(unstorage, './unstorage.ts', [{}]);
await describeFetched(catbox, './catbox.ts', [{}]);

async function describeFetched(
  target: Target,
  file: string,
  variants: readonly TargetWords[],
): Promise<void> {
  const targetUrl = import.meta.resolve(file);
  for (const words of variants) {
    const chosen = chooseTarget(target, words);
    const { library, companions, missing } = await testLibrary(chosen);
    describe.skipIf(missing !== undefined)(`${chosen.name}${missing ?? ''}`, () => {
      describeTarget({ target, targetUrl, words, library, companions, world });
    });
  }
}
