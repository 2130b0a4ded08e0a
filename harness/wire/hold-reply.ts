import type { WireRule } from '../model/fault.ts';
import { pass, type Rule, type RuleSurroundings } from './rule.ts';
import { selection } from './selection.ts';

/**
 * Delivers a matching reply `forMs` milliseconds after it came, and those behind it no earlier. Longer than the client's
 * timeout is fine: it is delivered all the same, if the client is still there. Leaving delivers all at once.
 */
export function holdReply(
  rule: Extract<WireRule, { type: 'hold-reply' }>,
  { clock, budget }: Pick<RuleSurroundings, 'clock' | 'budget'>,
): Rule {
  const isSelected = selection(rule.selector);
  return {
    onReply: (reply) =>
      isSelected(reply) && budget.take()
        ? { type: 'hold', untilNs: clock.nowNs() + rule.forMs * 1e6 }
        : pass,
  };
}
