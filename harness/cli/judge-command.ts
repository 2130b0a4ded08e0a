import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { affectedCsv } from '../../reports/affected-csv.ts';
import { formats } from '../../reports/formats.ts';
import { affectedPeople } from '../oracle/affected.ts';
import { exitCodeOf } from './exit-code.ts';
import { fleetOf, fleetSays } from './fleet-option.ts';
import { judgeRecord, withRecord, writeAffected } from './judgement.ts';
import { unknown } from './options.ts';
import { reportAssets } from './package-facts.ts';
import { readingRecord } from './record-reading.ts';
import { stageOn } from './stage.ts';

/** `crosswire judge`: judge a saved record again, with the checks of this version. Never writes to it. */
export function addJudgeCommand(program: Command): void {
  program
    .command('judge')
    .description('judge a saved record again')
    .argument('<record>', 'the record.sqlite of a run')
    .option('--fleet <users>', fleetSays)
    .option('--json', 'print the result as JSON')
    .action(
      (
        recordPath: string,
        { fleet, json = false }: { readonly fleet?: string; readonly json?: boolean },
      ) => {
        const users = fleetOf(fleet);
        const summary = readingRecord(recordPath, () => judgeRecord(recordPath, { fleet: users }));
        stageOn({ json, quiet: false }).result(summary);
        process.exitCode = exitCodeOf(summary.verdict.outcome);
      },
    );
}

interface ReportWords {
  readonly format: string;
  readonly output?: string;
  readonly fleet?: string;
}

/** `crosswire report`: render a saved record. */
export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description('render a saved record')
    .argument('<record>', 'the record.sqlite of a run')
    .option('--format <name>', formatNames.join(', '), 'html')
    .option('--fleet <users>', fleetSays)
    .option('--output <file>', 'write there instead of standard output')
    .action((recordPath: string, { format: name, output, fleet }: ReportWords) => {
      const users = fleetOf(fleet);
      if (name === 'csv') {
        readingRecord(recordPath, () => writeCsv(recordPath, output));
        return;
      }
      const format = formats.find((known) => known.name === name);
      if (format === undefined) throw unknown('format', name, formatNames);
      const text = readingRecord(recordPath, () =>
        format.render(judgeRecord(recordPath, { fleet: users }), reportAssets()),
      );
      if (output === undefined) process.stdout.write(text);
      else writeFileSync(output, text);
    });
}

const formatNames: readonly string[] = [...formats.map(({ name }) => name), 'csv'];

function writeCsv(recordPath: string, output: string | undefined): void {
  withRecord(recordPath, (record) => {
    if (output !== undefined) {
      writeAffected(record, output);
      return;
    }
    // Whoever reads our output may stop reading (`| head`).
    process.stdout.on('error', () => undefined);
    for (const line of affectedCsv(affectedPeople(record))) process.stdout.write(line);
  });
}
