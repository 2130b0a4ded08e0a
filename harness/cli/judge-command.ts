import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { formats } from '../../reports/formats.ts';
import { exitCodeOf } from './exit-code.ts';
import { judgeRecord } from './judgement.ts';
import { unknown } from './options.ts';
import { reportAssets } from './package-facts.ts';
import { stageOn } from './stage.ts';

/** `crosswire judge`: judge a saved record again, with the checks of this version. Never writes to it. */
export function addJudgeCommand(program: Command): void {
  program
    .command('judge')
    .description('judge a saved record again')
    .argument('<record>', 'the record.sqlite of a run')
    .option('--json', 'print the result as JSON')
    .action((recordPath: string, { json = false }: { readonly json?: boolean }) => {
      const summary = judgeRecord(recordPath);
      stageOn({ json, quiet: false }).result(summary);
      process.exitCode = exitCodeOf(summary.verdict.outcome);
    });
}

/** `crosswire report`: render a saved record. */
export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description('render a saved record')
    .argument('<record>', 'the record.sqlite of a run')
    .option('--format <name>', formats.map(({ name }) => name).join(', '), 'html')
    .option('--output <file>', 'write there instead of standard output')
    .action(
      async (
        recordPath: string,
        { format: name, output }: { readonly format: string; readonly output?: string },
      ) => {
        const format = formats.find((known) => known.name === name);
        if (format === undefined)
          throw unknown(
            'format',
            name,
            formats.map((known) => known.name),
          );
        const summary = judgeRecord(recordPath);
        const text = format.render(summary, reportAssets());
        if (output === undefined) process.stdout.write(text);
        else writeFileSync(output, text);
      },
    );
}
