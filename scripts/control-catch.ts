import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { CheckedFinding, CheckName } from '../harness/model/finding.ts';
import { judge } from '../harness/oracle/verdict.ts';
import { miniRun } from '../harness/processes/mini-run.ts';
import { openRecord } from '../harness/record/reader.ts';
import type { Control } from '../targets/controls/define-control.ts';

/** What a mini-run is asked, whatever is broken in it. */
export const miniRunChecks: readonly CheckName[] = [
  'own-data-only',
  'mapping',
  'settles',
  'served',
  'canary',
  'right-device',
  'fresh',
  'stored',
  'intact',
  'fails-closed',
  'comes-back',
  'on-schedule',
  'origin-load',
];

/** What is wrong whatever the machine does. Those that ask whether somebody was served in time are left out. */
export const safetyChecks: ReadonlySet<CheckName> = new Set([
  'own-data-only',
  'right-device',
  'mapping',
  'intact',
  'fails-closed',
  'fresh',
  'stored',
]);

/** How one control was caught, or that it was not. */
export interface Catch {
  readonly control: Control;
  /** Of the round that is told of. */
  readonly seed: number;
  readonly record: string;
  readonly findings: readonly CheckedFinding[];
  /** The checks that should have failed in this round and did not; none when it was caught. */
  readonly missedBy: readonly CheckName[];
}

export interface CatchOptions {
  /** An existing folder, for the records. */
  readonly folder: string;
  /** Of the first round; each further round takes the next one. */
  readonly seed: number;
  /** Five unless told. */
  readonly roundsMax?: number;
}

/** How slowly each round is run: a machine that has other things to do can keep up with a slow one. */
const slowest = 8;
const paces = [1, 1, 2, 4, slowest] as const;

/** Runs with the control until each of its checks has failed, for some rounds at most; tells of the last one. */
export async function catchControl(
  control: Control,
  { folder, seed, roundsMax = paces.length }: CatchOptions,
): Promise<Catch> {
  for (let round = 0; ; round += 1) {
    const roundSeed = seed + round;
    const roundFolder = path.join(folder, `${control.name}-${roundSeed}`);
    mkdirSync(roundFolder);
    const record = await miniRun({
      target: control,
      library: null,
      version: '',
      trigger: control.trigger,
      ...(control.flaw === undefined ? {} : { flaw: control.flaw }),
      seed: roundSeed,
      pace: paces[round] ?? slowest,
      folder: roundFolder,
      checks: [...new Set([...miniRunChecks, ...control.caughtBy])],
    });
    const findings = findingsOf(record, roundFolder);
    const failed = new Set(
      findings.filter(({ outcome }) => outcome === 'fail').map(({ check }) => check),
    );
    const missedBy = control.caughtBy.filter((check) => !failed.has(check));
    if (missedBy.length === 0 || round === roundsMax - 1)
      return { control, seed: roundSeed, record, findings, missedBy };
  }
}

/** What the oracle says of a record, by the checks of its plan. */
export function findingsOf(record: string, scratchFolder: string): readonly CheckedFinding[] {
  using reader = openRecord(record, { scratchFolder });
  return judge(reader).findings;
}
