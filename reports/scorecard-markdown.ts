import { markdownText } from './markup.ts';
import { plain } from './plain-text.ts';
import type { Cell, Scorecard, TargetScore } from './scorecard.ts';
import {
  cellWords,
  costWords,
  figureHeads,
  figureWords,
  gateWords,
  gradeWords,
  headerFacts,
  recoveryWords,
  targetWords,
} from './scorecard-words.ts';

/**
 * The scorecard as GitHub's Markdown. Each cell leads to its record, its page, the line that replays it and its story; without
 * `linked`, for a page that is kept without its records, the replay line and the story stand for them.
 */
export function renderScorecardMarkdown(
  card: Scorecard,
  { linked, rules }: { readonly linked: boolean; readonly rules: string },
): string {
  const { header, scenarios, targets } = card;
  return [
    '# Scorecard of cache clients',
    '',
    `Made by \`crosswire evaluate\`; nothing in it is written by hand. How it is scored: [the rules](${rules}).`,
    '',
    ...headerFacts(header).map(([name, value]) => `- ${name}: ${markdownText(value)}`),
    '',
    ...fenced([header.command]),
    '',
    '## Targets, best first',
    '',
    ...table(
      ['target', 'grade', ...scenarios, 'slowest recovery', 'cost'],
      targets.map((score) => [
        markdownText(targetWords(score)),
        gradeWords[score.grade],
        ...score.cells.map((cell) => `[${gateWords[cell.gate]}](#${anchorOf(cell)})`),
        recoveryWords(score.recoveryMs),
        costWords(score.cost),
      ]),
    ),
    '',
    ...scenarios.flatMap((scenario, index) => columnOf(card, { scenario, index })),
    '## Evidence',
    '',
    ...targets.flatMap((score) => evidenceOf(score, linked)),
  ].join('\n');
}

/** One scenario: the figures of all targets. */
function columnOf(
  { targets }: Scorecard,
  { scenario, index }: { readonly scenario: string; readonly index: number },
): readonly string[] {
  const rows = targets.flatMap((score) => {
    const cell = score.cells[index];
    if (cell === undefined) return [];
    return [[markdownText(targetWords(score)), gateWords[cell.gate], ...figureWords(cell.figures)]];
  });
  return [
    `## ${markdownText(scenario)}`,
    '',
    ...table(['target', 'verdict', ...figureHeads], rows),
    '',
  ];
}

function evidenceOf(score: TargetScore, linked: boolean): readonly string[] {
  return [
    `### ${markdownText(targetWords(score))}`,
    '',
    ...score.cells.flatMap((cell) => [
      `<a id="${anchorOf(cell)}"></a>**${markdownText(cell.scenario)}**: ${markdownText(cellWords(cell))}`,
      '',
      ...cell.runs.flatMap((run) => [
        `Seed ${run.seed}: ${run.verdict}${run.alone ? ', run alone' : ''}${linked ? `; ${linksOf(run)}` : ''}`,
        '',
        ...fenced([run.replay]),
        '',
        ...storyOf(run),
      ]),
    ]),
  ];
}

type Run = Cell['runs'][number];

function linksOf({ record, page }: Run): string {
  const links = [`[record](${pathText(record)})`];
  if (page !== null) links.push(`[page](${pathText(page)})`);
  return links.join(', ');
}

function storyOf({ firstWrong, story }: Run): readonly string[] {
  if (firstWrong === null) return [];
  const steps = story
    .slice(0, STEPS_MAX)
    .map((step, index) => `${index + 1}. ${markdownText(step)}`);
  return [
    `<details><summary>One violation, step by step; first wrong: ${markdownText(firstWrong)}</summary>`,
    '',
    ...steps,
    '',
    '</details>',
    '',
  ];
}

const STEPS_MAX = 20;

/** Letters, digits and hyphens, the same for the same cell. */
export function anchorOf({ target, scenario }: Pick<Cell, 'target' | 'scenario'>): string {
  return `${target}--${scenario}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function pathText(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [
    `| ${heads.map(markdownText).join(' | ')} |`,
    `|${' --- |'.repeat(heads.length)}`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ];
}

/** A code block that nothing in it can end. */
function fenced(lines: readonly string[]): readonly string[] {
  return ['```sh', ...lines.map((line) => plain(line).replaceAll('`', "'")), '```'];
}
