import type { WireRule } from '../model/fault.ts';
import type { Rule } from './rule.ts';

/** The port that the wire listens on. */
export interface Listener {
  /** Resolves when connecting is refused. */
  close(): Promise<void>;
  /** Listens on the same port as before. Rejects when somebody else has taken it. */
  open(): Promise<void>;
}

/**
 * Closes the port and ends every connection; leaving listens on the same port again. What the system refuses is not seen
 * here, so only the connections that were ended count as bites.
 */
export function refuseConnections(rule: Extract<WireRule, { type: 'refuse-connections' }>): Rule {
  return { refuses: { established: rule.how } };
}
