import { describe } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import type { Target } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import asyncCacheDedupe from './async-cache-dedupe.ts';
import bentocache from './bentocache.ts';
import cachified from './cachified.ts';
import { describeTarget } from './contract.ts';
import layeredLoader from './layered-loader.ts';
import lruCache from './lru-cache.ts';

const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

await describeFetched(asyncCacheDedupe, './async-cache-dedupe.ts');
await describeFetched(bentocache, './bentocache.ts');
await describeFetched(cachified, './cachified.ts');
await describeFetched(layeredLoader, './layered-loader.ts');
await describeFetched(lruCache, './lru-cache.ts');

async function describeFetched(target: Target, file: string): Promise<void> {
  const { library, companions, missing } = await testLibrary(target);
  const targetUrl = import.meta.resolve(file);
  describe.skipIf(missing !== undefined)(`${target.name}${missing ?? ''}`, () => {
    describeTarget({ target, targetUrl, library, companions, world });
  });
}
