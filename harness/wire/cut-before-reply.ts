import type { WireRule } from '../model/fault.ts';
import { pass, type Rule } from './rule.ts';
import { Runs } from './runs.ts';

/** Ends the connection when the server has given reply `reply` of a run, of which the client gets nothing. A shorter run is left alone. */
export function cutBeforeReply(rule: Extract<WireRule, { type: 'cut-before-reply' }>): Rule {
  const runs = new Runs(rule.selector, Math.max(rule.reply, 1));
  return {
    watch: (reply) => runs.watch(reply),
    onReply: (reply) =>
      runs.isAtPlace(reply) ? { type: 'cut', afterBytes: 0, how: rule.how } : pass,
    forget: (connection) => runs.forget(connection),
  };
}
