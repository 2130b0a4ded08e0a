import type { WireRule } from '../model/fault.ts';
import { pass, type Rule, type RuleSurroundings } from './rule.ts';
import { selection } from './selection.ts';

/** Ends the connection with an RST `afterMs` milliseconds after a matching reply has begun to come; nothing of that reply is forwarded. */
export function resetOnBytes(
  { selector, afterMs }: Extract<WireRule, { type: 'reset-on-bytes' }>,
  { clock }: Pick<RuleSurroundings, 'clock'>,
): Rule {
  const isSelected = selection(selector);
  return {
    onReply: (reply) => {
      if (!isSelected(reply)) return pass;
      return { type: 'cut', afterBytes: 0, how: 'rst', untilNs: clock.nowNs() + afterMs * 1e6 };
    },
  };
}
