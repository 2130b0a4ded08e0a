import type { CheckedFinding, CheckName, Outcome, Verdict } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { blastRadiusOf } from './blast-radius.ts';
import { checkerNamed } from './checks.ts';
import { findingsOf } from './scan.ts';
import { auditIn, selfAudit } from './self-audit.ts';
import { wholeRecord } from './whole-record.ts';

/**
 * Judges a record: the same record always gets the same verdict. Worst wins. A record that is not complete is inconclusive at
 * best, with the reason as a finding; a violation already seen in it stays a violation.
 *
 * @param checkNames the plan's own checks when absent
 * @throws RangeError for a check that does not exist, RecordError for a record that cannot be read
 */
export function judge(
  record: RecordReader,
  checkNames: readonly CheckName[] = record.plan().checks,
): Verdict {
  const asked = [...new Set(checkNames)].map(checkerNamed);
  const hadAudit = auditIn(record.run().environment) !== undefined;
  const checkers = new Set([...asked, ...(hadAudit ? [selfAudit] : []), wholeRecord]);
  const findings: readonly CheckedFinding[] = findingsOf(record, [...checkers])
    // That a record is whole is worth a line only when it is not, or when somebody asked.
    .filter(
      ({ check, outcome }) =>
        check !== 'whole-record' || outcome !== 'pass' || asked.includes(wholeRecord),
    );
  return { outcome: worstOf(findings), findings, blastRadius: blastRadiusOf(record) };
}

function worstOf(findings: readonly CheckedFinding[]): Outcome {
  const outcomes = findings.map((finding) => finding.outcome);
  if (outcomes.includes('fail')) return 'fail';
  return outcomes.length === 0 || outcomes.includes('inconclusive') ? 'inconclusive' : 'pass';
}
