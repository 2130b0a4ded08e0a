import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. Three gets are on their way when the connection is cut.  2. Two are rejected, the last is forgotten in the queue.
 * 3. On the next connection it is handed the first reply, and everyone after it the reply of the one before.
 */
const offByOneAfterReconnect: Control = defineControl({
  name: 'off-by-one-after-reconnect',
  bug: 'one command that was on its way when the connection was cut stays in the queue of the next connection',
  example: 'ioredis 4.16.0, fixed in 4.16.1',
  caughtBy: ['own-data-only'],
  hop: 'client-library',
  trigger: {
    says: 'the connection is cut after the second reply of a page',
    rules: [
      {
        type: 'cut-after-reply',
        reply: 2,
        how: 'rst',
        selector: { commands: ['GET'], keyPrefix: 'thumb:', burstSizeMin: 3 },
        timesMax: 3,
      },
    ],
  },
  open: async (options) => openRespClient(options, { keptWaiting: (waiting) => waiting.slice(-1) }),
});
export default offByOneAfterReconnect;
