import type * as Ioredis from 'ioredis';
import type { Target } from '../../harness/model/target.ts';
import { defineTarget } from '../../targets/clients/define-target.ts';

const myTarget: Target = defineTarget({
  name: 'my-target',
  package: 'ioredis', // where the 1.2.3 of --target ./my-target.ts@1.2.3 is looked up
  protocol: 'resp',
  lacks: [{ ability: 'abort-signal', because: 'no call of ioredis takes one' }],
  async open({ endpoint, library, timeoutMs }) {
    const { Redis } = library as typeof Ioredis;
    const redis = new Redis({ ...endpoint, commandTimeout: timeoutMs });
    redis.on('error', () => undefined);
    return {
      get: async (key) => (await redis.getBuffer(key)) ?? undefined,
      getMany: async (keys) => {
        const pipeline = redis.pipeline();
        for (const key of keys) pipeline.getBuffer(key);
        return ((await pipeline.exec()) ?? []).map(([error, value]) => {
          if (error !== null) throw error;
          return value instanceof Buffer ? value : undefined;
        });
      },
      async set(key, value, ttlMs) {
        await redis.set(key, Buffer.from(value), 'PX', ttlMs);
      },
      delete: async (key) => void (await redis.del(key)),
      [Symbol.asyncDispose]: async (): Promise<void> => redis.disconnect(),
    };
  },
});

export default myTarget;
