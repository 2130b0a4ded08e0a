import { CommandFramer, type CommandLimits, commandLimits } from './command-framer.ts';
import type { Protocol } from './framing.ts';
import { ReplyFramer, type ReplyLimits, replyLimits } from './reply-framer.ts';
import { RespMode } from './resp-mode.ts';

export type RespLimits = CommandLimits & ReplyLimits;

/** Sizes that no sensible stream meets; one that does is passed on unread. */
const respLimits: RespLimits = { ...commandLimits, ...replyLimits };

/**
 * RESP2 and RESP3, both directions. The version needs no switch: their type bytes do not overlap.
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/ and github.com/redis/redis-specifications (RESP3.md).
 */
export function resp(limits: Partial<RespLimits> = {}): Protocol {
  const chosen: RespLimits = { ...respLimits, ...limits };
  return {
    name: 'RESP',
    converse: () => {
      const mode = new RespMode(chosen.keyBytesMax);
      return {
        commands: new CommandFramer(chosen, mode),
        replies: new ReplyFramer(chosen, mode),
      };
    },
  };
}
