import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

const gatherMs = 5;

/**
 * 1. Gets of many requests are gathered for a moment and asked as one.  2. The keys are sorted on the way, as a set of keys is.
 * 3. The values come in the order of the sorted keys, and are handed out in the order of the callers.
 */
const batchLoaderWrongOrder: Control = defineControl({
  name: 'batch-loader-wrong-order',
  bug: 'gets of one moment are asked as one batch with sorted keys, and its values are handed out in the order in which the gets came',
  caughtBy: ['mapping', 'own-data-only'],
  hop: 'coalescer',
  trigger: { says: 'load: several gets within 5 ms' },
  open: async (options) => batched(await openRespClient(options)),
});
export default batchLoaderWrongOrder;

interface Asked {
  readonly key: string;
  readonly value: PromiseWithResolvers<Uint8Array | undefined>;
}

function batched(client: CacheClient): CacheClient {
  const batches = new Map<string, Asked[]>();
  const ask = async (batch: readonly Asked[]): Promise<void> => {
    try {
      const values = await client.getMany(batch.map(({ key }) => key).toSorted());
      for (const [index, { value }] of batch.entries()) value.resolve(values[index]);
    } catch (error) {
      for (const { value } of batch) value.reject(error);
    }
  };
  return {
    ...client,
    get: async (key) => {
      // One loader a kind of thing, as loaders are made.
      const [kind = ''] = key.split(':');
      const value: Asked['value'] = Promise.withResolvers();
      const batch = batches.get(kind);
      if (batch !== undefined) {
        batch.push({ key, value });
        return value.promise;
      }
      const opened = [{ key, value }];
      batches.set(kind, opened);
      setTimeout(() => {
        batches.delete(kind);
        void ask(opened);
      }, gatherMs);
      return value.promise;
    },
  };
}
