import type { WireRule } from '../model/fault.ts';
import type { Rule } from './rule.ts';

/** Ends a connection (FIN) behind byte `bytes` of what it has got since the installation, be that within a reply or between two. */
export function limitBytes({
  connections,
  bytes,
}: Extract<WireRule, { type: 'limit-bytes' }>): Rule {
  const got = new Map<number, number>();
  return {
    bytesLeft: (connection) =>
      (connections?.includes(connection) ?? true) ? bytes - (got.get(connection) ?? 0) : null,
    passed: (connection, more) => {
      got.set(connection, (got.get(connection) ?? 0) + more);
    },
    forget: (connection) => {
      got.delete(connection);
    },
  };
}
