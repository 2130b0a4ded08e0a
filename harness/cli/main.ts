import { Command, CommanderError } from 'commander';
import { RecordError } from '../record/record-error.ts';
import { addBisectCommand } from './bisect-command.ts';
import { addEvaluateCommand } from './evaluate-command.ts';
import { exitCodes } from './exit-code.ts';
import { addJudgeCommand, addReportCommand } from './judge-command.ts';
import { addDoctorCommand, addListCommand } from './look-commands.ts';
import { crosswireVersion } from './package-facts.ts';
import { addRunCommand } from './run-command.ts';
import { UsageError } from './usage-error.ts';

/** The program: the one place that reads the command line and sets the exit code. */
const program = new Command('crosswire')
  .description(
    "Take down the cache, bring every camera back at once, and prove that nobody is shown a stranger's home.",
  )
  .version(crosswireVersion())
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(asOneLine(text)) })
  .showHelpAfterError(false)
  .addHelpText(
    'after',
    '\nExit codes: 0 pass, 1 fail, 2 inconclusive, 64 wrong usage, 70 our own fault, 130 interrupted',
  );

for (const add of [
  addRunCommand,
  addEvaluateCommand,
  addBisectCommand,
  addListCommand,
  addDoctorCommand,
  addJudgeCommand,
  addReportCommand,
])
  add(program);
// Subcommands take over these settings only when they are copied by hand.
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeAfter(error);
}

/** Commander puts what was meant on a second line. */
function asOneLine(text: string): string {
  return `${text
    .replace(/^error: /, 'crosswire: ')
    .trim()
    .replaceAll('\n', ' ')}\n`;
}

/** Says what went wrong in one line and picks the exit code for it. */
function exitCodeAfter(error: unknown): number {
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
  if (error instanceof UsageError || error instanceof RecordError) {
    process.stderr.write(`crosswire: ${error.message}\n`);
    return exitCodes.usage;
  }
  const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`crosswire: this is our own fault, please report it: ${says}\n`);
  return exitCodes.ourFault;
}
