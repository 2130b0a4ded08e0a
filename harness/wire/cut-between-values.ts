import type { WireRule } from '../model/fault.ts';
import { pass, type Rule } from './rule.ts';
import { Runs } from './runs.ts';

/**
 * Forwards `values` values and ends the connection, however the client asks for many at once: in a run of single replies it counts
 * replies, in a reply that is a list (an array, memcached's values of one get) it counts elements. What has no more values than that
 * is left alone.
 */
export function cutBetweenValues(rule: Extract<WireRule, { type: 'cut-between-values' }>): Rule {
  const { values, how, selector } = rule;
  const starts = new Runs(selector, 1);
  const places = new Runs(selector, values);
  return {
    watch: (reply) => {
      starts.watch(reply);
      places.watch(reply);
    },
    onReply: (reply) => {
      // Whether the first of a run is a list shows when it comes; one that is none passes.
      if (values > 1 && starts.isAtPlace(reply))
        return { type: 'cut-in-array', afterElements: values, how };
      return places.isAtPlace(reply) ? { type: 'cut', afterBytes: Infinity, how } : pass;
    },
    forget: (connection) => {
      starts.forget(connection);
      places.forget(connection);
    },
  };
}
