import type { WireRule } from '../model/fault.ts';
import { bytesOfText, wordsOfNoRoom } from './error-replies.ts';
import type { Rule, RuleSurroundings } from './rule.ts';

/** Accepts new connections and ends them at once; with `max-clients` it says first what a server says that has no room for another. */
export function closeNewConnections(
  { how, says }: Extract<WireRule, { type: 'close-new-connections' }>,
  { protocol }: Pick<RuleSurroundings, 'protocol'>,
): Rule {
  const words = says === 'nothing' ? bytesOfText('') : wordsOfNoRoom(protocol);
  return { onArrival: { type: 'close', how, words } };
}
