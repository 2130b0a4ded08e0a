import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

const missesRememberedMs = 60_000;

/**
 * 1. The list of one user is not in the cache, and that is remembered so as not to ask again.  2. It is remembered under a name
 * without the user, and for a minute.  3. Nobody's list is in the cache any more, as far as the client knows.
 */
const negativeCacheShared: Control = defineControl({
  name: 'negative-cache-shared',
  bug: 'that a key is not there is remembered under a name without the user or event, so that one miss is a miss for everyone',
  caughtBy: ['origin-load'],
  hop: 'coalescer',
  trigger: { says: 'one miss of each kind, and people who look again', busyCalm: true },
  open: async (options) => missesShared(await openRespClient(options), options.world.clock.nowNs),
});
export default negativeCacheShared;

function missesShared(client: CacheClient, nowNs: () => number): CacheClient {
  const missedUntilNs = new Map<string, number>();
  const nameOf = (key: string): string => key.replace(/:[^:]+/, '');
  const isKnownMiss = (key: string): boolean => (missedUntilNs.get(nameOf(key)) ?? 0) > nowNs();
  const noted = (key: string, value: Uint8Array | undefined): Uint8Array | undefined => {
    if (value === undefined) missedUntilNs.set(nameOf(key), nowNs() + missesRememberedMs * 1e6);
    return value;
  };
  return {
    ...client,
    get: async (key, options) =>
      isKnownMiss(key) ? undefined : noted(key, await client.get(key, options)),
    getMany: async (keys, options) => {
      const values = await client.getMany(keys, options);
      return keys.map((key, index) => (isKnownMiss(key) ? undefined : noted(key, values[index])));
    },
  };
}
