import {
  type Cell,
  type CellFigures,
  type CellGate,
  recoveryBand,
  type Scorecard,
} from './scorecard.ts';
import { scorecardRules } from './scorecard-rules.ts';
import { gateWords, recoveryWords } from './scorecard-words.ts';

/** What changed from an earlier scorecard to this one. */
export interface Comparison {
  /** Cells that are unsafe now and were not then, or were not there. */
  readonly newlyUnsafe: readonly string[];
  /** Cells that came to a result then and come to none now. */
  readonly lost: readonly string[];
  readonly worse: readonly string[];
  readonly better: readonly string[];
}

/** Compares cell by cell: targets without their versions, so that a version can be compared to the one before it. */
export function compareScorecards(now: Scorecard, before: Scorecard): Comparison {
  const wasOf = counterparts(now, before);
  const isNow = counterparts(before, now);
  const comparison: { [Name in keyof Comparison]: string[] } = {
    newlyUnsafe: [],
    lost: [],
    worse: [],
    better: [],
  };
  for (const cell of cellsOf(now)) {
    const was = wasOf(cell);
    const name = `${cell.target}, ${cell.scenario}`;
    if (cell.gate === 'unsafe' && was?.gate !== 'unsafe')
      comparison.newlyUnsafe.push(
        `${name}: unsafe (${cell.says}), was ${was === undefined ? 'not there' : gateWords[was.gate]}`,
      );
    if (was === undefined) continue;
    if (isResult(was.gate) && !isResult(cell.gate))
      comparison.lost.push(`${name}: ${gateWords[cell.gate]}, was ${gateWords[was.gate]}`);
    if (!isResult(was.gate) || !isResult(cell.gate)) continue;
    const turn = gateOrder[cell.gate] - gateOrder[was.gate];
    if (turn !== 0) {
      if (cell.gate !== 'unsafe')
        (turn > 0 ? comparison.worse : comparison.better).push(
          `${name}: ${gateWords[cell.gate]}, was ${gateWords[was.gate]}`,
        );
      continue;
    }
    for (const { says, isWorse } of figureNews(cell, was))
      (isWorse ? comparison.worse : comparison.better).push(`${name}: ${says}`);
  }
  for (const was of cellsOf(before))
    if (isResult(was.gate) && isNow(was) === undefined)
      comparison.lost.push(`${was.target}, ${was.scenario}: not there, was ${gateWords[was.gate]}`);
  return comparison;
}

/** The comparison in lines, for people. */
export function comparisonLines({
  newlyUnsafe,
  lost,
  worse,
  better,
}: Comparison): readonly string[] {
  const lines = [
    ...newlyUnsafe.map((says) => `NEWLY UNSAFE  ${says}`),
    ...worse.map((says) => `worse         ${says}`),
    ...lost.map((says) => `no result     ${says}`),
    ...better.map((says) => `better        ${says}`),
  ];
  return lines.length === 0 ? ['nothing changed that is worth telling'] : lines;
}

const gateOrder: Readonly<Record<CellGate, number>> = {
  pass: 0,
  inconclusive: 1,
  'not-run': 1,
  skipped: 1,
  impaired: 2,
  unsafe: 3,
};

function isResult(gate: CellGate): boolean {
  return gate === 'pass' || gate === 'impaired' || gate === 'unsafe';
}

/**
 * Finds the cell of the same target and scenario in a card or, where either card has one version of the target only, of whatever version.
 */
function counterparts(from: Scorecard, to: Scorecard): (cell: Cell) => Cell | undefined {
  const there = cellsOf(to);
  const here = cellsOf(from);
  return ({ target, scenario }) => {
    const inScenario = there.filter((each) => each.scenario === scenario);
    const exact = inScenario.find((each) => each.target === target);
    if (exact !== undefined) return exact;
    const name = withoutVersion(target);
    const isOfName = (each: Cell): boolean =>
      each.scenario === scenario && withoutVersion(each.target) === name;
    const [only, ...others] = inScenario.filter(isOfName);
    return others.length === 0 && here.filter(isOfName).length === 1 ? only : undefined;
  };
}

function cellsOf({ targets }: Scorecard): readonly Cell[] {
  return targets.flatMap(({ cells }) => cells);
}

function withoutVersion(target: string): string {
  return target.replace(/(?<=.)@[^@/]*$/, '');
}

interface News {
  readonly says: string;
  readonly isWorse: boolean;
}

function figureNews({ figures: now }: Cell, { figures: was }: Cell): readonly News[] {
  if (now === null || was === null) return [];
  const [band, oldBand] = [recoveryBand(now.recoveryMs), recoveryBand(was.recoveryMs)];
  const isMeasured = now.recoveryMs !== null && was.recoveryMs !== null;
  const recovery =
    !isMeasured || band === oldBand
      ? []
      : [
          {
            says: `recovery ${recoveryWords(now.recoveryMs)}, was ${recoveryWords(was.recoveryMs)}`,
            isWorse: band > oldBand,
          },
        ];
  return [...recovery, ...compared.flatMap((each) => changeOf(each, now, was))];
}

const compared: readonly (readonly [keyof CellFigures, string])[] = [
  ['leaks', 'leaks'],
  ['blends', 'blends'],
  ['neverSettled', 'never settled'],
  ['originTimes', 'loads from the source of truth'],
  ['processorMsPerThousand', 'processor time'],
  ['memoryBytesMost', 'memory'],
];

function changeOf(
  [name, words]: readonly [keyof CellFigures, string],
  now: CellFigures,
  was: CellFigures,
): readonly News[] {
  const [value, before] = [now[name], was[name]];
  if (typeof value !== 'number' || typeof before !== 'number' || value === before) return [];
  const isWorse = value > before;
  const [more, less] = isWorse ? [value, before] : [before, value];
  if (less > 0 && more / less <= scorecardRules.notableTimes) return [];
  const says =
    less > 0
      ? `${(more / less).toFixed(1)} times ${isWorse ? 'more' : 'less'}`
      : `${value}, was ${before}`;
  return [{ says: `${words}: ${says}`, isWorse }];
}
