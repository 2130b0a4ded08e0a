import type { Target } from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { autopipelining, clusterVariant, openSingle } from './ioredis-family.ts';

/** iovalkey, a fork of ioredis 5, used as its README says: one connection, its defaults, `pipeline()` for a page of keys. `cluster` is its Cluster. */
const iovalkey: Target = defineTarget({
  name: 'iovalkey',
  package: 'iovalkey',
  version: '0.4.0',
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of iovalkey takes an AbortSignal' },
    {
      ability: 'deadline',
      because: 'commandTimeout holds for a whole client, not for one call',
    },
    {
      ability: 'get-or-load',
      because: 'iovalkey speaks the protocol only; it has no read-through',
    },
  ],
  options: { autopipelining },
  variants: { cluster: clusterVariant },
  open: openSingle,
});
export default iovalkey;
