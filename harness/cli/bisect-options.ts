import path from 'node:path';
import { scorecardRules } from '../../reports/scorecard-rules.ts';
import type { CheckName } from '../model/finding.ts';
import { checks } from '../oracle/checks.ts';
import { loadTarget } from '../processes/load-target.ts';
import { type BisectPlan, plansFor } from './bisect-plans.ts';
import { cacheChoice } from './cache-choice.ts';
import { drawnSeed } from './evaluate-options.ts';
import { sizesOf } from './evaluate-set.ts';
import { count, quoted, unknown, writableFolder } from './options.ts';
import { fitTarget } from './target-choice.ts';
import { UsageError } from './usage-error.ts';

/** What commander hands over: words as they were typed. */
export interface BisectWords {
  readonly target: string;
  readonly good?: string;
  readonly bad?: string;
  readonly from?: string;
  readonly to?: string;
  readonly scenario?: string;
  readonly checks?: string;
  readonly size?: readonly string[];
  readonly cameras?: string;
  readonly users?: string;
  readonly seed?: string;
  readonly cache?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export interface BisectOptions {
  /** Without a version. */
  readonly target: string;
  readonly package: string;
  /** Either which end is bad is known, or not. */
  readonly ends:
    | { readonly bad: string; readonly good: string }
    | { readonly from: string; readonly to: string };
  readonly plans: readonly BisectPlan[];
  /** A run in which one of them fails is bad. */
  readonly checks: readonly CheckName[];
  readonly seed: number;
  readonly cache: string | undefined;
  readonly folder: string;
  readonly json: boolean;
}

/** Checks what was typed. Rejects with UsageError. */
export async function checkBisectWords(words: BisectWords): Promise<BisectOptions> {
  const { choice } = await fitTarget(words.target, undefined);
  if (choice.version !== undefined)
    throw new UsageError(
      `--target ${quoted(words.target)}: leave the version out, it is what is looked for`,
    );
  const { package: library, program } = await loadTarget(choice.source);
  if (library === '')
    throw new UsageError(`--target ${quoted(words.target)} has no library, and so no versions`);
  if (program !== undefined)
    throw new UsageError(
      `--target ${quoted(words.target)} is a program of ${program.language}, whose registry is not asked for versions; run it at two of them`,
    );
  const ends = endsOf(words);
  const sizes = [
    ...(words.cameras === undefined ? [] : [`cameras=${words.cameras}`]),
    ...(words.users === undefined ? [] : [`users=${words.users}`]),
    ...(words.size ?? []),
  ];
  const plain = plansFor(words.scenario);
  const typed = sizesOf(
    plain.map(({ scenario }) => scenario),
    { typed: sizes, isFull: true },
  );
  cacheChoice(words.cache, []);
  const stamp = new Date().toISOString().replaceAll(/[:-]/g, '').slice(0, 15);
  return {
    target: words.target,
    package: library,
    ends,
    plans: plain.map(({ scenario, size }) => ({
      scenario,
      size: { ...size, ...typed.get(scenario) },
    })),
    checks: checksNamed(words.checks),
    seed:
      words.seed === undefined
        ? drawnSeed()
        : count('--seed', words.seed, { min: 0, max: seedMax }),
    cache: words.cache,
    folder: writableFolder('--out', words.out ?? path.join('crosswire-runs', `${stamp}-bisect`)),
    json: words.json ?? false,
  };
}

const seedMax = 2 ** 31 - 10_001;

function endsOf({ good, bad, from, to }: BisectWords): BisectOptions['ends'] {
  if (good !== undefined && bad !== undefined && from === undefined && to === undefined)
    return { good, bad };
  if (from !== undefined && to !== undefined && good === undefined && bad === undefined)
    return { from, to };
  throw new UsageError('bisect takes --good and --bad, or --from and --to: both of one pair');
}

function checksNamed(text: string | undefined): readonly CheckName[] {
  if (text === undefined) return scorecardRules.safetyChecks;
  return text.split(',').map((name) => {
    const check = checks.find((known) => known.name === name);
    if (check === undefined)
      throw unknown(
        'check',
        name,
        checks.map((known) => known.name),
      );
    return check.name;
  });
}
