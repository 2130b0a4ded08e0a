import type { WireRule } from '../model/fault.ts';
import { matches, pass, type ReplyPosition, type Rule } from './rule.ts';

/**
 * Forwards `reply` replies of a run and ends the connection; with 0 it ends before the first. A run is what a pipeline leaves
 * on the wire: commands side by side in one burst, all of them matching the selector. A shorter run is left alone.
 *
 * Other callers' commands often share a burst with a pipeline, which is why places are not counted from the burst's start.
 */
export function cutAfterReply(rule: Extract<WireRule, { type: 'cut-after-reply' }>): Rule {
  const place = Math.max(rule.reply, 1);
  const afterBytes = rule.reply === 0 ? 0 : Infinity;
  const runs = new Map<number, Run>();
  return {
    watch: (reply) => {
      if (matches(rule.selector, reply))
        runs.set(reply.connection, grown(runs.get(reply.connection), reply));
    },
    onReply: ({ connection, position }) => {
      const run = runs.get(connection);
      const isEnd = run?.position === position && run.length === place;
      return isEnd ? { type: 'cut', afterBytes, how: rule.how } : pass;
    },
  };
}

/** The run that the last matching reply of a connection belongs to. */
interface Run {
  readonly burst: number;
  readonly position: number;
  readonly length: number;
}

function grown(run: Run | undefined, { burst, position }: ReplyPosition): Run {
  const isNext = run?.burst === burst && run.position === position - 1;
  return { burst, position, length: isNext ? run.length + 1 : 1 };
}
