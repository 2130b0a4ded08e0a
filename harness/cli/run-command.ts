import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { SelfAudit } from '../../reports/summary.ts';
import type { ScenarioSize } from '../model/scenario.ts';
import { planOf } from '../plan/plan.ts';
import { loadTarget } from '../processes/load-target.ts';
import { providerFor } from './cache-choice.ts';
import { conduct, type RunEnd } from './conduct.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import { requireFreePort } from './free-port.ts';
import { type Interrupt, listenForInterrupt } from './interrupt.ts';
import { judgeRecord } from './judgement.ts';
import { loadLibrary } from './library.ts';
import { crosswireVersion, libraryFolder, packageFolder } from './package-facts.ts';
import { type Reaper, startReaper } from './reaper-handle.ts';
import { replayLine } from './replay-line.ts';
import type { RunNotes } from './run-notes.ts';
import { checkRunWords, type RunOptions, type RunWords, type TargetChoice } from './run-options.ts';
import { auditSize, auditTarget } from './self-audit.ts';
import { type Stage, stageOn } from './stage.ts';

/** `crosswire run`: the main job. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .description('run a scenario against a target and judge it')
    .argument('[scenario]', 'crosswire list scenarios prints all', 'cache-outage')
    .option(
      '--target <name>',
      'NAME, NAME@VERSION or the path of a target file (default: the newest ioredis)',
    )
    .option(
      '--cache <which>',
      'embedded, process or redis://host:port (default: what this machine has)',
    )
    .option('--seed <number>', 'repeats the same plan (default: drawn, and printed)')
    .option('--cameras <count>', 'how many cameras come back at once (default: 2000)')
    .option('--users <count>', 'how many people look at their events (default: 500)')
    .option(
      '--size <name=number...>',
      'any other number of the scenario, as --dry-run and its file name them',
    )
    .option('--mitigation <name...>', 'switch a mitigation of the backend on')
    .option('--out <folder>', 'where the record and the reports go')
    .option(
      '--audit',
      'first prove on ioredis 4.16.0 that the oracle sees (default without --target)',
    )
    .option('--no-audit', 'leave that proof out')
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
  const options = checkRunWords(scenarioName, words);
  const { scenario, seed, size } = options;
  if (words.dryRun === true) {
    process.stdout.write(`${JSON.stringify(planOf(scenario, { seed, size }), null, 2)}\n`);
    return exitCodes.pass;
  }
  await requireFreePort('--backend-port', options.backendPort);
  await requireFreePort('--wire-port', options.wirePort);
  using interrupt = listenForInterrupt();
  const stage = stageOn({ json: options.json, quiet: options.quiet });
  const reaper = startReaper(process.execPath);
  try {
    return await new Session(options, { interrupt, stage, reaper }).run();
  } finally {
    stage.clear();
    await reaper.end();
  }
}

interface Surroundings {
  readonly interrupt: Interrupt;
  readonly stage: Stage;
  readonly reaper: Reaper;
}

/** One command's audit and run. */
class Session {
  readonly #options: RunOptions;
  readonly #around: Surroundings;

  constructor(options: RunOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
  }

  async run(): Promise<number> {
    const { stage } = this.#around;
    const { audit, folder, target } = this.#options;
    const selfAudit = audit ? await this.#audit() : null;
    if (selfAudit === 'interrupted') return exitCodes.interrupted;
    const notes = { replay: replayLine(this.#options), selfAudit };
    const end = await this.#conduct(target, { folder, size: this.#options.size, notes });
    stage.clear();
    const summary = judgeRecord(end.recordPath, folder);
    stage.result(summary);
    if (end.state === 'interrupted') return exitCodes.interrupted;
    return exitCodeOf(summary.verdict.outcome);
  }

  /** A short run of a version with a known bug: when the oracle does not see it, it proves nothing about another. */
  async #audit(): Promise<SelfAudit | 'interrupted'> {
    const { stage } = this.#around;
    const folder = path.join(this.#options.folder, 'self-audit');
    mkdirSync(folder, { recursive: true });
    stage.say(
      `self-audit: ${auditTarget.version} of ${auditTarget.name} is known to cross replies; the oracle must see it`,
    );
    const end = await this.#conduct(
      { source: { name: auditTarget.name }, version: auditTarget.version },
      { folder, size: auditSize(this.#options.scenario), notes: { replay: '', selfAudit: null } },
    );
    stage.clear();
    if (end.state === 'interrupted') return 'interrupted';
    const finding = judgeRecord(end.recordPath, folder).verdict.findings.find(
      ({ check }) => check === 'own-data-only',
    );
    const isCaught = finding?.outcome === 'fail';
    const audit: SelfAudit = {
      target: auditTarget.name,
      targetVersion: auditTarget.version,
      violations: isCaught ? finding.count : 0,
      examined: finding !== undefined && finding.outcome !== 'inconclusive' ? finding.examined : 0,
    };
    stage.say(
      isCaught
        ? `self-audit: seen, ${audit.violations} pictures and list entries of strangers`
        : 'self-audit: NOT seen, so this run can at best be inconclusive',
    );
    return audit;
  }

  async #conduct(
    target: TargetChoice,
    {
      folder,
      size,
      notes,
    }: { readonly folder: string; readonly size: ScenarioSize; readonly notes: RunNotes },
  ): Promise<RunEnd> {
    const { interrupt, stage, reaper } = this.#around;
    const { scenario, seed } = this.#options;
    const loaded = await loadTarget(target.source);
    const library = await loadLibrary({
      spec: target.version === undefined ? loaded.package : `${loaded.package}@${target.version}`,
      package: loaded.package,
      cacheFolder: libraryFolder(),
      installedFrom: packageFolder(),
      npmCommand: ['npm'],
      signal: interrupt.signal,
      say: (line) => stage.say(line),
    });
    const provider = await providerFor(this.#options.cache, reaper);
    const plan = planOf(scenario, { seed, size });
    stage.begin({ plan, target: loaded.name, version: library.version });
    return conduct(
      {
        plan,
        target: {
          name: loaded.name,
          version: library.version,
          source: target.source,
          libraryPath: library.path,
        },
        provider,
        mitigations: this.#options.mitigations,
        folder,
        backendPort: this.#options.backendPort,
        wirePort: this.#options.wirePort,
        fileLimit: this.#options.fileLimit,
        crosswireVersion: crosswireVersion(),
        notes,
      },
      stage,
      { reaper, signal: interrupt.signal },
    );
  }
}
