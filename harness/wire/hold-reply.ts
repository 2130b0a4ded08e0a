import type { WireRule } from '../model/fault.ts';
import type { Clock } from '../model/world.ts';
import { type Budget, matches, pass, type Rule } from './rule.ts';

/** Delivers a matching reply `forMs` milliseconds after it came, and those behind it no earlier. Leaving delivers all at once. */
export function holdReply(
  rule: Extract<WireRule, { type: 'hold-reply' }>,
  { clock, budget }: { readonly clock: Clock; readonly budget: Budget },
): Rule {
  return {
    onReply: (reply) =>
      matches(rule.selector, reply) && budget.take()
        ? { type: 'hold', untilNs: clock.nowNs() + rule.forMs * 1e6 }
        : pass,
  };
}
