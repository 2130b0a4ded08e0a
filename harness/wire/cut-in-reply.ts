import type { WireRule } from '../model/fault.ts';
import { pass, type Rule } from './rule.ts';
import { selection } from './selection.ts';

/** Forwards `byte` bytes of a matching reply and ends the connection. A reply that is no longer than that passes. */
export function cutInReply(rule: Extract<WireRule, { type: 'cut-in-reply' }>): Rule {
  const isSelected = selection(rule.selector);
  return {
    onReply: (reply) =>
      isSelected(reply) ? { type: 'cut', afterBytes: rule.byte, how: rule.how } : pass,
  };
}
