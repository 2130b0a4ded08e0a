import { renderJson } from '../../reports/json.ts';
import { phaseLine, progressLine } from '../../reports/progress.ts';
import type { RunSummary } from '../../reports/summary.ts';
import { renderTerminal } from '../../reports/terminal.ts';
import { renderWhatIfTerminal, type WhatIf } from '../../reports/what-if.ts';
import type { FleetProgress } from '../fleet/fleet.ts';
import type { PhaseStep, Plan } from '../model/plan.ts';
import type { Audience } from './conduct.ts';

/** What people see while a run goes on, and at its end. */
export interface Stage extends Audience {
  begin(run: { readonly plan: Plan; readonly target: string; readonly version: string }): void;
  say(line: string): void;
  /** Takes the progress line off the terminal. */
  clear(): void;
  result(summary: RunSummary, whatIf?: WhatIf | null): void;
}

const clearLine = '\r\u001B[2K';

/** With `json`, standard output holds the result alone and people's lines go to standard error; with `quiet`, only the verdict is printed. */
export function stageOn({
  json,
  quiet,
}: {
  readonly json: boolean;
  readonly quiet: boolean;
}): Stage {
  const out = json ? process.stderr : process.stdout;
  // Whoever reads our output may stop reading (`| head`); the run goes on, and its exit code stands.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const isLive = out.isTTY && !quiet;
  const colour = out.isTTY && process.env['NO_COLOR'] === undefined;
  let phases: readonly PhaseStep[] = [];
  let population = 0;
  let reads = 0;
  let startedNs = 0n;
  const clear = (): void => {
    if (isLive) out.write(clearLine);
  };
  const say = (line: string): void => {
    if (quiet) return;
    clear();
    out.write(`${line}\n`);
  };
  return {
    say,
    clear,
    begin: ({ plan, target, version }) => {
      phases = plan.steps.filter((step) => step.type === 'phase');
      population = plan.population.devices.length;
      reads = 0;
      say(
        `${plan.scenario}  seed ${plan.seed}  target ${target} ${version}  node ${process.versions.node}`,
      );
    },
    onService: (says) => say(`serving: ${says}`),
    onPhase: ({ name, forMs }) => {
      if (name === phases[0]?.name) startedNs = process.hrtime.bigint();
      const fromMs = phases.find((phase) => phase.name === name)?.atMs ?? 0;
      if (!isLive) say(phaseLine({ name, fromMs, forMs }));
    },
    onSwept: (says) => say(`stored: ${says}`),
    onProgress: (progress: FleetProgress) => {
      reads += progress.picturesChecked;
      if (!isLive) return;
      const line = progressLine(
        {
          phases: phases.map(({ name, atMs, forMs }) => ({ name, fromMs: atMs, forMs })),
          elapsedMs: Number(process.hrtime.bigint() - startedNs) / 1e6,
          camerasConnected: progress.camerasConnected,
          cameras: population,
          reads,
        },
        { colour },
      );
      out.write(clearLine + line);
    },
    result: (summary, whatIf = null) => {
      out.write(`${renderTerminal(summary, { colour })}\n`);
      if (whatIf !== null) out.write(`\n${renderWhatIfTerminal(whatIf, { colour })}\n`);
      if (json) process.stdout.write(renderJson(summary, whatIf));
    },
  };
}
