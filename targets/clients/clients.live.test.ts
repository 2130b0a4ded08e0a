import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { describeTarget } from './contract.ts';
import ioredis from './ioredis.ts';
import redis from './redis.ts';

const ioredisUrl = import.meta.resolve('./ioredis.ts');
const redisUrl = import.meta.resolve('./redis.ts');
const world: World = {
  clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

describeTarget({ target: ioredis, targetUrl: ioredisUrl, library: 'ioredis', world });
describeTarget({ target: ioredis, targetUrl: ioredisUrl, library: 'ioredis-4.16.0', world });
describeTarget({ target: redis, targetUrl: redisUrl, library: 'redis', world });

const ioredisNewest = { target: ioredis, targetUrl: ioredisUrl, library: 'ioredis', world };
const redisNewest = { target: redis, targetUrl: redisUrl, library: 'redis', world };
describeTarget({ ...ioredisNewest, words: { variant: 'cluster' } });
describeTarget({
  ...ioredisNewest,
  words: { options: { autopipelining: 'true' } },
  parts: 'values',
});
describeTarget({ ...ioredisNewest, words: { options: { resp: '2' } }, parts: 'values' });
describeTarget({ ...redisNewest, words: { variant: 'cluster' } });
describeTarget({ ...redisNewest, words: { variant: 'pool', options: { resp: '2' } } });
describeTarget({ ...redisNewest, words: { variant: 'caching' } });
