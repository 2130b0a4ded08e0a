import type { Finding } from '../model/finding.ts';
import { findingOf, inconclusive, violationList, type WholeChecker } from './checker.ts';

/**
 * An oracle that did not see a known bug a minute ago proves nothing now. The audit is a run of its own with a record of its own;
 * the header of this record says what it saw.
 */
export const selfAudit: WholeChecker = {
  name: 'self-audit',
  says: 'before this run, the oracle saw a bug that is known to be there',
  check: (record): Finding => {
    const audit = auditIn(record.run().environment);
    if (audit === undefined) return inconclusive('no audit came before this run');
    const { target, targetVersion, violations, examined } = audit;
    const known = `${target} ${targetVersion}`;
    return violations > 0
      ? findingOf(
          examined,
          violationList(),
          `seen in ${known}: ${violations} of ${examined} were strangers'`,
        )
      : inconclusive(`the known bug of ${known} was not seen, so nothing here is proved`);
  },
};

interface Audit {
  readonly target: string;
  readonly targetVersion: string;
  readonly violations: number;
  readonly examined: number;
}

/** The audit that a record's environment tells of, or undefined when there was none. */
export function auditIn(environment: string): Audit | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(environment);
  } catch {
    return undefined;
  }
  const audit =
    typeof parsed === 'object' && parsed !== null && 'selfAudit' in parsed
      ? parsed.selfAudit
      : undefined;
  if (typeof audit !== 'object' || audit === null) return undefined;
  const { target, targetVersion, violations, examined } = audit as Readonly<
    Record<string, unknown>
  >;
  const isWhole =
    typeof target === 'string' &&
    typeof targetVersion === 'string' &&
    typeof violations === 'number' &&
    typeof examined === 'number';
  return isWhole ? { target, targetVersion, violations, examined } : undefined;
}
