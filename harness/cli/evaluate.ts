import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism, release, type as systemType } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunKey, type Scorecard, scorecardOf } from '../../reports/scorecard.ts';
import { planOf } from '../plan/plan.ts';
import { type Job, lineUp } from './evaluate-lanes.ts';
import { drawnSeed, type EvaluateOptions } from './evaluate-options.ts';
import { roomOfMachine } from './evaluate-room.ts';
import { type ChildEnd, runInChild } from './evaluate-run.ts';
import { sizeWords } from './evaluate-set.ts';
import { type EvaluationState, keyOf, readState, withRun, writeState } from './evaluate-state.ts';
import { isFinished, runOf, runWords } from './evaluated-run.ts';
import { scenarioNamed } from './options.ts';
import { crosswireVersion } from './package-facts.ts';
import { auditAttemptsMax, auditSize, auditTarget } from './self-audit.ts';

interface Around {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs what was asked for and was not run before, and makes the scorecard of everything in the folder that was asked for. */
export async function evaluate(options: EvaluateOptions, around: Around): Promise<Scorecard> {
  const evaluation = new Evaluation(options, around);
  await evaluation.audit();
  await evaluation.runAll();
  return evaluation.scorecard();
}

/** Holds the state between runs that end side by side, and writes it after each; identity is the point, so a class. */
class Evaluation {
  readonly #options: EvaluateOptions;
  readonly #around: Around;
  readonly #keys: readonly RunKey[];
  readonly #tookMs = new Map<string, number[]>();
  #state: EvaluationState;

