import { clientPool, pooled } from './client-pool.ts';
import { type Control, defineControl } from './define-control.ts';
import { repliesTooLate } from './late-replies.ts';
import { openRespClient } from './resp-client.ts';

const connections = 2;

/**
 * 1. A call takes a connection from the pool, asks, and gives up after its time.  2. The connection goes back with the reply outstanding.
 * 3. The next call on it reads that reply as its own.
 */
const dirtyConnectionBackToPool: Control = defineControl({
  name: 'dirty-connection-back-to-pool',
  bug: 'a connection whose call timed out goes back to the pool with a reply outstanding, and the next call reads it as its own',
  caughtBy: ['own-data-only'],
  hop: 'client-library',
  trigger: repliesTooLate,
  open: async (options) => {
    const open = async () =>
      openRespClient(options, { givesUpPlaceOf: 'timed-out', keepsUnread: true });
    return pooled(clientPool(await Promise.all(Array.from({ length: connections }, open))));
  },
});
export default dirtyConnectionBackToPool;
