import { setImmediate } from 'node:timers/promises';
import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. A call writes its key into the client's one request object, and waits for a turn.  2. Another call writes its own key over it.
 * 3. Both ask for the second key.
 */
const mutableObjectShared: Control = defineControl({
  name: 'mutable-object-shared',
  bug: 'all calls share one request object, so a call that begins while another waits for its turn changes what that one asks for',
  example:
    'GitHub, March 2021: an object of one request was reused by another, and sessions were handed to the wrong people',
  caughtBy: ['mapping', 'own-data-only'],
  hop: 'client-library',
  trigger: { says: 'load: two gets in one turn of the event loop' },
  open: async (options) => oneRequestForAll(await openRespClient(options)),
});
export default mutableObjectShared;

function oneRequestForAll(client: CacheClient): CacheClient {
  const request = { key: '' };
  return {
    ...client,
    get: async (key, options) => {
      request.key = key;
      await setImmediate();
      return client.get(request.key, options);
    },
  };
}
