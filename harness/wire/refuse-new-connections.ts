import type { Rule } from './rule.ts';

/**
 * Closes the port and lets established connections live; leaving listens on the same port again. What the system refuses is
 * not seen here, so closing the port counts as the one bite.
 */
export function refuseNewConnections(): Rule {
  return { refuses: { established: null } };
}
