import type { Target } from '../../harness/model/target.ts';
import { stdioTarget } from './stdio-target.ts';

/** go-redis 9 of Go, with its own pool; a call that is given up cancels its context. */
const goRedis: Target = stdioTarget({
  name: 'go-redis',
  package: 'github.com/redis/go-redis/v9',
  version: '9.23.0',
  program: { language: 'go', folder: 'go-redis' },
  options: {
    // "ReadTimeout" of its Options: what is waited for one reply, 3 s by default, and never longer than a call may take.
    'read-timeout-ms': {
      says: 'how long a reply is waited for on a connection',
      takes: { min: 1, max: 60_000 },
    },
  },
});
export default goRedis;
