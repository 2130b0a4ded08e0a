import type { WireRule } from '../model/fault.ts';
import { pass, type Rule } from './rule.ts';
import { selection } from './selection.ts';

/**
 * Forwards the header and the first `elements` elements of a matching reply that is an array, and ends the connection. A map
 * counts keys and values. In memcached's text protocol the values of a get count. A reply that has no more elements than that passes,
 * and so does one that is no array.
 */
export function cutInArray(rule: Extract<WireRule, { type: 'cut-in-array' }>): Rule {
  const isSelected = selection(rule.selector);
  const { elements: afterElements, how } = rule;
  return {
    onReply: (reply) => (isSelected(reply) ? { type: 'cut-in-array', afterElements, how } : pass),
  };
}
