import { wireFaults } from '../faults/wire-faults.ts';
import type { Fault } from '../model/fault.ts';

/** What befalls services. A kind without a line here does not compile. */
const services: Readonly<Record<Exclude<Fault['kind'], 'wire'>, string>> = {
  kill: 'SIGKILL of the cache; it comes back empty, or with its data, behind the same port',
  pause: 'SIGSTOP of the cache, until healed: connections stand, nothing is answered',
  starve: 'the cache runs for a share of each period only, as on a machine that is too busy',
  loading: 'the cache dies and comes back at once, answering LOADING until healed',
  'limit-memory': 'maxmemory falls below what the cache holds, with an eviction policy',
  'limit-connections': 'maxclients falls and every connection is ended; who comes late is refused',
  failover: 'SIGKILL of the primary; Sentinel promotes its replica',
};

/** Every kind of fault that a plan can hold, as `crosswire list faults` prints it. */
export const faultKinds: readonly (readonly [string, string])[] = [
  ...Object.entries(services),
  ...Object.entries(wireFaults).map(([kind, { says }]): [string, string] => [kind, says]),
];
