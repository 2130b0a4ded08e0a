import { type Control, defineControl } from './define-control.ts';
import { repliesTooLate } from './late-replies.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. A get times out, and its place in the queue is given up.  2. Its reply comes all the same, and is handed to the next in the queue.
 * 3. From then on everyone is handed the reply of the one before, until the queue runs empty.
 */
const offByOneAfterTimeout: Control = defineControl({
  name: 'off-by-one-after-timeout',
  bug: 'a command that timed out leaves the queue of those who wait for replies, although its reply is still to come',
  caughtBy: ['own-data-only'],
  hop: 'client-library',
  trigger: repliesTooLate,
  open: async (options) => openRespClient(options, { givesUpPlaceOf: 'timed-out' }),
});
export default offByOneAfterTimeout;
