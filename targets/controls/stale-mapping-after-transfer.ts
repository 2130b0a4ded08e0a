import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. The client remembers whose a camera is, so as not to ask again.  2. The camera is given to somebody else, and its key is deleted.
 * 3. The cache forgets the owner; the client does not, and tells the camera that it is still the first one's.
 *
 * What is remembered is the decoded value, which is encoded anew each time: its bytes are not those that the cloud wrote, so that
 * its memory of what it has replaced does not help it.
 */
const staleMappingAfterTransfer: Control = defineControl({
  name: 'stale-mapping-after-transfer',
  bug: 'a copy within the process is not dropped with the key, so that whose a camera is outlives a transfer',
  caughtBy: ['mapping'],
  hop: 'coalescer',
  trigger: { says: 'owners give cameras to other people', requestDeadlineMs: 700 },
  open: async (options) => remembersOwners(await openRespClient(options)),
});
export default staleMappingAfterTransfer;

function remembersOwners(client: CacheClient): CacheClient {
  const owners = new Map<string, unknown>();
  return {
    ...client,
    get: async (key, options) => {
      const known = owners.get(key);
      if (known !== undefined) return Buffer.from(JSON.stringify(known, null, 2));
      const value = await client.get(key, options);
      if (value !== undefined && key.endsWith(':owner'))
        owners.set(key, JSON.parse(Buffer.from(value).toString()));
      return value;
    },
  };
}
