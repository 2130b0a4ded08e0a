import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/**
 * 1. The cloud lets a shared cache keep a list for a second, and says that it varies by Authorization.  2. The cache does not look at that.
 * 3. Whoever asks next is given the list of whoever asked first.
 */
const httpCacheWithoutVary: Control = defineControl({
  name: 'http-cache-without-vary',
  bug: 'a shared HTTP cache ignores Vary and gives the answer of one session to all of them',
  example: 'Steam, December 2015: a caching rule served pages of one account to others',
  caughtBy: ['own-data-only'],
  hop: 'http-cache',
  trigger: { says: 'load: two people ask for their lists within a second', webCache: 'vary' },
  flaw: 'http-cache-ignores-vary',
  open: openRespClient,
});
export default httpCacheWithoutVary;
