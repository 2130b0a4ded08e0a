import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SelfAudit } from '../../reports/summary.ts';
import type { Plan } from '../model/plan.ts';
import type { Provider } from '../model/service.ts';
import type { Target } from '../model/target.ts';
import { loadTarget } from '../processes/load-target.ts';
import { providerFor, topologyProvider } from './cache-choice.ts';
import { conduct, type RunRequest } from './conduct.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import type { Interrupt } from './interrupt.ts';
import { judgeRecord } from './judgement.ts';
import { type Library, loadLibrary } from './library.ts';
import { crosswireVersion, libraryFolder, packageFolder, programFolder } from './package-facts.ts';
import { planned } from './planned.ts';
import { buildProgram } from './program.ts';
import type { Reaper } from './reaper-handle.ts';
import { replayLine } from './replay-line.ts';
import { requireFaults, requireNeeds } from './require-faults.ts';
import type { RunNotes } from './run-notes.ts';
import type { RunOptions } from './run-options.ts';
import { auditAttemptsMax, auditChoice, auditOptions, auditTarget } from './self-audit.ts';
import type { Stage } from './stage.ts';
import type { TargetChoice } from './target-choice.ts';
import { toxiproxyFor } from './toxiproxy-choice.ts';
import type { WebCacheEngine } from './web-cache.ts';
import { type WebCacheChoice, webCacheEngine } from './web-cache-choice.ts';
import { type Repetition, whatIf } from './what-if.ts';

export interface Surroundings {
  readonly interrupt: Interrupt;
  readonly stage: Stage;
  readonly reaper: Reaper;
}

/**
 * The audit, when one is wanted, and the run; returns the exit code. What cannot be had (a version, a cache) is found out before
 * anything runs. Rejects with UsageError then.
 */
export async function runSession(options: RunOptions, around: Surroundings): Promise<number> {
  const { interrupt, stage, reaper } = around;
  const subject = await loadSubject(options.target, around);
  const auditee = options.audit ? await loadSubject(auditChoice, around) : null;
  const { protocol } = subject.target;
  const provider = await providerFor(options.cache, { protocol, reaper });
  requireNeeds(subject.target, provider);
  const { cache: choice } = options;
  await requireFaults(planned(options), { choice, provider, protocol, reaper });
  const toxiproxy =
    options.faultEngine === 'toxiproxy' ? await toxiproxyFor(options.toxiproxy, reaper) : null;
  const performance = { options, around, provider, toxiproxy };
  // What is audited speaks RESP, whatever comes after it.
  const audited =
    protocol === 'resp' ? provider : await providerFor(undefined, { protocol: 'resp', reaper });
  const selfAudit =
    auditee === null ? null : await audit({ ...performance, provider: audited }, auditee);
  if (interrupt.signal.aborted) return exitCodes.interrupted;
  const without = await perform(performance, {
    subject,
    folder: options.folder,
    notes: { replay: replayLine(options), selfAudit },
  });
  const { summary } = without;
  const comparison =
    options.whatIf && !interrupt.signal.aborted
      ? await whatIf({
          plan: planned(options),
          without,
          folder: options.folder,
          say: (line) => stage.say(line),
          signal: interrupt.signal,
          repeat: (mitigation, folder) => {
            const mitigated = { ...options, mitigations: [mitigation] };
            const notes = { replay: replayLine(mitigated), selfAudit: null };
            return perform({ ...performance, options: mitigated }, { subject, folder, notes });
          },
        })
      : null;
  stage.result(summary, comparison);
  return interrupt.signal.aborted ? exitCodes.interrupted : exitCodeOf(summary.verdict.outcome);
}

/** What runs: a target, and its library at the version that was asked for. */
interface Subject {
  readonly choice: TargetChoice;
  readonly target: Target;
  readonly library: Library;
}

async function loadSubject(
  choice: TargetChoice,
  { interrupt, stage }: Surroundings,
): Promise<Subject> {
  const target = await loadTarget(choice.source);
  if (target.package === '')
    return { choice, target, library: 'bug' in target ? noLibrary : noneKnown };
  if (target.program !== undefined) {
    const library = await buildProgram(target, {
      version: choice.version,
      cacheFolder: programFolder(),
      signal: interrupt.signal,
      say: (line) => stage.say(line),
    });
    return { choice, target, library };
  }
  const library = await loadLibrary({
    spec: choice.version === undefined ? target.package : `${target.package}@${choice.version}`,
    package: target.package,
    ...(target.version === undefined ? {} : { defaultVersion: target.version }),
    companions: target.companions ?? {},
    entries: target.entries ?? [],
    cacheFolder: libraryFolder(),
    installedFrom: packageFolder(),
    npmCommand: ['npm'],
    signal: interrupt.signal,
    say: (line) => stage.say(line),
  });
  return { choice, target, library };
}

