import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EvaluatedRun, RunKey, ScorecardAudit } from '../../reports/scorecard.ts';
import { UsageError } from './usage-error.ts';

/** What an evaluation keeps in its folder, so that it can go on after an interrupt. */
export interface EvaluationState {
  readonly format: 1;
  /** What all of its runs have in common; another evaluation needs another folder. */
  readonly settings: EvaluationSettings;
  /** Null when there was none yet. */
  readonly selfAudit: ScorecardAudit | null;
  readonly runs: readonly EvaluatedRun[];
}

export interface EvaluationSettings {
  readonly crosswire: string;
  readonly seed: number;
  readonly sizes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly cache: string | null;
}

/** The state in a folder; undefined when it holds none. Throws UsageError for one that is not ours or of other settings. */
export function readState(
  folder: string,
  settings: Omit<EvaluationSettings, 'seed'> & { readonly seed: number | undefined },
): EvaluationState | undefined {
  const file = fileIn(folder);
  if (!existsSync(file)) return undefined;
  const state = parsed(file);
  for (const name of ['crosswire', 'seed', 'cache'] as const) {
    const [before, now] = [state.settings[name], settings[name]];
    if (now !== undefined && before !== now)
      throw new UsageError(
        `--out ${folder} holds an evaluation with ${name} ${String(before)}, not ${String(now)}: name another folder`,
      );
  }
  for (const [scenario, size] of Object.entries(settings.sizes)) {
    const before = state.settings.sizes[scenario];
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(size))
      throw new UsageError(
        `--out ${folder} holds an evaluation with another size of ${scenario}: name another folder`,
      );
  }
  return {
    ...state,
    settings: { ...state.settings, sizes: { ...state.settings.sizes, ...settings.sizes } },
  };
}

/** Whole or not at all: what is cut off in the middle of writing leaves the state before. */
export function writeState(folder: string, state: EvaluationState): void {
  const file = fileIn(folder);
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/** The state with this run in the place of an earlier one of the same target, scenario and seed. */
export function withRun(state: EvaluationState, run: EvaluatedRun): EvaluationState {
  const others = state.runs.filter((each) => keyOf(each) !== keyOf(run));
  return { ...state, runs: [...others, run] };
}

export function keyOf({ target, scenario, seed }: RunKey): string {
  return JSON.stringify([target, scenario, seed]);
}

function fileIn(folder: string): string {
  return path.join(folder, 'evaluation.json');
}

function parsed(file: string): EvaluationState {
  let state: unknown;
  try {
    state = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    state = undefined;
  }
  if (isState(state)) return state;
  throw new UsageError(
    `${file} is not the state of an evaluation that this crosswire understands: move it away, or name another folder`,
  );
}

function isState(state: unknown): state is EvaluationState {
  if (typeof state !== 'object' || state === null) return false;
  const { format, settings, runs } = state as Partial<EvaluationState>;
  return format === 1 && typeof settings?.sizes === 'object' && Array.isArray(runs);
}
