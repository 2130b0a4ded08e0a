import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/** Of each kind of value, every so many are written under each other's key. */
const crossedEvery = 2;

/**
 * 1. Two thumbnails are written in one moment.  2. Each is stored under the key of the other.
 * 3. Every read of them is answered well, and shows a stranger.
 */
const writeCrossed: Control = defineControl({
  name: 'write-crossed',
  bug: 'two values of one kind that are written at the same time are stored under each other’s key',
  caughtBy: ['own-data-only', 'stored'],
  hop: 'library-write',
  trigger: { says: 'load: cameras upload at the same time' },
  open: async (options) => crossWrites(await openRespClient(options), crossedEvery),
});
export default writeCrossed;

interface Write {
  readonly key: string;
  readonly value: Uint8Array;
  readonly ttlMs: number;
  readonly done: PromiseWithResolvers<void>;
}

/** How long a write waits for another one to be crossed with. */
const partnerWaitMs = 25;

function crossWrites(client: CacheClient, every: number): CacheClient {
  const held = new Map<string, Write>();
  let writes = 0;
  const store = ({ key, value, ttlMs, done }: Write): void => {
    client.set(key, value, ttlMs).then(done.resolve, done.reject);
  };
  return {
    ...client,
    set: async (key, value, ttlMs) => {
      const [kind = ''] = key.split(':');
      const write: Write = { key, value, ttlMs, done: Promise.withResolvers() };
      const partner = held.get(kind);
      if (partner !== undefined && partner.key !== key) {
        held.delete(kind);
        store({ ...partner, key });
        store({ ...write, key: partner.key });
        return write.done.promise;
      }
      writes += 1;
      if (kind !== 'thumb' || writes % every !== 0) return client.set(key, value, ttlMs);
      held.set(kind, write);
      setTimeout(() => {
        if (held.get(kind) !== write) return;
        held.delete(kind);
        store(write);
      }, partnerWaitMs);
      return write.done.promise;
    },
  };
}
