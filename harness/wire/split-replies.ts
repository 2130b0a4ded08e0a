import type { WireRule } from '../model/fault.ts';
import { type Pace, pass, type Rule, type RuleSurroundings } from './rule.ts';
import { selection } from './selection.ts';

/**
 * Writes a matching reply in pieces that end at the given offsets within it. The next piece is written at least `gapMs` after the one
 * before, so that the client reads them one by one; with 0 they are separate writes that the client's system may join again.
 */
export function splitReplies(
  rule: Extract<WireRule, { type: 'split-replies' }>,
  { budget }: Pick<RuleSurroundings, 'budget'>,
): Rule {
  const isSelected = selection(rule.selector);
  const offsets = rule.offsets.toSorted((a, b) => a - b);
  const starts = new Set(offsets);
  const pace: Pace = {
    pieceEnd: (from) => offsets.find((offset) => offset > from) ?? Infinity,
    gapNs: (from) => (from > 0 && starts.has(from) ? rule.gapMs * 1e6 : 0),
  };
  return {
    onReply: (reply) => (isSelected(reply) && budget.take() ? { type: 'pace', pace } : pass),
  };
}
