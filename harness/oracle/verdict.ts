import type { CheckedFinding, CheckName, Outcome, Verdict } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { blastRadiusOf } from './blast-radius.ts';
import { checkerNamed, isCheck } from './checks.ts';
import { findingsOf } from './scan.ts';
import { auditIn, selfAudit } from './self-audit.ts';
import { unlessStarved } from './starved.ts';
import { deathIn, staysUp } from './stays-up.ts';
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
  const planned = record.plan().checks;
  const names = [...new Set(checkNames)];
  // A plan may name a check that a newer crosswire has; whoever asks for one by name is told by an error.
  const strange = checkNames === planned ? names.filter((name) => !isCheck(name)) : [];
  const asked = names.filter((name) => !strange.includes(name)).map(checkerNamed);
  const hadAudit = auditIn(record.run().environment) !== undefined;
  const hasDied = deathIn(record.run().environment) !== undefined;
  const added = [...(hadAudit ? [selfAudit] : []), ...(hasDied ? [staysUp] : []), wholeRecord];
  const checkers = new Set([...asked, ...added]);
  const judged = findingsOf(record, [...checkers])
    // That a record is whole is worth a line only when it is not, or when somebody asked.
    .filter(
      ({ check, outcome }) =>
        check !== 'whole-record' || outcome !== 'pass' || asked.includes(wholeRecord),
    );
  const fair = judged.map(unlessStarved(record));
  const findings: readonly CheckedFinding[] = [...fair, ...strange.map(unknownCheck)];
  return { outcome: worstOf(findings), findings, blastRadius: blastRadiusOf(record) };
}

function unknownCheck(check: CheckName): CheckedFinding {
  const reason =
    'this crosswire has no such check: use the one that made the record, or a newer one';
  return { check, outcome: 'inconclusive', reason };
}

function worstOf(findings: readonly CheckedFinding[]): Outcome {
  const outcomes = findings.map((finding) => finding.outcome);
  if (outcomes.includes('fail')) return 'fail';
  return outcomes.length === 0 || outcomes.includes('inconclusive') ? 'inconclusive' : 'pass';
}
