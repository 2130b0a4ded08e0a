import { createHash } from 'node:crypto';
import { htmlText } from './markup.ts';
import type { Cell, Scorecard, TargetScore } from './scorecard.ts';
import { anchorOf } from './scorecard-markdown.ts';
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

/** The scorecard as one page that loads nothing and runs no script. Links lead into the folder of the evaluation. */
export function renderScorecardHtml({ header, scenarios, targets }: Scorecard): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hashOf(STYLE)}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Scorecard of cache clients</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Scorecard of cache clients</h1>
<dl>${headerFacts(header)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${htmlText(value)}</dd></div>`)
    .join('')}</dl>
<p><code>${htmlText(header.command)}</code></p>
<section><h2>Targets, best first</h2>
${table(
  ['target', 'grade', ...scenarios, 'slowest recovery', 'cost'],
  targets.map((score) => [
    htmlText(targetWords(score)),
    word(score.grade, gradeWords[score.grade]),
    ...score.cells.map(
      (cell) => `<a href="#${anchorOf(cell)}">${word(cell.gate, gateWords[cell.gate])}</a>`,
    ),
    recoveryWords(score.recoveryMs),
    costWords(score.cost),
  ]),
)}</section>
${scenarios
  .map(
    (scenario, index) => `<section><h2>${htmlText(scenario)}</h2>
${table(
  ['target', 'verdict', ...figureHeads],
  targets.flatMap((score) => figureRow(score, index)),
)}</section>`,
  )
  .join('\n')}
<section><h2>Evidence</h2>
${targets.map(evidenceOf).join('\n')}</section>
</main>
</body>
</html>
`;
}

function figureRow(score: TargetScore, index: number): readonly (readonly string[])[] {
  const cell = score.cells[index];
  if (cell === undefined) return [];
  return [
    [
      htmlText(targetWords(score)),
      word(cell.gate, gateWords[cell.gate]),
      ...figureWords(cell.figures).map(htmlText),
    ],
  ];
}

function evidenceOf(score: TargetScore): string {
  return `<h3>${htmlText(targetWords(score))}</h3>
${score.cells.map(cellSection).join('\n')}`;
}

function cellSection(cell: Cell): string {
  const runs = cell.runs.map(
    (run) =>
      `<li>seed ${run.seed}: ${run.verdict}${run.alone ? ', run alone' : ''}; <a href="${href(run.record)}">record</a>${run.page === null ? '' : `, <a href="${href(run.page)}">page</a>`}<br><code>${htmlText(run.replay)}</code>${story(run)}</li>`,
  );
  return `<article id="${anchorOf(cell)}"><h4>${htmlText(cell.scenario)}: ${word(cell.gate, cellWords(cell))}</h4>
<ul>${runs.join('')}</ul></article>`;
}

function story({ firstWrong, story: steps }: Cell['runs'][number]): string {
  if (firstWrong === null) return '';
  return `<details><summary>One violation, step by step; first wrong: ${htmlText(firstWrong)}</summary><ol>${steps
    .slice(0, STEPS_MAX)
    .map((step) => `<li>${htmlText(step)}</li>`)
    .join('')}</ol></details>`;
}

const STEPS_MAX = 20;

function word(kind: string, text: string): string {
  return `<span class="word ${kind}">${htmlText(text)}</span>`;
}

/** Always below the page: a path that begins with a scheme or a slash cannot lead elsewhere. */
function href(path: string): string {
  return `./${path.split('/').map(encodeURIComponent).join('/')}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = ([first = '', ...rest]: readonly string[]): string =>
    `<tr><th scope="row">${first}</th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  return `<div class="wide"><table><thead><tr>${heads.map((head) => `<th scope="col">${htmlText(head)}</th>`).join('')}</tr></thead><tbody>${rows.map(row).join('\n')}</tbody></table></div>`;
}

function hashOf(style: string): string {
  return `'sha256-${createHash('sha256').update(style, 'utf8').digest('base64')}'`;
}

const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #15191e; --muted: #59636e; --rule: #e4e7eb; --tint: #f3f5f7; --bad: #b34700; --good: #00704f; --open: #7d5700; --link: #005a9c; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e8ebee; --muted: #9ba5b0; --rule: #2a3038; --tint: #1b2026; --bad: #ff9552; --good: #45cda3; --open: #e8bd4a; --link: #7cc0f5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 88rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.9rem; } h2 { margin-top: 2.5rem; } h3 { margin-top: 2rem; } h4 { margin: 1rem 0 0.25rem; font-weight: 500; }
dl div { display: flex; gap: 0.75rem; } dt { min-width: 6rem; color: var(--muted); } dd { margin: 0; }
a { color: var(--link); } code { overflow-wrap: anywhere; background: var(--tint); padding: 0.1rem 0.3rem; border-radius: 4px; font-size: 0.85rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.92rem; }
th, td { text-align: left; padding: 0.35rem 0.9rem 0.35rem 0; border-bottom: 1px solid var(--rule); white-space: nowrap; }
thead th { font-weight: 500; color: var(--muted); } tbody th { font-weight: 500; }
.word { font-weight: 600; } .unsafe, .impaired { color: var(--bad); } .pass, .safe { color: var(--good); } .inconclusive, .unproven { color: var(--open); } .skipped, .not-run, .not-tested { color: var(--muted); font-weight: 400; }
article:target { background: var(--tint); } ul { margin: 0.25rem 0; } summary { cursor: pointer; color: var(--link); }
`;
