import { serviceFaults, wireFaults } from '../faults/fault-entries.ts';

/** Every kind of fault that a plan can hold, as `crosswire list faults` prints it. */
export const faultKinds: readonly (readonly [string, string])[] = [
  ...Object.entries(serviceFaults),
  ...Object.entries(wireFaults),
].map(([kind, { says }]): [string, string] => [kind, says]);
