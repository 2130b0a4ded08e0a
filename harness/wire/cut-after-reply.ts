import type { WireRule } from '../model/fault.ts';
import { matches, pass, type Rule } from './rule.ts';

/**
 * Forwards `reply` replies of a burst and ends the connection; with 0 it ends before the first. The reply at the cut (the last
 * one forwarded, or the first when none is) must match the selector. A burst with fewer replies is left alone.
 */
export function cutAfterReply(rule: Extract<WireRule, { type: 'cut-after-reply' }>): Rule {
  const place = Math.max(rule.reply, 1);
  const afterBytes = rule.reply === 0 ? 0 : Infinity;
  return {
    onReply: (reply) =>
      reply.burstPlace === place && matches(rule.selector, reply)
        ? { type: 'cut', afterBytes, how: rule.how }
        : pass,
  };
}
