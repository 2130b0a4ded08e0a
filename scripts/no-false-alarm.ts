/**
 * Runs correct clients until so many operations have been checked, and says how many violations the oracle saw: each is a false
 * alarm, or a bug of ours. In turn: one scenario, as people run it, and then as many mini-runs as take about as long, under what
 * triggers the controls. A checked operation is a picture or list entry that somebody was given, an answer that named its viewer, or a
 * camera that was told its owner; each is counted once.
 *
 *     node scripts/no-false-alarm.ts --operations 10000000 --minutes 120
 *
 * What says that somebody was not served in time counts apart: on a machine that has other things to do that is true, and no false alarm.
 *
 * It goes on where it was stopped: figures are kept in crosswire-runs/no-false-alarm.json, or in `--state FILE`; records with a
 * violation are kept beside them. Ends with 1 when there was a violation, 2 when time was up first.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { $, argv } from 'zx';
import type { CheckName, Outcome } from '../harness/model/finding.ts';
import { miniRun } from '../harness/processes/mini-run.ts';
import type { RunJson } from '../reports/json.ts';
import { scenarios } from '../scenarios/index.ts';
import type { Trigger } from '../targets/controls/define-control.ts';
import { controls } from '../targets/controls/index.ts';
import { targets } from '../targets/index.ts';
import { findingsOf, miniRunChecks, safetyChecks } from './control-catch.ts';

interface Figures {
  /** Of the run that comes next. */
  seed: number;
  scenarioRuns: number;
  miniRuns: number;
  operations: number;
  seconds: number;
  /** By check: how much each examined, and how many violations it saw. */
  checks: Partial<
    Record<CheckName, { examined: number; violations: number; inconclusive: number }>
  >;
  /** Runs that did not end in a record, with their last words. */
  broken: string[];
}

interface Seen {
  readonly check: CheckName;
  readonly outcome: Outcome;
  readonly examined: number | null;
  readonly violations: number | null;
}

/** What a mini-run is asked for here: several times as much as to catch a control. */
const denseSize = { users: 24, troubleMs: 6_000, visitsPerSecond: 150, calmMs: 1_500 };
const miniRunsPerScenario = 4;
const clients = ['ioredis', 'redis'] as const;
/** What each operation is counted by. */
const counting: ReadonlySet<CheckName> = new Set(['own-data-only', 'mapping']);

const wanted = Number(argv['operations'] ?? 10_000_000);
const minutes = Number(argv['minutes'] ?? 60);
const statePath = path.resolve(String(argv['state'] ?? 'crosswire-runs/no-false-alarm.json'));
const entry = fileURLToPath(new URL('../harness/cli/entry.mjs', import.meta.url));
const require = createRequire(import.meta.url);

