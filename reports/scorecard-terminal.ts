import { columnsOf, padded, plain } from './plain-text.ts';
import type { Scorecard } from './scorecard.ts';
import {
  cellWords,
  costWords,
  gateWords,
  gradeWords,
  recoveryWords,
  targetWords,
} from './scorecard-words.ts';

/** The scorecard for a terminal: a row a target, best first, and below why cells are no pass. Without a final line end. */
export function renderScorecardTerminal({ scenarios, targets }: Scorecard): string {
  const heads = ['target', 'grade', ...scenarios, 'recovery', 'cost'];
  const rows = targets.map((score) => [
    targetWords(score),
    gradeWords[score.grade],
    ...score.cells.map(({ gate }) => gateWords[gate]),
    recoveryWords(score.recoveryMs),
    costWords(score.cost),
  ]);
  const table = [heads, ...rows].map((cells) => cells.map(plain));
  const widths = heads.map((_, column) =>
    Math.max(...table.map((cells) => columnsOf(cells[column] ?? ''))),
  );
  const reasons = targets.flatMap(({ cells }) =>
    cells
      .filter(({ gate }) => gate !== 'pass' && gate !== 'not-run')
      .map((cell) => plain(`${cell.target}, ${cell.scenario}: ${cellWords(cell)}`)),
  );
  return [
    ...table.map((cells) =>
      cells
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    ...(reasons.length === 0 ? [] : ['', ...reasons]),
  ].join('\n');
}
