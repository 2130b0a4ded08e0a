import type { WireRule } from '../model/fault.ts';
import { pass, type Rule, type RuleSurroundings } from './rule.ts';

/**
 * Delivers the first `replies` replies of each connection that was opened after the installation `forMs` milliseconds after
 * they came. That is what a library says and asks when it connects; the replies behind them pass as soon as those are through.
 */
export function stallHandshake(
  rule: Extract<WireRule, { type: 'stall-handshake' }>,
  { clock, budget, acceptedBefore }: RuleSurroundings,
): Rule {
  return {
    onReply: ({ connection, position }) => {
      const isHandshake = connection > acceptedBefore && position <= rule.replies;
      if (!isHandshake || !budget.take()) return pass;
      return { type: 'hold', untilNs: clock.nowNs() + rule.forMs * 1e6 };
    },
  };
}
