import type { Target } from '../../harness/model/target.ts';
import { stdioTarget } from './stdio-target.ts';

/** redis-rs of Rust: its connection manager, one multiplexed connection; a call that is given up drops the future that waits for it. */
const redisRs: Target = stdioTarget({
  name: 'redis-rs',
  package: 'redis',
  version: '1.8.1',
  program: { language: 'rust', folder: 'redis-rs' },
});
export default redisRs;
