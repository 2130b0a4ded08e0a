import type { Target } from '../../harness/model/target.ts';
import { stdioTarget } from './stdio-target.ts';

/** Lettuce of Java: one shared connection, its asynchronous calls; a call that is given up cancels its future. */
const lettuce: Target = stdioTarget({
  name: 'lettuce',
  package: 'io.lettuce:lettuce-core',
  version: '7.7.0.RELEASE',
  program: { language: 'java', folder: 'lettuce' },
});
export default lettuce;
