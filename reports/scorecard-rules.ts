import type { CheckName } from '../harness/model/finding.ts';

/** Every threshold and weight of the scorecard; docs/scorecard-rules.md is made of it. */
export const scorecardRules: ScorecardRules = {
  safetyChecks: ['own-data-only', 'right-device', 'mapping', 'stored', 'intact', 'fails-closed'],
  livenessChecks: ['settles', 'served', 'comes-back', 'fresh', 'origin-load'],
  livenessChecksAlways: ['stays-up'],
  recovery: {
    windowMs: 250,
    readsMin: 4,
    servedShareMin: 0.95,
    withinMs: 1_000,
    bandsMs: [1_000, 3_000],
  },
  latencySamplesMin: 20,
  costWeights: { latency: 0.25, origin: 0.25, processor: 0.25, memory: 0.25 },
  notableTimes: 1.25,
};

export interface ScorecardRules {
  /** A cell in which one of these fails is unsafe, and so is its target. */
  readonly safetyChecks: readonly CheckName[];
  /** A safe cell in which one of these fails is impaired. */
  readonly livenessChecks: readonly CheckName[];
  /** The same, also where the generator missed its schedule. */
  readonly livenessChecksAlways: readonly CheckName[];
  readonly recovery: {
    readonly windowMs: number;
    /** A window with fewer reads says nothing. */
    readonly readsMin: number;
    readonly servedShareMin: number;
    /** A read that is answered later than this is not served. */
    readonly withinMs: number;
    /** Ends of the bands in which targets rank as equally fast. */
    readonly bandsMs: readonly number[];
  };
  /** Percentiles of fewer answers than this are not given. */
  readonly latencySamplesMin: number;
  readonly costWeights: Readonly<Record<CostName, number>>;
  /** A figure that changed by less than this is no news beside a baseline. */
  readonly notableTimes: number;
}

export type CostName = 'latency' | 'origin' | 'processor' | 'memory';

/** The page that explains the scorecard. */
export function scorecardRulesDocument(): string {
  const { recovery, costWeights, safetyChecks, livenessChecks, livenessChecksAlways } =
    scorecardRules;
  const weights = Object.entries(costWeights).map(([name, weight]) => `${name} ${weight}`);
  const [fast = 0, slow = 0] = recovery.bandsMs;
  return `# How a scorecard is made

Made of \`reports/scorecard-rules.ts\` by its test (\`vitest -u\` writes it again). Nothing is scored that was not measured; what is
not known shows as \`-\`, and never counts for or against anybody.

## Order

Gates, not averages. A target is as good as its worst cell, and targets rank by

1. **safety**. A cell is \`unsafe\` when a run failed one of: ${safetyChecks.join(', ')}. One such cell makes the target \`unsafe\`, whatever else it does.
2. **liveness**. A safe cell is \`impaired\` when a run whose generator kept its schedule failed one of: ${livenessChecks.join(', ')}; or any run failed ${livenessChecksAlways.join(', ')}.
3. **evidence**. A cell is \`inconclusive\` when a check came to no result, also where the generator missed its schedule or the self-audit saw nothing;
   \`skipped\` when the target cannot run there (the reason is told), \`not run\` when time ran out. A target with such a cell among safe ones is \`unproven\`; one
   that was run nowhere is \`not tested\`. Order of targets: \`safe\`, \`unproven\`, \`impaired\`, \`unsafe\`, \`not tested\`. A skipped cell does not count against a target that was tested elsewhere.
4. **recovery**, the slowest of its cells, in bands: up to ${fast} ms, up to ${slow} ms, longer or never.
5. **cost**, the index below; then the name.

## Figures of a cell

| figure | what it is |
| --- | --- |
| leaks | pictures and list entries of strangers that people were given (\`own-data-only\`), of all that they were given; with none, the upper bound of the true share at 95 % confidence, 1 - 0.05^(1/n), over all runs of the cell |
| blends | pictures that begin as one and end as another |
| never settled | violations of \`settles\`: requests without an end, requests sent in calm that expired, cameras that were not connected at its end |
| errors | requests of people with a session that were refused, failed or expired, of all that were sent, in the whole run and so also while things were broken |
| recovery | from the heal to the first window of ${recovery.windowMs} ms in which at least ${recovery.servedShareMin * 100} % of the reads (lists, thumbnails, enlargements, clips) that the plan wanted were served, each within ${recovery.withinMs} ms of the intended moment; windows with fewer than ${recovery.readsMin} reads say nothing. The heal is when the last fault of a service ended or, in a plan without one, the last fault of the wire. Its grain is the window |
| latency added | p50 and p99 of answered requests of people with a session, from the intended moment, in calm minus those in warm; each of at least ${scorecardRules.latencySamplesMin} answers. Calm reads what is cached, warm fills the cache, and so it may be negative |
| origin | loads from the source of truth, times the ideal of one a key and cause (as \`origin-load\` counts it) |
| processor | processor time of the backend process, with the library in it, from opening to the end of the plan, a thousand requests of people |
| memory | the most memory that the backend process held (\`maxRSS\`) |

Of several runs of a cell, leaks, blends, errors and what never settled are summed, and of the rest the median is shown; of recovery it is the slowest.

## Cost

For each scenario and figure, a target's value is divided by the median of all targets that were measured there; the weighted geometric mean
of these ratios over its cells is its cost: 1 is usual, 2 twice as costly. Weights: ${weights.join(', ')}. Latency is 1 ms plus what was added to p99 (at
least nothing), so that noise below a millisecond weighs little. A figure that was not measured leaves its weight to the others.
Costs are figures of this machine while it ran this evaluation, and compare within one scorecard.

## Beside a baseline

Cells are matched by scenario and target; where a card has one version of a target only, whatever the version. A new unsafe cell is one that is unsafe now and was not in the baseline, or was not there: exit code 1. A cell that
came to a result in the baseline and comes to none now: exit code 2. Recovery that changed its band, and any other figure by more than ${scorecardRules.notableTimes} times, are told.
Without a baseline: 1 when any cell is unsafe or impaired, 2 when any is inconclusive or was not run, 0 otherwise.
`;
}
