import type { WireRule } from '../model/fault.ts';
import type { Rng } from '../model/world.ts';
import { type Pace, pass, type Rule, type RuleSurroundings } from './rule.ts';
import { selection } from './selection.ts';

type SliceRule = Extract<WireRule, { type: 'slice-bytes' }>;

/** Writes a matching reply in pieces of about `bytes` bytes, drawn one by one, each at least `gapMs` milliseconds after the one before. */
export function sliceBytes(
  rule: SliceRule,
  { rng, budget }: Pick<RuleSurroundings, 'rng' | 'budget'>,
): Rule {
  const { bytes, variationBytes } = rule;
  if (variationBytes >= bytes) {
    throw new RangeError(
      `slice-bytes has variationBytes ${variationBytes}, which must be less than bytes, ${bytes}`,
    );
  }
  const isSelected = selection(rule.selector);
  return {
    onReply: (reply) =>
      isSelected(reply) && budget.take() ? { type: 'pace', pace: paceOf(rule, rng) } : pass,
  };
}

/** Of one reply: where its pieces end is drawn as it goes on. */
function paceOf({ bytes, variationBytes, gapMs }: SliceRule, rng: Rng): Pace {
  let start = 0;
  let end = 0;
  return {
    pieceEnd: (from) => {
      if (from >= end) {
        start = from;
        end = from + rng.integer(bytes - variationBytes, bytes + variationBytes);
      }
      return end;
    },
    gapNs: (from) => (from === start && from > 0 ? gapMs * 1e6 : 0),
  };
}
