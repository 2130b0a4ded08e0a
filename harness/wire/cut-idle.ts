import type { WireRule } from '../model/fault.ts';
import type { Rule } from './rule.ts';

/**
 * Ends connections on which nothing is outstanding: those that are there when it is installed, and those that get their
 * last outstanding reply while it is. A new connection is left alone until it has had an answer.
 */
export function cutIdle(rule: Extract<WireRule, { type: 'cut-idle' }>): Rule {
  return { onIdle: rule.how };
}
