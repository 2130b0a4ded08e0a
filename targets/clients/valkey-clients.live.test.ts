import { describe } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import type { Target, TargetWords } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { describeTarget } from './contract.ts';
import iovalkey from './iovalkey.ts';
import valkeyGlide from './valkey-glide.ts';

const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

/** The contract has two thousand calls wait at once, which is more than valkey-glide lets by default. */
const enough = { inflight: '10000' };

await describeFetched(iovalkey, './iovalkey.ts', [
  { words: {}, parts: 'all' },
  { words: { options: { autopipelining: 'true' } }, parts: 'values' },
  // Its code for a cluster is that of ioredis, whose targets keep the rest of the contract.
  { words: { variant: 'cluster' }, parts: 'values' },
]);
await describeFetched(valkeyGlide, './valkey-glide.ts', [
  { words: { options: enough }, parts: 'all' },
  { words: { options: { ...enough, resp: '2' } }, parts: 'values' },
  { words: { variant: 'cluster', options: enough }, parts: 'all' },
]);

interface Part {
  readonly words: TargetWords;
  readonly parts: 'all' | 'values';
}

async function describeFetched(
  target: Target,
  file: string,
  parts: readonly Part[],
): Promise<void> {
  const { library, missing } = await testLibrary(target);
  const targetUrl = import.meta.resolve(file);
  describe.skipIf(missing !== undefined)(`${target.name}${missing ?? ''}`, () => {
    for (const part of parts) describeTarget({ target, targetUrl, library, world, ...part });
  });
}