/** A control is a client by itself. */
const noLibrary: Library = { name: '', version: 'broken on purpose', path: '', companions: {} };

/** A program of somebody's own, in whatever version it is. */
const noneKnown: Library = { ...noLibrary, version: 'as it is' };

interface Performance {
  readonly options: RunOptions;
  readonly around: Surroundings;
  readonly provider: Provider;
  readonly toxiproxy: Provider | null;
}

interface Part {
  readonly subject: Subject;
  readonly folder: string;
  readonly notes: RunNotes;
}

async function engineFor(
  choice: WebCacheChoice | undefined,
  plan: Plan,
  { interrupt, stage }: Surroundings,
): Promise<WebCacheEngine> {
  return webCacheEngine(choice, plan, {
    path: process.env['PATH'] ?? '',
    node: process.execPath,
    scratchDirectory: tmpdir(),
    onProcess: () => undefined,
    cacheFolder: libraryFolder(),
    installedFrom: packageFolder(),
    npmCommand: ['npm'],
    signal: interrupt.signal,
    say: (line) => stage.say(line),
  });
}

/**
 * A short run of a version with a known bug: when the oracle does not see it, it proves nothing about another. The bug is a race, so a
 * run that misses it is tried again with the next seed.
 */
async function audit(performance: Performance, auditee: Subject): Promise<SelfAudit> {
  const { interrupt, stage } = performance.around;
  stage.say(
    `self-audit: ${auditTarget.target} ${auditTarget.targetVersion} is known to cross replies; the oracle must see it`,
  );
  let examined = 0;
  for (let attempt = 1; attempt <= auditAttemptsMax; attempt += 1) {
    const seen = await auditOnce(performance, { auditee, attempt });
    examined += seen.examined;
    if (seen.violations > 0) {
      stage.say(`self-audit: seen, ${seen.violations} pictures and list entries of strangers`);
      return { ...auditTarget, violations: seen.violations, examined };
    }
    if (interrupt.signal.aborted) break;
    stage.say(`self-audit: NOT seen in try ${attempt} of ${auditAttemptsMax}`);
  }
  stage.say('self-audit: this run can at best be inconclusive');
  return { ...auditTarget, violations: 0, examined };
}

async function auditOnce(
  performance: Performance,
  { auditee, attempt }: { readonly auditee: Subject; readonly attempt: number },
): Promise<Pick<SelfAudit, 'violations' | 'examined'>> {
  const { options } = performance;
  const name = attempt === 1 ? 'self-audit' : `self-audit-${attempt}`;
  const folder = path.join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  const { summary } = await perform(
    { ...performance, options: auditOptions(options, attempt) },
    { subject: auditee, folder, notes: { replay: '', selfAudit: null } },
  );
  const finding = summary.verdict.findings.find(({ check }) => check === 'own-data-only');
  if (finding === undefined || finding.outcome === 'inconclusive')
    return { violations: 0, examined: 0 };
  const violations = finding.outcome === 'fail' ? finding.count : 0;
  return { violations, examined: finding.examined };
}

/** Plan, run, judgement and reports. */
async function perform(
  { options, around, provider, toxiproxy }: Performance,
  { subject, folder, notes }: Part,
): Promise<Repetition> {
  const { interrupt, stage, reaper } = around;
  const { choice, target, library } = subject;
  const plan = planned(options);
  stage.begin({ plan, target: target.name, version: library.version });
  const request: RunRequest = {
    plan,
    target: {
      name: target.name,
      version: library.version,
      protocol: target.protocol,
      source: choice.source,
      libraryPath: library.path,
      companionPaths: library.companions,
      ...(target.unwrap === undefined ? {} : { unwrap: target.unwrap }),
      ...(target.keyPrefix === undefined ? {} : { keyPrefix: target.keyPrefix }),
    },
    provider:
      plan.cacheTopology === undefined
        ? provider
        : await topologyProvider(plan.cacheTopology, { choice: options.cache, reaper }),
    mitigations: options.mitigations,
    toxiproxy: options.faultEngine === 'toxiproxy' ? toxiproxy : null,
    webCacheEngine: await engineFor(options.webCacheEngine, plan, around),
    folder,
    backendPort: options.backendPort,
    wirePort: options.wirePort,
    fileLimit: options.fileLimit,
    crosswireVersion: crosswireVersion(),
    notes,
  };
  const { recordPath, backendMs } = await conduct(request, stage, {
    reaper,
    signal: interrupt.signal,
  });
  stage.clear();
  const reports = { folder, say: (line: string) => stage.say(line) };
  return { summary: judgeRecord(recordPath, { reports, fleet: options.fleet }), backendMs };
}
