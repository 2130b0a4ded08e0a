import path from 'node:path';
import type { Command } from 'commander';
import { type BisectResult, bisect } from './bisect.ts';
import { type BisectWords, checkBisectWords } from './bisect-options.ts';
import { bisectLines } from './bisect-words.ts';
import { exitCodes } from './exit-code.ts';
import { listenForInterrupt } from './interrupt.ts';

/** `crosswire bisect`: between which two versions of a library a bug came or went. */
export function addBisectCommand(program: Command): void {
  program
    .command('bisect')
    .description('find the two neighbouring versions of a library between which a bug came or went')
    .requiredOption('--target <name>', 'NAME[:VARIANT][?option=value&...], without a version')
    .option('--good <version>', 'a version without the bug')
    .option('--bad <version>', 'a version with it')
    .option('--from <version>', 'instead of --good and --bad: one end of a range')
    .option('--to <version>', 'its other end')
    .option('--scenario <name>', 'leave the choice of the smallest plan to nobody')
    .option(
      '--checks <names>',
      'what is bad when it fails, with commas between (default: the checks of safety)',
    )
    .option('--size <name=number...>', 'a number of the scenario')
    .option('--cameras <count>', 'how many cameras come back at once')
    .option('--users <count>', 'how many people look at their events')
    .option(
      '--seed <number>',
      'of the first run; each run has the next (default: drawn, and printed)',
    )
    .option('--cache <which>', 'as for run')
    .option('--out <folder>', 'where the records go; of each version the last one is kept')
    .option(
      '--json',
      "print the result as JSON on standard output, and people's lines on standard error",
    )
    .addHelpText(
      'after',
      '\nExamples:\n  crosswire bisect --target ioredis --good 4.16.1 --bad 4.16.0\n  crosswire bisect --target redis --from 4.0.0 --to 5.0.0',
    )
    .action(async (words: BisectWords) => {
      process.exitCode = await bisectCommand(words);
    });
}

async function bisectCommand(words: BisectWords): Promise<number> {
  const options = await checkBisectWords(words);
  const out = options.json ? process.stderr : process.stdout;
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  using interrupt = listenForInterrupt();
  let result: BisectResult;
  try {
    result = await bisect(options, {
      say: (line) => void out.write(`${line}\n`),
      signal: interrupt.signal,
    });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    out.write('interrupted\n');
    return exitCodes.interrupted;
  }
  out.write(`\n${bisectLines(result).join('\n')}\nrecords  ${path.join(options.folder, 'runs')}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  return result.edge === null ? exitCodes.inconclusive : exitCodes.pass;
}
