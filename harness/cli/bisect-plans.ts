import { quoted, scenarioNamed } from './options.ts';
import { UsageError } from './usage-error.ts';

/** A scenario and what differs from its own size. */
export interface BisectPlan {
  readonly scenario: string;
  readonly size: Readonly<Record<string, number>>;
}

/**
 * The smallest plans of each kind of trouble, quickest to show most bugs first: cuts between and inside replies onto a cold cache,
 * the same without an outage, replies that come late, and calls that are cancelled.
 */
const smallestPlans: readonly BisectPlan[] = [
  { scenario: 'cache-outage', size: { ...tiny(), outageMs: 1_000, herdMs: 6_500 } },
  { scenario: 'mid-pipeline-cut', size: { ...tiny(), cutsMs: 6_000 } },
  { scenario: 'late-replies', size: { ...tiny(), lateMs: 5_000 } },
  { scenario: 'cancelled-requests', size: { ...tiny(), impatientMs: 4_500 } },
];

function tiny(): Readonly<Record<string, number>> {
  return { cameras: 60, users: 20, warmMs: 1_500, calmMs: 3_000, visitsPerSecond: 80 };
}

/** The plans to try, or that of one scenario, whichever that is. Throws UsageError for a scenario that is not there. */
export function plansFor(scenario: string | undefined): readonly BisectPlan[] {
  if (scenario === undefined) return smallestPlans;
  const { name } = scenarioNamed(scenario);
  const own = smallestPlans.filter((plan) => plan.scenario === name);
  return own.length > 0 ? own : [{ scenario: name, size: fittingTiny(name) }];
}

function fittingTiny(scenario: string): Readonly<Record<string, number>> {
  const own = Object.keys(scenarioNamed(scenario).size);
  return Object.fromEntries(Object.entries(tiny()).filter(([name]) => own.includes(name)));
}

/** What lies between two versions, both included, from the first to the second as they were named. Throws UsageError when one is not there. */
export function versionsBetween(
  published: readonly string[],
  {
    first,
    last,
    compare,
  }: {
    readonly first: string;
    readonly last: string;
    readonly compare: (one: string, other: string) => number;
  },
): readonly string[] {
  for (const version of [first, last])
    if (!published.includes(version))
      throw new UsageError(
        `the registry has no version ${quoted(version)}; its newest are ${published.toSorted(compare).slice(-5).join(', ')}`,
      );
  if (first === last) throw new UsageError(`both ends are ${first}: name two versions`);
  const isForward = compare(first, last) < 0;
  const [low, high] = isForward ? [first, last] : [last, first];
  const inside = published
    .filter((version) => compare(version, low) > 0 && compare(version, high) < 0)
    // A pre-release is nobody's version, unless it was named.
    .filter((version) => !version.includes('-'))
    .toSorted(compare);
  const all = [low, ...inside, high];
  return isForward ? all : all.toReversed();
}
