import type { CheckedFinding, CheckName, Outcome, Verdict } from '../harness/model/finding.ts';
import { counted, fewerThan, listed, thousands } from './numbers.ts';
import type { RunSummary } from './summary.ts';

/** The exit code that goes with an outcome; section 5.1 of docs/architecture.md. */
export function exitCodeOf(outcome: Outcome): 0 | 1 | 2 {
  switch (outcome) {
    case 'pass':
      return 0;
    case 'fail':
      return 1;
    case 'inconclusive':
      return 2;
    default:
      return outcome satisfies never;
  }
}

/** The run in one sentence, for people, the worst thing first. */
export function headline({ verdict, run }: RunSummary): string {
  const { usersReceived } = verdict.blastRadius;
  if (usersReceived > 0) {
    const people = usersReceived === 1 ? 'person was' : 'people were';
    return `${thousands(usersReceived)} of ${thousands(run.users)} ${people} shown a stranger’s home.`;
  }
  const nobody = nobodyReceived(verdict);
  switch (verdict.outcome) {
    case 'pass':
      return nobody ? 'Nobody was shown a stranger’s home.' : 'Every check holds.';
    case 'fail':
      return nobody
        ? 'Nobody was shown a stranger’s home, but this run does not pass.'
        : 'This run does not pass.';
    case 'inconclusive':
      return 'This run shows nothing either way.';
    default:
      return verdict.outcome satisfies never;
  }
}

/** Whether the record supports that nobody received a stranger's picture: it was looked for, and there was none. */
export function nobodyReceived({ findings, blastRadius }: Verdict): boolean {
  const { usersReceived, usersExposed, videosPlayed } = blastRadius;
  return (
    usersReceived + usersExposed + videosPlayed === 0 &&
    findings.some(({ check, outcome }) => check === 'own-data-only' && outcome === 'pass')
  );
}

/** Why the verdict is what it is, without a full stop: which checks do not hold, could not be judged, or that all hold. */
export function because({ verdict, run }: RunSummary): string {
  if (verdict.outcome === 'fail') {
    const failed = checksWith(verdict.findings, 'fail');
    return `${listed(failed)} ${failed.length === 1 ? 'does' : 'do'} not hold`;
  }
  if (verdict.outcome === 'inconclusive') {
    if (run.state !== 'complete') return `the record is not whole: ${run.reason || run.state}`;
    const open = checksWith(verdict.findings, 'inconclusive');
    return open.length === 0 ? 'nothing was checked' : `${listed(open)} could not be judged`;
  }
  return 'every check holds';
}

/** How much of what was examined was wrong, where that is a share of draws (see `isRate`): `0 in 48,211 reads`. Null for all other findings. */
export function wrongInExamined(finding: CheckedFinding): string | null {
  const names = DRAWS[finding.check];
  if (finding.outcome === 'inconclusive' || names === undefined) return null;
  const wrong = finding.outcome === 'fail' ? finding.count : 0;
  return `${thousands(wrong)} in ${counted(finding.examined, ...names)}`;
}

/**
 * The whole finding in one sentence: for a pass `0 in 48,211 reads: with 95 % confidence fewer than 1 in 16,093` where the examined
 * things are draws from many (see `isRate`), else what the checker says; for a check without a result the reason.
 */
export function findingSentence(finding: CheckedFinding): string {
  switch (finding.outcome) {
    case 'pass':
      return isRate(finding.check)
        ? `${wrongInExamined(finding) ?? ''}: with 95 % confidence ${fewerThan(finding.upperBound95)}`
        : finding.says;
    case 'fail':
      return finding.says;
    case 'inconclusive':
      return finding.reason;
    default:
      return finding satisfies never;
  }
}

/**
 * Whether "none in n" bounds anything. Pictures and answers are draws from many and a pass means that none was wrong; `served` passes
 * with some that failed, and the faults and canaries of a run are all there are, so these are told in their checkers' own words.
 */
export function isRate(check: CheckName): boolean {
  return check in DRAWS;
}

/** Worst first, else in the order judged. */
export function worstFirst(findings: readonly CheckedFinding[]): readonly CheckedFinding[] {
  return findings.toSorted((one, other) => RANK[one.outcome] - RANK[other.outcome]);
}

const RANK: Readonly<Record<Outcome, number>> = { fail: 0, inconclusive: 1, pass: 2 };

const DRAWS: Readonly<Partial<Record<CheckName, readonly [one: string, many: string]>>> = {
  'own-data-only': ['read', 'reads'],
  'right-device': ['read', 'reads'],
  fresh: ['read', 'reads'],
  mapping: ['answer', 'answers'],
  stored: ['value', 'values'],
  intact: ['read', 'reads'],
  'fails-closed': ['answer', 'answers'],
};

function checksWith(findings: readonly CheckedFinding[], outcome: Outcome): readonly string[] {
  return findings.filter((finding) => finding.outcome === outcome).map((finding) => finding.check);
}
