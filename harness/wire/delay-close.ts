import type { WireRule } from '../model/fault.ts';
import type { Rule } from './rule.ts';

/** Tells a client `delayMs` milliseconds late that the server has ended the connection, as it did: by a FIN or an RST. Leaving tells it at once. */
export function delayClose({
  connections,
  delayMs,
}: Extract<WireRule, { type: 'delay-close' }>): Rule {
  return {
    delaysClose: (connection) =>
      (connections?.includes(connection) ?? true) ? delayMs * 1e6 : null,
  };
}
