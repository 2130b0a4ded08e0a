import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. The cache cannot say whose session it is.  2. Rather than turning people away, the backend believes the name in the token.
 * 3. Whoever has a token that is over, or knows what one looks like, is served.
 */
const failOpenOnError: Control = defineControl({
  name: 'fail-open-on-error',
  bug: 'when the session cannot be looked up, the backend believes the name in the token instead of refusing',
  caughtBy: ['fails-closed'],
  hop: 'backend',
  trigger: {
    says: 'the cache answers reads of sessions with LOADING, and somebody tries tokens that are over or never were',
    rules: [
      {
        type: 'error-reply',
        error: 'LOADING',
        selector: { commands: ['GET'], keyPrefix: 'session:' },
        timesMax: 400,
      },
    ],
  },
  flaw: 'backend-fails-open',
  open: openRespClient,
});
export default failOpenOnError;
