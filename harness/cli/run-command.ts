import type { Command } from 'commander';
import { exitCodes } from './exit-code.ts';
import { fleetSays } from './fleet-option.ts';
import { requireFreePort } from './free-port.ts';
import { listenForInterrupt } from './interrupt.ts';
import { planned } from './planned.ts';
import { startReaper } from './reaper-handle.ts';
import { checkRunWords, type RunWords } from './run-options.ts';
import { runSession } from './session.ts';
import { stageOn } from './stage.ts';

/** `crosswire run`: the main job. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('run a scenario against a target and judge it')
    .argument('[scenario]', 'crosswire list scenarios prints all', 'cache-outage')
    .option(
      '--target <name>',
      'NAME[:VARIANT][?option=value&...][@VERSION], or the path of a target file (default: the newest ioredis)',
    )
    .option(
      '--cache <which>',
      'embedded, process, container, redis://host:port or memcached://host:port (default: what this machine has)',
    )
    .option('--seed <number>', 'repeats the same plan (default: drawn, and printed)')
    .option('--cameras <count>', 'how many cameras come back at once (default: 2000)')
    .option('--users <count>', 'how many people look at their events (default: 500)')
    .option(
      '--size <name=number...>',
      'any other number of the scenario, as --dry-run and its file name them',
    )
    .option('--mitigation <name...>', 'switch a mitigation of the backend on')
    .option('--faults <engine>', 'wire, or toxiproxy for faults without a position (default: wire)')
    .option(
      '--toxiproxy <which>',
      'process, container, container:IMAGE or http://host:port (default: on PATH, or else a container)',
    )
    .option(
      '--web-cache <which>',
      'nginx, varnish, embedded, or a library NAME[@VERSION] in a gateway: undici, cacheable-request, axios-cache-interceptor, apicache',
    )
    .option('--web-cache-key <key>', 'url-and-session, or url: the mistake')
    .option(
      '--web-cache-answers <say>',
      'what the backend says of caching: nothing, private or vary (default: nothing; vary for a library)',
    )
    .option('--out <folder>', 'where the record and the reports go')
    .option(
      '--audit',
      'first prove on ioredis 4.16.0 that the oracle sees (default without --target)',
    )
    .option('--no-audit', 'leave that proof out')
    .option('--fleet <users>', fleetSays)
    .option('--what-if', 'repeat the plan with each mitigation alone, and compare')
    .option('--backend-port <port>', 'a fixed port for the backend')
    .option('--wire-port <port>', 'a fixed port for the wire in front of the cache')
    .option('--allow-host <host...>', 'allow an address that is not this machine')
    .option('--dry-run', 'print the plan and do nothing')
    .option(
      '--json',
      "print the result as JSON on standard output, and people's lines on standard error",
    )
    .option('--quiet', 'print the verdict only')
    .addHelpText(
      'after',
      '\nExamples:\n  crosswire run cache-outage --target redis --seed 7\n  crosswire run cache-outage --target ioredis@4.16.0 --cameras 500 --json',
    )
    .action(async (scenario: string, words: RunWords) => {
      process.exitCode = await runCommand(scenario, words);
    });
}

/** Carries the command out and returns its exit code. Throws UsageError before anything was started or written. */
async function runCommand(scenarioName: string, words: RunWords): Promise<number> {
  const options = await checkRunWords(scenarioName, words);
  if (words.dryRun === true) {
    process.stdout.write(`${JSON.stringify(planned(options), null, 2)}\n`);
    return exitCodes.pass;
  }
  await requireFreePort('--backend-port', options.backendPort);
  await requireFreePort('--wire-port', options.wirePort);
  using interrupt = listenForInterrupt();
  const stage = stageOn({ json: options.json, quiet: options.quiet });
  if (options.remark !== undefined) stage.say(options.remark);
  const reaper = startReaper(process.execPath);
  try {
    return await runSession(options, { interrupt, stage, reaper });
  } catch (error) {
    // Whatever an interrupt broke off before there was a record is no fault of anybody's.
    if (!interrupt.signal.aborted) throw error;
    stage.say('interrupted before anything was broken');
    return exitCodes.interrupted;
  } finally {
    stage.clear();
    await reaper.end();
  }
}
