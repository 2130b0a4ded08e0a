import type { WireRule } from '../model/fault.ts';
import { matches, pass, type Rule } from './rule.ts';

/** Forwards `byte` bytes of a matching reply and ends the connection. A reply that is no longer than that passes. */
export function cutInReply(rule: Extract<WireRule, { type: 'cut-in-reply' }>): Rule {
  return {
    onReply: (reply) =>
      matches(rule.selector, reply) ? { type: 'cut', afterBytes: rule.byte, how: rule.how } : pass,
  };
}
