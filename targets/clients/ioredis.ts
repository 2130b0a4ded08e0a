import type { Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { autopipelining, clusterVariant, openSingle } from './ioredis-family.ts';

/** ioredis 4, 5 and 6, used as its README says: one connection, its defaults, `pipeline()` for a page of keys. `cluster` is its Redis.Cluster. */
const ioredis: Target = defineTarget({
  name: 'ioredis',
  package: 'ioredis',
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of ioredis takes an AbortSignal' },
    {
      ability: 'deadline',
      because: 'commandTimeout holds for a whole client, not for one call, and 4.16 has none',
    },
    { ability: 'get-or-load', because: 'ioredis speaks the protocol only; it has no read-through' },
  ],
  options: {
    autopipelining,
    // "RESP3 Protocol" in the README; earlier versions have RESP2 only, and do not know the word.
    resp: { says: 'the version of the protocol; since 6.0.0', takes: ['2', '3'] },
  },
  variants: { cluster: clusterVariant },
  open: openSingle,
});
export default ioredis;
