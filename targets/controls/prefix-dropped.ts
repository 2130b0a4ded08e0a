import { type Control, defineControl } from './define-control.ts';
import { renamedKeys } from './renamed-keys.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. The client has a scope for each user, which it puts before the user's keys.  2. One way through it forgets the scope.
 * 3. Everybody's list is stored under one key.
 */
const prefixDropped: Control = defineControl({
  name: 'prefix-dropped',
  bug: 'the prefix that keeps the keys of one user apart from those of another is dropped, and all users share one list',
  caughtBy: ['own-data-only'],
  hop: 'library-write',
  trigger: { says: 'nothing' },
  open: async (options) =>
    renamedKeys(await openRespClient(options), (key) =>
      key.replace(/user:[^:]+:events$/, 'events'),
    ),
});
export default prefixDropped;
