import type { WireRule } from '../model/fault.ts';
import type { Rule } from './rule.ts';

/**
 * Reads nothing from the clients of these connections, established and new ones, or of all: their system's buffers fill and their writes
 * wait. Replies go on. Leaving reads on, and nothing is lost. A connection counts as a bite once.
 */
export function stopReading(rule: Extract<WireRule, { type: 'stop-reading' }>): Rule {
  return {
    stopsReading: (connection) => rule.connections?.includes(connection) ?? true,
  };
}
