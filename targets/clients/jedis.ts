import type { Target } from '../../harness/model/target.ts';
import { stdioTarget } from './stdio-target.ts';

/** Jedis of Java: its pooled client, a thread a call. */
const jedis: Target = stdioTarget({
  name: 'jedis',
  package: 'redis.clients:jedis',
  version: '8.0.2',
  program: { language: 'java', folder: 'jedis' },
  lacks: [
    {
      ability: 'abort-signal',
      because: 'a call of Jedis blocks its thread until the socket answers or times out',
    },
    { ability: 'deadline', because: 'its timeout is that of a connection, not of one call' },
  ],
});
export default jedis;
