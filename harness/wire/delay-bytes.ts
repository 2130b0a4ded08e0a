import type { WireRule } from '../model/fault.ts';
import { pass, type Rule, type RuleSurroundings } from './rule.ts';
import { selection } from './selection.ts';

/**
 * Delivers each read of a matching reply `delayMs` milliseconds after it came, give or take up to `jitterMs` by lot, and what is behind it no
 * earlier. Leaving delivers all at once.
 */
export function delayBytes(
  { selector, delayMs, jitterMs }: Extract<WireRule, { type: 'delay-bytes' }>,
  { clock, rng, budget }: Pick<RuleSurroundings, 'clock' | 'rng' | 'budget'>,
): Rule {
  const isSelected = selection(selector);
  const untilNs = (): number => {
    const jitter = (2 * rng.unit() - 1) * jitterMs;
    return clock.nowNs() + Math.max(0, delayMs + jitter) * 1e6;
  };
  return {
    onReply: (reply) => (isSelected(reply) && budget.take() ? { type: 'delay', untilNs } : pass),
  };
}
