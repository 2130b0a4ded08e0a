import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { RunJson } from '../../reports/json.ts';
import type { BisectOptions } from './bisect-options.ts';
import { type BisectPlan, versionsBetween } from './bisect-plans.ts';
import { type SearchEnd, searchEdge, type Trial, type Tried } from './bisect-search.ts';
import { runInChild } from './evaluate-run.ts';
import { sizeWords } from './evaluate-set.ts';
import { exitCodes } from './exit-code.ts';
import { byPrecedence, publishedVersions } from './npm.ts';
import { UsageError } from './usage-error.ts';

/** The object of `crosswire bisect --json`. */
export interface BisectResult {
  readonly target: string;
  readonly package: string;
  /** The plan that told versions apart; null when none did. */
  readonly plan: BisectPlan | null;
  readonly seed: number;
  /** Those that were run, in their order of time. */
  readonly versions: readonly (Tried & { readonly version: string })[];
  readonly edge: {
    readonly bad: string;
    readonly good: string;
    /** Whether the bug came, and the good version is the older one; otherwise it went. */
    readonly came: boolean;
    /** Of versions with the bug, in how many of their runs it showed. */
    readonly hits: number;
    readonly runs: number;
    readonly cleanRuns: number;
    /** That the good version has the bug as well. */
    readonly odds: number;
  } | null;
  /** Why there is no edge; empty when there is one. */
  readonly reason: string;
}

interface Around {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Takes the first of the plans that shows the bug at an end, and looks for the edge with it. Rejects with UsageError, or when interrupted. */
export async function bisect(options: BisectOptions, around: Around): Promise<BisectResult> {
  const { say, signal } = around;
  const published = await registryVersions(options, signal);
  const { ends, seed, target, plans } = options;
  const [first, last] = 'bad' in ends ? [ends.bad, ends.good] : [ends.from, ends.to];
  const versions = versionsBetween(published, { first, last, compare: byPrecedence });
  say(
    `bisect  ${target}  seed ${seed}  ${versions.length} versions of ${options.package} from ${first} to ${last}`,
  );
  let lastEnd: SearchEnd | undefined;
  let runs = 0;
  for (const plan of plans) {
    const probe = async (version: string): Promise<Trial> => {
      runs += 1;
      const trial = await probeOnce(options, { plan, version, seed: seed + runs - 1, signal });
      say(`  ${plan.scenario}, seed ${seed + runs - 1}: ${version} ${trialWords[trial]}`);
      return trial;
    };
    const found = await badEndOf(versions, { probe, isKnown: 'bad' in ends });
    if (found === null) {
      say(`${plan.scenario} shows nothing at either end`);
      continue;
    }
    const ordered = found.isLast ? versions.toReversed() : versions;
    lastEnd = await searchEdge({ versions: ordered, probe, known: found.tried });
    return resultOf(options, { plan, end: lastEnd });
  }
  return resultOf(options, { plan: null, end: lastEnd });
}

const trialWords: Readonly<Record<Trial, string>> = {
  bad: 'BAD',
  clean: 'clean',
  unclear: 'neither clean nor bad: the run came to no result',
  unusable: 'cannot be run, and is left out',
};

/** So often an end is run before the next, larger or slower kind of plan is tried. */
const firstLookRuns = 4;

/** Runs the end that is said to be bad, or both in turn, until one shows the bug. */
async function badEndOf(
  versions: readonly string[],
  {
    probe,
    isKnown,
  }: { readonly probe: (version: string) => Promise<Trial>; readonly isKnown: boolean },
): Promise<{ readonly isLast: boolean; readonly tried: ReadonlyMap<string, Tried> } | null> {
  const [first = '', last = ''] = [versions[0], versions.at(-1)];
  const tried = new Map<string, Tried>();
  for (let round = 0; round < firstLookRuns; round += 1) {
    for (const version of isKnown ? [first] : [first, last]) {
      const trial = await probe(version);
      if (trial === 'unusable') throw new UsageError(`${version} cannot be run: name another end`);
      const before = tried.get(version) ?? { bad: 0, clean: 0, unclear: 0 };
      tried.set(version, { ...before, [trial]: before[trial] + 1 });
      if (trial === 'bad') return { isLast: version === last, tried };
    }
  }
  return null;
}

async function registryVersions(
  { package: name }: BisectOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await publishedVersions(name, { npmCommand: ['npm'], signal });
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `the registry cannot be asked for versions of ${name}: ${why.slice(0, 300)}`,
    );
  }
}

/** A run hangs when it takes longer. */
const runMsMax = 300_000;

async function probeOnce(
  { target, cache, folder, checks }: BisectOptions,
  {
    plan,
    version,
    seed,
    signal,
  }: {
    readonly plan: BisectPlan;
    readonly version: string;
    readonly seed: number;
    readonly signal: AbortSignal;
  },
): Promise<Trial> {
  const own = path.join(folder, 'runs', version);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  const { code, result } = await runInChild(
    {
      words: [
        plan.scenario,
        '--target',
        `${target}@${version}`,
        '--seed',
        String(seed),
        ...sizeWords(plan.size),
        ...(cache === undefined ? [] : ['--cache', cache]),
        '--no-audit',
        '--out',
        own,
      ],
      logPath: path.join(own, 'run.log'),
      withinMs: runMsMax,
    },
    signal,
  );
  signal.throwIfAborted();
  if (result === null) return code === exitCodes.usage ? 'unusable' : 'unclear';
  return trialOf(result.findings, checks);
}

/** Without these a run that saw nothing bad says nothing: nothing was broken, or the load was not the plan's. */
const needed: ReadonlySet<string> = new Set([
  'own-data-only',
  'fault-bit',
  'on-schedule',
  'whole-record',
]);

/** A failed check is bad whatever else; clean is only what came to a result. */
function trialOf(findings: RunJson['findings'], checks: BisectOptions['checks']): Trial {
  const asked = findings.filter(({ check }) => checks.includes(check));
  if (asked.some(({ outcome }) => outcome === 'fail')) return 'bad';
  const isOpen = findings.some(
    ({ check, outcome }) =>
      outcome === 'inconclusive' && (needed.has(check) || checks.includes(check)),
  );
  return isOpen || asked.length === 0 ? 'unclear' : 'clean';
}

function resultOf(
  { target, package: name, seed }: BisectOptions,
  { plan, end }: { readonly plan: BisectPlan | null; readonly end: SearchEnd | undefined },
): BisectResult {
  const versions = [...(end?.tried ?? [])]
    .map(([version, { bad, clean, unclear }]) => ({ version, bad, clean, unclear }))
    .toSorted((one, other) => byPrecedence(one.version, other.version));
  const about = { target, package: name, plan, seed, versions };
  if (end === undefined)
    return { ...about, edge: null, reason: 'no plan showed the bug at an end that may have it' };
  if (!end.found) return { ...about, edge: null, reason: end.reason };
  const { bad, good, odds, rate, cleanRuns } = end;
  const came = byPrecedence(good, bad) < 0;
  return { ...about, edge: { bad, good, came, ...rate, cleanRuns, odds }, reason: '' };
}
