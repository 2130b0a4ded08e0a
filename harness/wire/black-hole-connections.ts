import type { Rule } from './rule.ts';

/**
 * New connections are accepted by the system and get nothing: no reply, no end. Leaving serves those that still wait, as a server
 * does that was stopped and goes on.
 */
export function blackHoleConnections(): Rule {
  return { onArrival: { type: 'wait' } };
}
