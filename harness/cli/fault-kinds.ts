import { wireFaults } from '../faults/wire-faults.ts';
import type { Fault } from '../model/fault.ts';

/** What befalls services. A kind without a line here does not compile. */
const services: Readonly<Record<Exclude<Fault['kind'], 'wire'>, string>> = {
  kill: 'SIGKILL of the cache; it comes back empty on the same port',
};

/** Every kind of fault that a plan can hold, as `crosswire list faults` prints it. */
export const faultKinds: readonly (readonly [string, string])[] = [
  ...Object.entries(services),
  ...Object.entries(wireFaults).map(([kind, { says }]): [string, string] => [kind, says]),
];
