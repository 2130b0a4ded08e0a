import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Scorecard } from '../../reports/scorecard.ts';
import { compareScorecards, comparisonLines } from '../../reports/scorecard-compare.ts';
import { renderScorecardHtml } from '../../reports/scorecard-html.ts';
import { renderScorecardJson } from '../../reports/scorecard-json.ts';
import { renderScorecardMarkdown } from '../../reports/scorecard-markdown.ts';
import { renderScorecardTerminal } from '../../reports/scorecard-terminal.ts';
import { evaluate } from './evaluate.ts';
import {
  checkEvaluateWords,
  type EvaluateOptions,
  type EvaluateWords,
} from './evaluate-options.ts';
import { evaluationSet } from './evaluate-set.ts';
import { exitCodes } from './exit-code.ts';
import { listenForInterrupt } from './interrupt.ts';

/** `crosswire evaluate`: targets x scenarios, and the scorecard of them. */
export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description('run many targets through many scenarios, and write their scorecard')
    .option(
      '--targets <names>',
      'with commas between, each as --target of run takes it (default: all)',
    )
    .option(
      '--scenarios <names>',
      `with commas between, or all (default: ${evaluationSet.join(',')})`,
    )
    .option('--seed <number>', 'repeats the same plans (default: drawn, and printed)')
    .option(
      '--repeats <count>',
      'runs of each cell, with seeds that follow each other (default: 1)',
    )
    .option('--size <name=number...>', 'a number of the scenarios, wherever they have it')
    .option('--cameras <count>', 'how many cameras come back at once')
    .option('--users <count>', 'how many people look at their events')
    .option('--full-size', "the scenarios' own sizes instead of those of an evaluation")
    .option('--budget <time>', 'begin nothing that would not end by then: 90s, 10m or 1h')
    .option('--lanes <count>', 'runs side by side at most (default: one a processor)')
    .option('--cache <which>', 'as for run')
    .option('--allow-host <host...>', 'allow an address that is not this machine')
    .option(
      '--out <folder>',
      'where everything goes; one that holds an evaluation already is gone on with',
    )
    .option(
      '--page <file>',
      'write the scorecard as Markdown there too, without links to the records',
    )
    .option('--baseline <scorecard.json>', 'tell what changed since; exit 1 on a new unsafe cell')
    .option('--no-audit', 'leave out the proof on ioredis 4.16.0 that the oracle sees')
    .option(
      '--json',
      "print the scorecard as JSON on standard output, and people's lines on standard error",
    )
    .option('--quiet', 'print the scorecard only')
    .action(async (words: EvaluateWords) => {
      process.exitCode = await evaluateCommand(await checkEvaluateWords(words));
    });
}

async function evaluateCommand(options: EvaluateOptions): Promise<number> {
  const { folder, json, quiet, page, baseline } = options;
  const out = json ? process.stderr : process.stdout;
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const say = (line: string): void => {
    if (!quiet) out.write(`${line}\n`);
  };
  using interrupt = listenForInterrupt();
  const card = await evaluate(options, { say, signal: interrupt.signal });
  writeFileSync(path.join(folder, 'scorecard.json'), renderScorecardJson(card));
  writeFileSync(path.join(folder, 'scorecard.html'), renderScorecardHtml(card));
  const markdown = (linked: boolean, rules: string): string =>
    renderScorecardMarkdown(card, { linked, rules });
  writeFileSync(path.join(folder, 'scorecard.md'), markdown(true, rulesPage));
  if (interrupt.signal.aborted) {
    say(`interrupted; the same command with --out ${folder} goes on from here`);
    return exitCodes.interrupted;
  }
  if (page !== undefined) writeFileSync(page, markdown(false, 'scorecard-rules.md'));
  out.write(
    `${renderScorecardTerminal(card)}\n\nscorecard  ${path.join(folder, 'scorecard.{html,md,json}')}\n`,
  );
  if (json) process.stdout.write(renderScorecardJson(card));
  if (baseline === undefined) return exitCodeOfCard(card);
  const comparison = compareScorecards(card, baseline);
  out.write(`\n${comparisonLines(comparison).join('\n')}\n`);
  if (comparison.newlyUnsafe.length > 0) return exitCodes.fail;
  return comparison.lost.length > 0 ? exitCodes.inconclusive : exitCodes.pass;
}

/** Where the rules are for a scorecard that lies outside of the project. */
const rulesPage = 'docs/scorecard-rules.md';

function exitCodeOfCard({ targets }: Scorecard): number {
  const gates = new Set(targets.flatMap(({ cells }) => cells.map(({ gate }) => gate)));
  if (gates.has('unsafe') || gates.has('impaired')) return exitCodes.fail;
  const isOpen = gates.has('inconclusive') || gates.has('not-run') || !gates.has('pass');
  return isOpen ? exitCodes.inconclusive : exitCodes.pass;
}
