import type { WireRule } from '../model/fault.ts';
import { errorReplyOf } from './error-replies.ts';
import type { Rule, RuleSurroundings } from './rule.ts';
import { selection } from './selection.ts';

/**
 * Answers matching commands with an error in the server's place; they are never forwarded. Only commands that a server in that
 * state would refuse: READONLY is for writes, and nothing keeps a client from AUTH. Commands of a transaction are left alone,
 * because one that fails there changes what EXEC gives.
 */
export function errorReply(
  rule: Extract<WireRule, { type: 'error-reply' }>,
  { budget, protocol }: Pick<RuleSurroundings, 'budget' | 'protocol'>,
): Rule {
  const { reply, refuses } = errorReplyOf(rule.error, protocol);
  const isSelected = selection(rule.selector);
  return {
    onCommand: (command) =>
      refuses(command) && isSelected(command) && budget.take() ? reply : null,
  };
}
