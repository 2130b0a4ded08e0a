import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. The cloud answers with a list, and with the cookie of the session.  2. A shared cache stores both.  3. Whoever asks next is given the
 * list and the session of whoever asked first.
 */
const setCookieStored: Control = defineControl({
  name: 'set-cookie-stored',
  bug: 'a shared HTTP cache stores an answer together with its Set-Cookie, and hands the session to whoever asks next',
  caughtBy: ['own-data-only', 'fails-closed'],
  hop: 'http-cache',
  trigger: { says: 'load: two people ask for their lists within a second', webCache: 'set-cookie' },
  flaw: 'http-cache-stores-set-cookie',
  open: openRespClient,
});
export default setCookieStored;
