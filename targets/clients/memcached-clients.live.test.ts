import { describe, expect, test } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import type { Target } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { sweepCache } from '../../harness/services/sweep-cache.ts';
import { describeTarget } from './contract.ts';
import { contractServerMissing, startContractServer } from './contract-server.ts';
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
    describeUnwrapped(target, library);
  });
}

function describeUnwrapped(target: Target, library: string): void {
  const noServer = contractServerMissing('memcached');
  test.skipIf(noServer !== undefined)(
    `what lies in the cache, unwrapped, is what was set${noServer === undefined ? '' : ` (${noServer})`}`,
    async () => {
      await using server = await startContractServer({ protocol: 'memcached' });
      const { endpoint } = server;
      const module: unknown = await import(library);
      await using client = await target.open({
        endpoint,
        library: module,
        timeoutMs: 2_000,
        world,
      });
      const values = {
        bytes: Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
        text: Buffer.from('{"owner":"Jörg \\r\\n"}'),
        lines: Buffer.from('\\\r\n\\\n\r'),
        nothing: Buffer.alloc(0),
      };
      for (const [key, value] of Object.entries(values)) await client.set(key, value, 60_000);
      const found: Record<string, Buffer> = {};
      const onValue = (key: string, stored: Uint8Array): void => {
        found[key] = Buffer.from(target.unwrap?.(stored) ?? stored);
      };
      const swept = {
        endpoints: [endpoint],
        protocol: 'memcached',
        prefix: '',
        keysMax: 10,
      } as const;
      await sweepCache({ ...swept, onValue }, AbortSignal.timeout(10_000));
      expect(found).toEqual(values);
    },
  );
}
