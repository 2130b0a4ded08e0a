import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Scorecard } from '../../reports/scorecard.ts';
import { readScorecardJson } from '../../reports/scorecard-json.ts';
import { scenarios } from '../../scenarios/index.ts';
import { programs, targets } from '../../targets/index.ts';
import { cacheChoice } from './cache-choice.ts';
import { evaluationSet, sizesOf } from './evaluate-set.ts';
import { count, quoted, scenarioNamed, writableFolder } from './options.ts';
import { fitTarget } from './target-choice.ts';
import { UsageError } from './usage-error.ts';

/** What commander hands over: words as they were typed. */
export interface EvaluateWords {
  readonly targets?: string;
  readonly scenarios?: string;
  readonly size?: readonly string[];
  readonly cameras?: string;
  readonly users?: string;
  readonly fullSize?: boolean;
  readonly seed?: string;
  readonly repeats?: string;
  readonly lanes?: string;
  readonly budget?: string;
  readonly cache?: string;
  readonly allowHost?: readonly string[];
  readonly out?: string;
  readonly page?: string;
  readonly baseline?: string;
  readonly audit?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface EvaluateOptions {
  readonly targets: readonly string[];
  readonly scenarios: readonly string[];
  readonly sizes: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** As they were typed. */
  readonly typedSizes: readonly string[];
  readonly isFull: boolean;
  /** Undefined when none was named. */
  readonly seed: number | undefined;
  readonly repeats: number;
  readonly lanes: number;
  readonly budgetMs: number | undefined;
  readonly cache: string | undefined;
  readonly allowHosts: readonly string[];
  readonly folder: string;
  readonly page: string | undefined;
  readonly baseline: Scorecard | undefined;
  readonly audit: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Checks what was typed. Rejects with UsageError. */
export async function checkEvaluateWords(words: EvaluateWords): Promise<EvaluateOptions> {
  const named =
    listOf('--targets', words.targets) ??
    Object.keys(targets).filter((name) => !programs.has(name));
  for (const target of named) await fitTarget(target, undefined);
  const chosen = scenariosNamed(words.scenarios);
  const typed = [
    ...(words.cameras === undefined ? [] : [`cameras=${words.cameras}`]),
    ...(words.users === undefined ? [] : [`users=${words.users}`]),
    ...(words.size ?? []),
  ];
  const isFull = words.fullSize ?? false;
  cacheChoice(words.cache, words.allowHost ?? []);
  const stamp = new Date().toISOString().replaceAll(/[:-]/g, '').slice(0, 15);
  return {
    targets: named,
    scenarios: chosen,
    sizes: sizesOf(chosen, { typed, isFull }),
    typedSizes: typed,
    isFull,
    seed:
      words.seed === undefined ? undefined : count('--seed', words.seed, { min: 0, max: seedMax }),
    repeats: count('--repeats', words.repeats ?? '1', { min: 1, max: 1_000 }),
    lanes: count('--lanes', words.lanes ?? String(availableParallelism()), { min: 1, max: 64 }),
    budgetMs: words.budget === undefined ? undefined : durationOf('--budget', words.budget),
    cache: words.cache,
    allowHosts: words.allowHost ?? [],
    baseline: words.baseline === undefined ? undefined : baselineIn(words.baseline),
    page: words.page,
    audit: words.audit ?? true,
    json: words.json ?? false,
    quiet: words.quiet ?? false,
    // Nothing is made on disk for a command that is wrong anyway.
    folder: writableFolder(
      '--out',
      words.out ?? path.join('crosswire-runs', `${stamp}-evaluation`),
    ),
  };
}

/** A seed that nobody chose. */
export function drawnSeed(): number {
  return randomInt(1, 1_000_000);
}

const seedMax = 2 ** 31 - 1_001;

/** `90s`, `10m` or `1h`, in milliseconds. */
function durationOf(option: string, text: string): number {
  const { amount, unit } = /^(?<amount>\d{1,6})(?<unit>[smh])$/.exec(text)?.groups ?? {};
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? ''];
  if (unitMs === undefined || Number(amount) === 0)
    throw new UsageError(`${option} takes a time like 90s, 10m or 1h, got ${quoted(text)}`);
  return Number(amount) * unitMs;
}

function scenariosNamed(text: string | undefined): readonly string[] {
  if (text === 'all') return [...scenarios.keys()];
  const names = listOf('--scenarios', text) ?? evaluationSet;
  return names.map((name) => scenarioNamed(name).name);
}

function listOf(option: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  if (names.includes(''))
    throw new UsageError(`${option} takes names with commas between them, got ${quoted(text)}`);
  return [...new Set(names)];
}

function baselineIn(file: string): Scorecard {
  try {
    return readScorecardJson(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--baseline ${file}: ${why}`);
  }
}
