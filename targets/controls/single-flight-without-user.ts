import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';
import { slowRelations } from './slow-cache.ts';

/**
 * 1. Two people open the app in one moment.  2. The second asks while the first is being answered, and the flight is known by the kind
 * of thing that is asked for, not by whose it is.  3. Both are given the list of the first.
 */
const singleFlightWithoutUser: Control = defineControl({
  name: 'single-flight-without-user',
  bug: 'concurrent reads of one kind share one flight, whose name leaves out the user',
  caughtBy: ['own-data-only'],
  hop: 'coalescer',
  trigger: slowRelations,
  open: async (options) => sharedFlights(await openRespClient(options)),
});
export default singleFlightWithoutUser;

/** `user:<userId>:events` and `user:<userId>:devices` fly under a name without the user; everything else under its own. */
function sharedFlights(client: CacheClient): CacheClient {
  const flights = new Map<string, Promise<Uint8Array | undefined>>();
  return {
    ...client,
    get: async (key, options) => {
      const name = key.replace(/user:[^:]+:/, 'user:');
      const flight = flights.get(name) ?? client.get(key, options);
      flights.set(name, flight);
      try {
        return await flight;
      } finally {
        flights.delete(name);
      }
    },
  };
}
