import type { Scorecard } from './scorecard.ts';

/** The scorecard as JSON with a final line end; `scorecard.schema.json` beside this file describes it. */
export function renderScorecardJson(card: Scorecard): string {
  return `${JSON.stringify(card, null, 2)}\n`;
}

/** Reads what `renderScorecardJson` wrote. Throws an error of one line for anything else. */
export function readScorecardJson(text: string): Scorecard {
  let card: unknown;
  try {
    card = JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
  if (isScorecard(card)) return card;
  throw new Error(
    'it is no scorecard of this crosswire: name a scorecard.json that crosswire evaluate wrote',
  );
}

function isScorecard(card: unknown): card is Scorecard {
  if (typeof card !== 'object' || card === null) return false;
  const { format, targets, scenarios } = card as Partial<Scorecard>;
  return (
    format === 1 &&
    Array.isArray(scenarios) &&
    Array.isArray(targets) &&
    targets.every(
      ({ cells }: { readonly cells?: unknown }) => Array.isArray(cells) && cells.every(isCell),
    )
  );
}

function isCell(cell: unknown): boolean {
  if (typeof cell !== 'object' || cell === null) return false;
  const { target, scenario, gate, figures } = cell as Readonly<Record<string, unknown>>;
  return (
    typeof target === 'string' &&
    typeof scenario === 'string' &&
    typeof gate === 'string' &&
    typeof figures === 'object'
  );
}
