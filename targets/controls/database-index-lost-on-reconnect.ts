import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. The client selects database 1 when it connects.  2. The connection is cut, and the next one is opened without that.
 * 3. It reads database 0, where the keys of another cloud are called as ours are.
 */
const databaseIndexLostOnReconnect: Control = defineControl({
  name: 'database-index-lost-on-reconnect',
  bug: 'the database is selected on the first connection only, so that after a reconnect the client reads and writes database 0',
  caughtBy: ['mapping'],
  hop: 'client-library',
  trigger: {
    says: 'a connection is cut, and database 0 belongs to another cloud',
    rules: [
      {
        type: 'cut-after-reply',
        reply: 1,
        how: 'fin',
        selector: { commands: ['GET'], keyPrefix: 'thumb:' },
        timesMax: 1,
      },
    ],
    neighbour: true,
  },
  open: async (options) =>
    openRespClient(options, {
      greeting: (connection) => (connection === 1 ? ['SELECT', '1'] : undefined),
    }),
});
export default databaseIndexLostOnReconnect;
