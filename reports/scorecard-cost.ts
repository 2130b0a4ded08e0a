import { median } from './median.ts';
import type { Cell, CellFigures } from './scorecard.ts';
import { type CostName, scorecardRules } from './scorecard-rules.ts';

/** What each target costs, times what is usual among these: docs/scorecard-rules.md. A target of which nothing was measured is left out. */
export function costOf(cells: readonly Cell[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { weights: number; logs: number }>();
  const figures: readonly CostName[] = ['latency', 'origin', 'processor', 'memory'];
  for (const scenario of new Set(cells.map((cell) => cell.scenario))) {
    const column = cells.filter((cell) => cell.scenario === scenario);
    for (const name of figures) addRatios(sums, { name, column });
  }
  return new Map(
    [...sums].map(([target, { logs, weights }]) => [target, Math.exp(logs / weights)]),
  );
}

function addRatios(
  sums: Map<string, { weights: number; logs: number }>,
  { name, column }: { readonly name: CostName; readonly column: readonly Cell[] },
): void {
  const measured = column.flatMap(({ target, figures }) => {
    const value = figures === null ? null : valueOf(name, figures);
    return value === null || value <= 0 ? [] : [{ target, value }];
  });
  const usual = median(measured.map(({ value }) => value));
  if (usual === null) return;
  const weight = scorecardRules.costWeights[name];
  for (const { target, value } of measured) {
    const sum = sums.get(target) ?? { weights: 0, logs: 0 };
    sum.weights += weight;
    sum.logs += weight * Math.log(value / usual);
    sums.set(target, sum);
  }
}

function valueOf(name: CostName, figures: CellFigures): number | null {
  const { latencyAddedMs, originTimes, processorMsPerThousand, memoryBytesMost } = figures;
  switch (name) {
    case 'latency':
      return latencyAddedMs === null ? null : 1 + Math.max(0, latencyAddedMs.p99);
    case 'origin':
      return originTimes;
    case 'processor':
      return processorMsPerThousand;
    case 'memory':
      return memoryBytesMost;
    default:
      return name satisfies never;
  }
}
