import { type Control, defineControl } from './define-control.ts';
import { latePictures } from './late-replies.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. Somebody closes the app while the cache is being asked, and the read is cancelled.  2. The command was sent, and its reply comes.
 * 3. It is handed to whoever is next in the queue.
 */
const cancelledReadLeftInQueue: Control = defineControl({
  name: 'cancelled-read-left-in-queue',
  bug: 'a read that was cancelled after it was sent leaves the queue, and its reply is handed to the next one',
  example: 'redis-py before 4.5.3, CVE-2023-28858, behind the ChatGPT incident of March 2023',
  caughtBy: ['own-data-only'],
  hop: 'client-library',
  trigger: {
    says: 'viewers close the app while the replies to their pages are 250 ms late',
    rules: latePictures({ forMs: 250 }),
    hangUps: { share: 0.5, afterMsMin: 20, afterMsMax: 120 },
  },
  open: async (options) => openRespClient(options, { givesUpPlaceOf: 'aborted' }),
});
export default cancelledReadLeftInQueue;
