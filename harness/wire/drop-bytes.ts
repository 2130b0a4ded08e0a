import type { WireRule } from '../model/fault.ts';
import type { Rule } from './rule.ts';

/**
 * Forwards nothing more to the clients of these connections, not even that the server has ended, as when a network loses everything.
 * With a gap in its stream no such connection can live on: it ends (FIN) after `closeAfterMs` without a byte, and when the rule is left.
 */
export function dropBytes({
  connections,
  closeAfterMs,
}: Extract<WireRule, { type: 'drop-bytes' }>): Rule {
  const closeAfterNs = closeAfterMs === null ? null : closeAfterMs * 1e6;
  return {
    silences: (connection) =>
      (connections?.includes(connection) ?? true) ? { closeAfterNs } : null,
  };
}