mkdirSync(path.dirname(statePath), { recursive: true });
const figures = stateAt(statePath);
const triggers = await survivable();
const scratch = mkdtempSync(path.join(tmpdir(), 'crosswire-no-false-alarm-'));
const startedMs = performance.now();
let spentMs = 0;
try {
  while (figures.operations < wanted && performance.now() - startedMs < minutes * 60_000) {
    const turn = figures.scenarioRuns + figures.miniRuns;
    if (turn % (miniRunsPerScenario + 1) === 0) await scenarioRun();
    else await denseRun();
    figures.seconds += (performance.now() - startedMs - spentMs) / 1_000;
    spentMs = performance.now() - startedMs;
    writeFileSync(statePath, `${JSON.stringify(figures, null, 2)}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
tell();

async function scenarioRun(): Promise<void> {
  const { seed } = figures;
  figures.seed += 1;
  const names = [...scenarios.keys()];
  const scenario = names[figures.scenarioRuns % names.length] ?? '';
  const client = clients[Math.floor(figures.scenarioRuns / names.length) % clients.length] ?? '';
  figures.scenarioRuns += 1;
  const out = path.join(scratch, `${scenario}-${seed}`);
  // Keyed by the address alone a web cache mixes people up, which is what that scenario is there to show.
  const key = scenario === 'web-cache-mixup' ? ['--web-cache-key', 'url-and-session'] : [];
  const words = ['run', scenario, '--target', client, '--seed', `${seed}`, '--json', '--out', out];
  const run = await $({
    nothrow: true,
    quiet: true,
  })`${process.execPath} ${entry} ${[...words, ...key]}`;
  const name = `${scenario}, ${client}, seed ${seed}`;
  if (run.stdout === '') {
    figures.broken.push(`${name}: ${run.stderr.trim().split('\n').at(-1) ?? ''}`);
    rmSync(out, { recursive: true, force: true });
    return;
  }
  note(name, { seen: (JSON.parse(run.stdout) as RunJson).findings, folder: out });
}

async function denseRun(): Promise<void> {
  const { seed } = figures;
  figures.seed += 1;
  const client = clients[figures.miniRuns % clients.length] ?? 'ioredis';
  const [trigger] = triggers.slice(figures.miniRuns % triggers.length);
  figures.miniRuns += 1;
  const folder = path.join(scratch, `mini-run-${seed}`);
  mkdirSync(folder);
  const load = targets[client];
  if (load === undefined) throw new Error(`there is no target ${client}`);
  const manifest = require(`${client}/package.json`) as { readonly version: string };
  const record = await miniRun({
    target: await load(),
    library: await import(client),
    version: manifest.version,
    ...(trigger === undefined ? {} : { trigger }),
    seed,
    folder,
    checks: miniRunChecks,
    size: denseSize,
  });
  const seen = findingsOf(record, folder).map(
    (finding): Seen => ({
      check: finding.check,
      outcome: finding.outcome,
      examined: finding.outcome === 'inconclusive' ? null : finding.examined,
      violations:
        finding.outcome === 'inconclusive' ? null : finding.outcome === 'fail' ? finding.count : 0,
    }),
  );
  note(`mini-run, ${client}, seed ${seed}, ${trigger?.says ?? 'load'}`, { seen, folder });
}

function note(
  name: string,
  { seen, folder }: { readonly seen: readonly Seen[]; readonly folder: string },
): void {
  let operations = 0;
  for (const { check, outcome, examined, violations } of seen) {
    const sum = (figures.checks[check] ??= { examined: 0, violations: 0, inconclusive: 0 });
    sum.examined += examined ?? 0;
    sum.violations += violations ?? 0;
    sum.inconclusive += outcome === 'inconclusive' ? 1 : 0;
    if (counting.has(check)) operations += examined ?? 0;
  }
  figures.operations += operations;
  const wrong = seen.filter(({ outcome }) => outcome === 'fail');
  if (!wrong.some(({ check }) => safetyChecks.has(check)))
    rmSync(folder, { recursive: true, force: true });
  else
    renameSync(folder, path.join(path.dirname(statePath), `false-alarm-${path.basename(folder)}`));
  const says = wrong.map(({ check, violations }) => `, ${check}: ${violations}`).join('');
  process.stdout.write(`${name}: ${operations.toLocaleString('en-US')} operations${says}\n`);
}

function tell(): void {
  const { operations, seconds, scenarioRuns, miniRuns, checks, broken } = figures;
  const sums = Object.entries(checks);
  const violations = sums
    .filter(([check]) => safetyChecks.has(check as CheckName))
    .reduce((sum, [, { violations }]) => sum + violations, 0);
  for (const [check, sum] of sums)
    process.stdout.write(
      `${check.padEnd(14)} ${sum.violations} violations, ${sum.examined.toLocaleString('en-US')} examined, inconclusive ${sum.inconclusive} times\n`,
    );
  for (const says of broken) process.stdout.write(`did not run: ${says}\n`);
  process.stdout.write(
    `${operations.toLocaleString('en-US')} operations of ${wanted.toLocaleString('en-US')} checked in ${scenarioRuns} scenario runs and ${miniRuns} mini-runs, ${violations} violations, ${Math.round(seconds)} s\n`,
  );
  process.exitCode = violations > 0 ? 1 : operations < wanted ? 2 : 0;
}

/** Triggers that a client needs no setting of its own for. */
async function survivable(): Promise<readonly Trigger[]> {
  const all = await Promise.all(Object.values(controls).map((load) => load()));
  return all.map(({ trigger }) => trigger).filter(({ neighbour = false }) => !neighbour);
}

function stateAt(file: string): Figures {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Figures;
  return {
    seed: 1,
    scenarioRuns: 0,
    miniRuns: 0,
    operations: 0,
    seconds: 0,
    checks: {},
    broken: [],
  };
}
