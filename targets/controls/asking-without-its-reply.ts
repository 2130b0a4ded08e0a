import type { Target } from '../../harness/model/target.ts';
import { defineTarget } from '../clients/define-target.ts';
import { openClusterClient } from './cluster-client.ts';

/**
 * A client of a cluster that says ASKING before a command that was sent on, and does not count the reply to it. From then on every reply
 * on that connection goes to the one who asked next. `crosswire run reshard` must show it, with this file as `--target`.
 */
const askingWithoutItsReply: Target = defineTarget({
  name: 'asking-without-its-reply',
  package: 'ioredis',
  protocol: 'resp',
  topology: 'cluster',
  lacks: [
    { ability: 'abort-signal', because: 'it shows one bug and has nothing beyond it' },
    { ability: 'deadline', because: 'it shows one bug and has nothing beyond it' },
    { ability: 'get-or-load', because: 'it shows one bug and has nothing beyond it' },
  ],
  open: async (options) => openClusterClient(options, { forgetsReplyOfAsking: true }),
});
export default askingWithoutItsReply;
