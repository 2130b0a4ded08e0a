import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. A page asks for several keys, and one of them is not there.  2. Misses are left out of the answer.
 * 3. Every value behind the miss is taken for that of the key before it.
 */
const multiGetShiftedByAMiss: Control = defineControl({
  name: 'multi-get-shifted-by-a-miss',
  bug: 'a multi-get leaves misses out of its answer, so that every value behind a miss moves up by one',
  caughtBy: ['right-device'],
  hop: 'client-library',
  trigger: {
    says: 'some thumbnails of a page are not in the cache, because it had no room for them',
    rules: [
      {
        type: 'error-reply',
        error: 'OOM',
        selector: { commands: ['SET'], keyPrefix: 'thumb:' },
        timesMax: 6,
      },
    ],
  },
  open: async (options) => withoutMisses(await openRespClient(options)),
});
export default multiGetShiftedByAMiss;

function withoutMisses(client: CacheClient): CacheClient {
  return {
    ...client,
    getMany: async (keys, options) => {
      const values = await client.getMany(keys, options);
      const found = values.filter((value) => value !== undefined);
      return keys.map((_key, index) => found[index]);
    },
  };
}
