import type { Fault } from '../model/fault.ts';

type FaultKind = Exclude<Fault['kind'], 'wire'> | Extract<Fault, { kind: 'wire' }>['rule']['type'];

/** Every kind of fault that a plan can hold, as `crosswire list faults` prints it. A kind without a line here does not compile. */
const says: Readonly<Record<FaultKind, string>> = {
  kill: 'SIGKILL of the cache; it comes back empty on the same port',
  'cut-after-reply': 'forward k replies of a pipeline, then end the connection (FIN or RST)',
  'cut-in-reply': 'forward b bytes of a reply, then end the connection (FIN or RST)',
  'cut-idle': 'end an established connection on which nothing is outstanding (FIN or RST)',
  'hold-reply': 'deliver a reply, and all after it on that connection, later; order is kept',
  'refuse-connections': 'close the port and cut what is established, until healed',
};

export const faultKinds: readonly (readonly [string, string])[] = Object.entries(says);
