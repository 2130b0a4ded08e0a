import type { CacheClient } from '../../harness/model/target.ts';
import { clientPool, pooled } from './client-pool.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

const connections = 4;
const bufferBytes = 48 * 1024;

/**
 * 1. Replies of all connections are put into one buffer, and callers are handed views of it.  2. A page waits for its last picture.
 * 3. Meanwhile replies of another connection come around and overwrite its first.
 */
const sharedBufferReused: Control = defineControl({
  name: 'shared-buffer-reused',
  bug: 'values are handed out as views of one receive buffer that all connections share, and are overwritten while they are waited for',
  caughtBy: ['intact'],
  hop: 'client-library',
  trigger: {
    says: 'load on a slow cache: pictures trickle in on several connections at once',
    rules: [
      {
        type: 'slow-replies',
        bytesPerSecond: 400_000,
        selector: { commands: ['GET'], keyPrefix: 'thumb:' },
        timesMax: 300,
      },
    ],
  },
  open: async (options) => {
    const ring = sharedRing();
    const open = async () => intoRing(await openRespClient(options), ring);
    return pooled(clientPool(await Promise.all(Array.from({ length: connections }, open))));
  },
});
export default sharedBufferReused;

type Ring = (value: Uint8Array) => Uint8Array;

function sharedRing(): Ring {
  const buffer = Buffer.alloc(bufferBytes);
  let offset = 0;
  return (value) => {
    if (value.byteLength > bufferBytes) return value;
    if (offset + value.byteLength > bufferBytes) offset = 0;
    const start = offset;
    offset += value.byteLength;
    buffer.set(value, start);
    return buffer.subarray(start, offset);
  };
}

/** What is not yet handed on stays in the ring while further replies come. */
function intoRing(client: CacheClient, ring: Ring): CacheClient {
  const get: CacheClient['get'] = async (key, options) => {
    const value = await client.get(key, options);
    return value === undefined ? undefined : ring(value);
  };
  return {
    ...client,
    get,
    getMany: async (keys, options) => Promise.all(keys.map(async (key) => get(key, options))),
  };
}
