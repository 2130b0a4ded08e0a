import { existsSync } from 'node:fs';
import path from 'node:path';
import { environmentOf } from '../../reports/environment.ts';
import type { EvaluatedRun, JudgedRun, RunKey } from '../../reports/scorecard.ts';
import { scorecardRules } from '../../reports/scorecard-rules.ts';
import { measuresOf } from './evaluate-measures.ts';
import type { ChildEnd } from './evaluate-run.ts';
import { exitCodes } from './exit-code.ts';
import { withRecord } from './judgement.ts';

export interface EndedRun {
  readonly end: ChildEnd;
  /** Of the evaluation. */
  readonly folder: string;
  /** Its own folder, from there. */
  readonly name: string;
  readonly alone: boolean;
}

/** What an evaluation keeps of a run that ended. A target that cannot run is skipped; a run that came to no verdict for another reason is broken. */
export function runOf(key: RunKey, { end, folder, name, alone }: EndedRun): EvaluatedRun {
  const { code, result, lastWords } = end;
  if (result === null) {
    const ended = code === exitCodes.usage ? 'skipped' : 'broken';
    const how = code === null ? 'it was killed' : `it ended with ${code}`;
    return { ...key, ended, reason: lastWords === '' ? how : lastWords };
  }
  const page = path.join(name, 'report.html');
  return withRecord(result.record, (record): EvaluatedRun => {
    const { environment, startedAt } = record.run();
    return {
      ...key,
      ended: 'judged',
      version: result.target.version,
      cache: result.cache,
      verdict: result.verdict,
      findings: result.findings,
      attribution: result.attribution,
      measures: measuresOf(record),
      replay: environmentOf(environment).replay ?? '',
      record: path.join(name, 'record.sqlite'),
      page: existsSync(path.join(folder, page)) ? page : null,
      startedAt,
      alone,
    };
  });
}

/**
 * Whether it stands as it is. What did not pass may be the fault of what ran beside it, and is run again alone, but for a leak: that is one
 * whatever the machine did.
 */
export function isFinished(run: EvaluatedRun | undefined): boolean {
  if (run === undefined) return false;
  if (run.ended !== 'judged') return run.ended === 'skipped';
  return run.alone || run.verdict === 'pass' || isUnsafe(run);
}

/** Whether it failed a check of safety. */
function isUnsafe({ findings }: JudgedRun): boolean {
  return findings.some(
    ({ check, outcome }) => outcome === 'fail' && scorecardRules.safetyChecks.includes(check),
  );
}

/** How it ended, in a few words. */
export function runWords(run: EvaluatedRun): string {
  if (run.ended !== 'judged') return `${run.ended}: ${run.reason}`;
  const open = run.findings.filter(({ outcome }) => outcome === run.verdict);
  return run.verdict === 'pass'
    ? 'pass'
    : `${run.verdict} (${open.map(({ check }) => check).join(', ')})`;
}
