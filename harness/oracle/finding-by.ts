import type { CheckedFinding, CheckName } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { checkerNamed } from './checks.ts';
import { findingsOf } from './scan.ts';

/**
 * What one check says of a record, when only that one is asked.
 *
 * @throws RangeError for a check that does not exist
 */
export function findingBy(name: CheckName, record: RecordReader): CheckedFinding {
  const [finding] = findingsOf(record, [checkerNamed(name)]);
  if (finding === undefined) throw new RangeError(`nothing was found by ${name}`);
  return finding;
}
