/** What one run said of one version. `unclear`: neither bad nor clean. `unusable`: the version cannot be run at all. */
export type Trial = 'bad' | 'clean' | 'unclear' | 'unusable';

export interface Tried {
  readonly bad: number;
  readonly clean: number;
  readonly unclear: number;
}

export interface Search {
  /** In order, from the bad end to the good end; at least two. */
  readonly versions: readonly string[];
  /** One run of one version. */
  probe(version: string): Promise<Trial>;
  /** What was run before. */
  readonly known?: ReadonlyMap<string, Tried>;
}

export type SearchEnd =
  | {
      readonly found: true;
      /** Neighbours: nothing between them can be run. */
      readonly bad: string;
      readonly good: string;
      /** The odds that `good` is as bad as the bad ones and was clean by luck. */
      readonly odds: number;
      /** Of the versions that showed the bug: in how many of their runs. */
      readonly rate: Rate;
      readonly cleanRuns: number;
      readonly tried: ReadonlyMap<string, Tried>;
    }
  | { readonly found: false; readonly reason: string; readonly tried: ReadonlyMap<string, Tried> };

export interface Rate {
  readonly hits: number;
  readonly runs: number;
}

/** An answer may be wrong in fewer than one of a thousand bisections. */
export const oddsMax = 0.001;
/** Far from the edge less will do: what is wrong there is found out at the edge. */
const looseOddsMax = 0.05;
/** So often is the bad end run, to know how often the bug shows. */
const measuredRuns = 6;
const unclearMax = 4;
/** Of one version: a bug that shows so rarely takes another plan. */
const runsMax = 60;

/**
 * The odds of so many clean runs in a row of a version that has the bug: with `hits` of `runs` seen elsewhere and nothing known before, the
 * rate has the distribution Beta(hits + 1, runs - hits + 1), and (1 - rate)^cleanRuns has this mean. It is never as sure as
 * (1 - hits/runs)^cleanRuns, which takes a bug that was seen in three of three runs to show always.
 */
export function oddsOfCleanRuns({ hits, runs }: Rate, cleanRuns: number): number {
  let odds = 1;
  for (let index = 0; index < cleanRuns; index += 1)
    odds *= (runs - hits + 1 + index) / (runs + 2 + index);
  return odds;
}

/**
 * Finds two neighbours of which one shows the bug and the other does not, if there is one edge between the ends. Bad is certain, since it was
 * seen; good is a matter of odds, so the good neighbour is run until they are below `oddsMax`, and the search goes on behind it when it shows the
 * bug after all. Rejects with what `probe` rejects with.
 */
export async function searchEdge({
  versions,
  probe,
  known = new Map(),
}: Search): Promise<SearchEnd> {
  const tried = new Map(known);
  const unusable = new Set<string>();
  const of = (version: string): Tried => tried.get(version) ?? untried;
  const run = async (version: string): Promise<Trial> => {
    const trial = await probe(version);
    if (trial === 'unusable') unusable.add(version);
    else tried.set(version, { ...of(version), [trial]: of(version)[trial] + 1 });
    return trial;
  };
  const rate = (): Rate => {
    const bad = [...tried.values()].filter((each) => each.bad > 0);
    const hits = bad.reduce((sum, each) => sum + each.bad, 0);
    return { hits, runs: hits + bad.reduce((sum, each) => sum + each.clean, 0) };
  };
  /** Null when it cannot be told. */
  const isGood = async (version: string, wanted: number): Promise<boolean | null> => {
    while (of(version).bad === 0 && oddsOfCleanRuns(rate(), of(version).clean) >= wanted) {
      const { clean, unclear } = of(version);
      if (unclear > unclearMax + clean || clean >= runsMax) return null;
      if ((await run(version)) === 'unusable') return null;
    }
    return of(version).bad === 0;
  };
  const open = (reason: string): SearchEnd => ({ found: false, reason, tried });

  let [badEnd = ''] = versions;
  const goodEnd = versions.at(-1) ?? '';
  while (of(badEnd).bad + of(badEnd).clean < measuredRuns && !unusable.has(badEnd)) {
    if (of(badEnd).unclear > unclearMax + of(badEnd).bad + of(badEnd).clean) break;
    await run(badEnd);
  }
  if (of(badEnd).bad === 0)
    return open(`${badEnd} did not show the bug in ${of(badEnd).clean} runs`);
  let good = goodEnd;
  // Each round shows one more version to be bad, or halves what is between: the square is never reached.
  for (let round = 0; round < versions.length ** 2 + 1; round += 1) {
    const between = versions
      .slice(versions.indexOf(badEnd) + 1, versions.indexOf(good))
      .filter((version) => !unusable.has(version));
    const isAtEdge = between.length === 0;
    const next =
      isAtEdge || of(goodEnd).clean === 0 ? good : between[Math.floor(between.length / 2)];
    if (next === undefined) return open('there is nothing between the ends');
    const verdict = await isGood(next, isAtEdge ? oddsMax : looseOddsMax);
    if (verdict === true && isAtEdge) {
      const cleanRuns = of(good).clean;
      return {
        found: true,
        bad: badEnd,
        good,
        odds: oddsOfCleanRuns(rate(), cleanRuns),
        rate: rate(),
        cleanRuns,
        tried,
      };
    }
    if (verdict === true) good = next;
    else if (verdict === false && next === goodEnd) return open(`${goodEnd} shows the bug as well`);
    else if (verdict === false) {
      badEnd = next;
      // What was taken for good beyond an edge that was not one is looked at again, with all that is known of it.
      good = next === good ? goodEnd : good;
    } else if (unusable.has(next) && next !== goodEnd) good = next === good ? goodEnd : good;
    else return open(`nothing can be said of ${next}: ${wordsOf(of(next), unusable.has(next))}`);
  }
  return open('the search came to no end');
}

const untried: Tried = { bad: 0, clean: 0, unclear: 0 };

function wordsOf({ clean, unclear }: Tried, isUnusable: boolean): string {
  return isUnusable
    ? 'it cannot be run'
    : `${unclear} of its runs were neither clean nor bad, ${clean} were clean`;
}
