import type { WireRule } from '../model/fault.ts';
import { pass, type Rule } from './rule.ts';
import { Runs } from './runs.ts';

/** Forwards `reply` replies of a run and ends the connection; with 0 it ends before the first. A shorter run is left alone. */
export function cutAfterReply(rule: Extract<WireRule, { type: 'cut-after-reply' }>): Rule {
  const runs = new Runs(rule.selector, Math.max(rule.reply, 1));
  const afterBytes = rule.reply === 0 ? 0 : Infinity;
  return {
    watch: (reply) => runs.watch(reply),
    onReply: (reply) => (runs.isAtPlace(reply) ? { type: 'cut', afterBytes, how: rule.how } : pass),
    forget: (connection) => runs.forget(connection),
  };
}
