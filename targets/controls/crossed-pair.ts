import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/** Every so many single gets that are under way at once, two are given each other's value. */
const crossedPairEvery = 8;

/** No fault is needed for this one: load is enough, as with two requests that share a buffer. */
const crossedPair: Control = defineControl({
  name: 'crossed-pair',
  bug: 'two gets that are under way at the same time are now and then given each other’s value',
  caughtBy: ['own-data-only'],
  hop: 'client-library',
  trigger: { says: 'load: two gets at the same time' },
  open: async (options) => crossPairs(await openRespClient(options), crossedPairEvery),
});
export default crossedPair;

/** Wraps a correct client: every `every`th get trades answers with the next get that starts while it is under way. */
export function crossPairs(client: CacheClient, every: number): CacheClient {
  let gets = 0;
  let offered: Trade | undefined;
  return {
    getMany: async (keys, options) => client.getMany(keys, options),
    set: async (key, value, ttlMs) => client.set(key, value, ttlMs),
    delete: async (key) => client.delete(key),
    get: async (key, options) => {
      gets += 1;
      const own = client.get(key, options);
      const partner = offered;
      if (partner !== undefined) {
        offered = undefined;
        partner.take(own);
        return partner.own;
      }
      if (gets % every !== 0) return own;
      const trade = openTrade(own);
      offered = trade;
      await own.catch(() => {});
      if (offered === trade) offered = undefined;
      return trade.taken() ?? own;
    },
    [Symbol.asyncDispose]: async () => client[Symbol.asyncDispose](),
  };
}

type Answer = Promise<Uint8Array | undefined>;

interface Trade {
  readonly own: Answer;
  take(other: Answer): void;
  taken(): Answer | undefined;
}

function openTrade(own: Answer): Trade {
  let taken: Answer | undefined;
  return {
    own,
    take: (other) => {
      taken = other;
    },
    taken: () => taken,
  };
}
