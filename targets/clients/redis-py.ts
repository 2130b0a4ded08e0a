import type { Target } from '../../harness/model/target.ts';
import { stdioTarget } from './stdio-target.ts';

/** redis-py of Python: its asyncio client over its blocking pool; a call that is given up cancels the task that makes it. */
const redisPy: Target = stdioTarget({
  name: 'redis-py',
  package: 'redis',
  version: '8.1.0',
  program: { language: 'python', folder: 'redis-py' },
});
export default redisPy;
