import type { WireRule } from '../model/fault.ts';
import { type Pace, pass, type Rule, type RuleSurroundings } from './rule.ts';
import { selection } from './selection.ts';

const piecesPerSecond = 20;

/** Delivers a matching reply at `bytesPerSecond`, a twentieth of a second's worth at a time, and those behind it afterwards. */
export function slowReplies(
  rule: Extract<WireRule, { type: 'slow-replies' }>,
  { budget }: Pick<RuleSurroundings, 'budget'>,
): Rule {
  const isSelected = selection(rule.selector);
  const pieceBytes = Math.max(1, Math.ceil(rule.bytesPerSecond / piecesPerSecond));
  const pace: Pace = {
    pieceEnd: (from) => (Math.floor(from / pieceBytes) + 1) * pieceBytes,
    gapNs: (_from, bytes) => (bytes / rule.bytesPerSecond) * 1e9,
  };
  return {
    onReply: (reply) => (isSelected(reply) && budget.take() ? { type: 'pace', pace } : pass),
  };
}
