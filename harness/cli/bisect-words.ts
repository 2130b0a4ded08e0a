import { percent } from '../../reports/numbers.ts';
import type { BisectResult } from './bisect.ts';
import { oddsMax } from './bisect-search.ts';

/** What a bisection came to, for people. */
export function bisectLines(result: BisectResult): readonly string[] {
  const { edge, versions, reason } = result;
  const table = versions.map(
    ({ version, bad, clean, unclear }) =>
      `  ${version.padEnd(14)} ${bad} bad, ${clean} clean${unclear === 0 ? '' : `, ${unclear} neither`}`,
  );
  if (edge === null) return [...table, '', `no edge was found: ${reason}`];
  const { bad, good, came } = edge;
  return [
    ...table,
    '',
    ...(came
      ? [`last good   ${good}`, `first bad   ${bad}`]
      : [`last bad    ${bad}`, `first good  ${good}`]),
    '',
    oddsSays(edge),
  ];
}

function oddsSays({
  bad,
  good,
  hits,
  runs,
  cleanRuns,
  odds,
}: NonNullable<BisectResult['edge']>): string {
  const share = percent(runs === 0 ? 0 : hits / runs);
  return `${bad} was seen to be bad. Versions with the bug showed it in ${hits} of ${runs} runs (${share}), ${good} in none of ${cleanRuns}: if it had the bug too, the odds of that are ${odds.toExponential(1)}, below ${oddsMax}. The bug is taken to have come or gone once between the ends.`;
}
