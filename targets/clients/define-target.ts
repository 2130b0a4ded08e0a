import type { Target } from '../../harness/model/target.ts';

/**
 * Says that a value is a target, so that a mistake is underlined where it is made. A target file exports the answer as
 * its default: `export default defineTarget({ ... })`.
 */
export function defineTarget<const T extends Target>(target: T): T {
  return target;
}