  constructor(options: EvaluateOptions, around: Around) {
    this.#options = options;
    this.#around = around;
    const { folder, scenarios, targets, sizes, repeats, cache = null } = options;
    const settings = {
      crosswire: crosswireVersion(),
      seed: options.seed,
      sizes: Object.fromEntries(sizes),
      cache,
    };
    this.#state = readState(folder, settings) ?? {
      format: 1,
      settings: { ...settings, seed: settings.seed ?? drawnSeed() },
      selfAudit: null,
      runs: [],
    };
    const { seed } = this.#state.settings;
    const seeds = Array.from({ length: repeats }, (_, index) => seed + index);
    // A budget that runs out leaves whole columns, which compare, rather than whole rows.
    this.#keys = seeds.flatMap((each) =>
      scenarios.flatMap((scenario) => targets.map((target) => ({ target, scenario, seed: each }))),
    );
  }

  /** Once for all runs: whether the oracle sees a bug that is known to be there. */
  async audit(): Promise<void> {
    const { audit } = this.#options;
    const { signal, say } = this.#around;
    if (!audit || this.#state.selfAudit !== null) return;
    say(
      `self-audit: ${auditTarget.target} ${auditTarget.targetVersion} is known to cross replies; the oracle must see it`,
    );
    let examined = 0;
    let violations = 0;
    for (let attempt = 0; attempt < auditAttemptsMax && violations === 0; attempt += 1) {
      const { result } = await this.#start('self-audit', [
        'cache-outage',
        '--target',
        `${auditTarget.target}@${auditTarget.targetVersion}`,
        '--seed',
        String(this.#state.settings.seed + attempt),
        ...sizeWords(auditSize),
      ]);
      if (signal.aborted) return;
      const own = result?.findings.find(({ check }) => check === 'own-data-only');
      violations = own?.violations ?? 0;
      examined += own?.examined ?? 0;
    }
    say(
      violations > 0
        ? `self-audit: seen, ${violations} things of strangers`
        : 'self-audit: NOT seen, so no cell can pass',
    );
    this.#keep({ ...this.#state, selfAudit: { ...auditTarget, violations, examined } });
  }

  async runAll(): Promise<void> {
    const { lanes, budgetMs } = this.#options;
    const { signal, say } = this.#around;
    const before = new Map(this.#state.runs.map((run) => [keyOf(run), run]));
    const keys = this.#keys.filter((key) => !isFinished(before.get(keyOf(key))));
    if (keys.length < this.#keys.length)
      say(`${this.#keys.length - keys.length} of ${this.#keys.length} runs are here from before`);
    const nowMs = (): number => performance.now();
    let ended = this.#keys.length - keys.length;
    const lineup = lineUp(
      keys.map((key) =>
        this.#job(key, (says) => {
          ended += 1;
          // What has to be done again counts when it is done.
          const left = Math.max(1, Math.ceil(lineup.leftMs() / 60_000));
          const rest = lineup.leftMs() === 0 ? '' : `; about ${left} min left`;
          say(`[${Math.min(ended, this.#keys.length)}/${this.#keys.length}] ${says}${rest}`);
        }),
      ),
      {
        lanesMax: lanes,
        hasRoom: roomOfMachine(),
        pause: async (ms) => pause(ms),
        nowMs,
        untilMs: budgetMs === undefined ? undefined : nowMs() + budgetMs,
        signal,
      },
    );
    if (keys.length > 0)
      say(
        `${keys.length} runs, about ${Math.ceil(lineup.leftMs() / 60_000)} min one after another; side by side as far as there is room`,
      );
    const left = await lineup.finish();
    if (left > 0 && !signal.aborted) say(`${left} runs were not begun: the budget is used up`);
  }

  scorecard(): Scorecard {
    const { targets, scenarios, repeats } = this.#options;
    const wanted = new Set(this.#keys.map(keyOf));
    const runs = this.#state.runs.filter((run) => wanted.has(keyOf(run)));
    const moments = runs
      .flatMap((run) => (run.ended === 'judged' ? [run.startedAt] : []))
      .toSorted();
    return scorecardOf({
      targets,
      scenarios,
      runs,
      header: {
        crosswire: this.#state.settings.crosswire,
        node: process.versions.node,
        system: `${systemType()} ${release()} ${process.arch}`,
        processors: availableParallelism(),
        seed: this.#state.settings.seed,
        repeats,
        from: moments[0] ?? null,
        to: moments.at(-1) ?? null,
        command: this.#command(),
        selfAudit: this.#state.selfAudit,
      },
    });
  }

  #job(key: RunKey, onEnd: (says: string) => void): Job {
    const { signal } = this.#around;
    return {
      expectedMs: () => this.#expectedMs(key.scenario),
      run: async (wasAlone) => {
        const fromMs = performance.now();
        const name = this.#nameOf(key);
        const end = await this.#start(name, [
          key.scenario,
          '--target',
          key.target,
          '--seed',
          String(key.seed),
          ...sizeWords(this.#options.sizes.get(key.scenario) ?? {}),
        ]);
        if (signal.aborted) return 'done';
        const run = runOf(key, { end, folder: this.#options.folder, name, alone: wasAlone() });
        const tookMs = performance.now() - fromMs;
        const took = this.#tookMs.get(key.scenario) ?? [];
        this.#tookMs.set(key.scenario, [...took, tookMs]);
        this.#keep(withRun(this.#state, run));
        const isCrowded = !isFinished(run) && run.ended === 'judged';
        onEnd(
          `${key.target} ${key.scenario}: ${runWords(run)} (${Math.round(tookMs / 1_000)} s)${isCrowded ? ', to be run again alone' : ''}`,
        );
        return isCrowded ? 'crowded' : 'done';
      },
    };
  }

  async #start(name: string, words: readonly string[]): Promise<ChildEnd> {
    const { cache, allowHosts, folder } = this.#options;
    const own = path.join(folder, name);
    rmSync(own, { recursive: true, force: true });
    mkdirSync(own, { recursive: true });
    return runInChild(
      {
        words: [
          ...words,
          ...(cache === undefined ? [] : ['--cache', cache]),
          ...(allowHosts.length === 0 ? [] : ['--allow-host', ...allowHosts]),
          '--no-audit',
          '--out',
          own,
        ],
        logPath: path.join(own, 'run.log'),
        withinMs: runMsMax,
      },
      this.#around.signal,
    );
  }

  /** Of the scenario's runs so far, or its plan and what comes around it. */
  #expectedMs(scenario: string): number {
    const took = this.#tookMs.get(scenario) ?? [];
    if (took.length > 0) return took.reduce((sum, ms) => sum + ms, 0) / took.length;
    const whole = scenarioNamed(scenario);
    const size = { ...whole.size, ...this.#options.sizes.get(scenario) };
    const { steps } = planOf(whole, { seed: 1, size });
    return (
      aroundMs +
      Math.max(0, ...steps.map((step) => (step.type === 'phase' ? step.atMs + step.forMs : 0)))
    );
  }

  #keep(state: EvaluationState): void {
    this.#state = state;
    writeState(this.#options.folder, state);
  }

  #nameOf({ target, scenario, seed }: RunKey): string {
    const plain = target.replaceAll(/[^\w.@=-]+/g, '_');
    const row = this.#options.targets.indexOf(target);
    const isUnlike = plain === target ? '' : `-${row + 1}`;
    return path.join('runs', `${plain}${isUnlike}`, scenario, `seed-${seed}`);
  }

  #command(): string {
    const { targets, scenarios, repeats, cache, isFull, typedSizes } = this.#options;
    return [
      'crosswire evaluate',
      `--targets ${inShell(targets.join(','))}`,
      `--scenarios ${scenarios.join(',')}`,
      `--seed ${this.#state.settings.seed}`,
      ...(repeats === 1 ? [] : [`--repeats ${repeats}`]),
      ...(cache === undefined ? [] : [`--cache ${cache}`]),
      ...(isFull ? ['--full-size'] : []),
      ...(typedSizes.length === 0 ? [] : [`--size ${typedSizes.join(' ')}`]),
    ].join(' ');
  }
}

/** Setting up and judging come on top of the plan. */
const aroundMs = 5_000;
/** No scenario takes longer than a few minutes: one that does hangs. */
const runMsMax = 900_000;

function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
