import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Mitigation, mitigationNames } from '../../targets/backend/mitigations.ts';
import type { CacheTopology, Plan, WebCacheAnswers, WebCacheKey } from '../model/plan.ts';
import type { Scenario, ScenarioSize } from '../model/scenario.ts';
import { planOf } from '../plan/plan.ts';
import { type CacheChoice, cacheChoice } from './cache-choice.ts';
import { engineRefusal, type FaultEngine } from './fault-engine.ts';
import { fileLimitFor } from './file-limit.ts';
import { fleetOf } from './fleet-option.ts';
import { count, quoted, scenarioNamed, unknown, writableFolder } from './options.ts';
import { fitTarget, type TargetChoice } from './target-choice.ts';
import { type ToxiproxyChoice, toxiproxyChoice } from './toxiproxy-choice.ts';
import { UsageError } from './usage-error.ts';
import { type WebCacheChoice, webCacheChoice } from './web-cache-choice.ts';

/** What commander hands over: words as they were typed. */
export interface RunWords {
  readonly target?: string;
  readonly cache?: string;
  readonly seed?: string;
  readonly cameras?: string;
  readonly users?: string;
  readonly out?: string;
  readonly size?: readonly string[];
  readonly mitigation?: readonly string[];
  readonly webCache?: string;
  readonly webCacheKey?: string;
  readonly webCacheAnswers?: string;
  readonly faults?: string;
  readonly toxiproxy?: string;
  readonly allowHost?: readonly string[];
  readonly backendPort?: string;
  readonly wirePort?: string;
  readonly audit?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly fleet?: string;
  readonly whatIf?: boolean;
  readonly dryRun?: boolean;
}

/** The same, checked. */
export interface RunOptions {
  readonly scenario: Scenario;
  readonly size: ScenarioSize;
  readonly seed: number;
  readonly target: TargetChoice;
  /** What was chosen beyond what was typed, for people. */
  readonly remark: string | undefined;
  readonly cache: CacheChoice;
  readonly folder: string;
  readonly mitigations: readonly Mitigation[];
  /** Undefined for the best that is here. */
  readonly webCacheEngine: WebCacheChoice | undefined;
  /** Undefined for the scenario's own. */
  readonly webCacheKey: WebCacheKey | undefined;
  /** What the backend's answers say of caching; undefined for what the scenario and the engine say. */
  readonly webCacheAnswers: WebCacheAnswers | undefined;
  readonly faultEngine: FaultEngine;
  /** Which Toxiproxy; undefined for the best that is here. */
  readonly toxiproxy: ToxiproxyChoice;
  readonly backendPort: number;
  readonly wirePort: number;
  readonly fileLimit: number | undefined;
  readonly audit: boolean;
  /** How many users to scale the blast radius to; undefined when none was named. */
  readonly fleet: number | undefined;
  /** Whether the plan is repeated with each mitigation alone. */
  readonly whatIf: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

const seedMax = 2 ** 31 - 1;
const portMax = 65_535;

const usualTarget: TargetChoice = {
  source: { name: 'ioredis' },
  version: undefined,
  topology: undefined,
};

/** Checks everything that was typed and gathers every mistake. Rejects with one UsageError with a line for each. */
export async function checkRunWords(scenarioName: string, words: RunWords): Promise<RunOptions> {
  const mistakes: string[] = [];
  const attempt = <T>(read: () => T, instead: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      mistakes.push(error.message);
      return instead;
    }
  };
  const attemptLater = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      mistakes.push(error.message);
      return undefined;
    }
  };
  const number = (
    option: string,
    text: string | undefined,
    otherwise: number,
    range: { readonly min: number; readonly max?: number },
  ): number =>
    text === undefined ? otherwise : attempt(() => count(option, text, range), otherwise);

  const scenario = attempt<Scenario | undefined>(() => scenarioNamed(scenarioName), undefined);
  const cameras = number('--cameras', words.cameras, scenario?.size.cameras ?? 1, { min: 1 });
  // With one user no picture could be a stranger's, and a run that cannot fail says nothing.
  const users = number('--users', words.users, scenario?.size.users ?? 2, { min: 2 });
  const size =
    scenario === undefined
      ? undefined
      : attempt(() => sizeTurned(scenario, words.size ?? []), scenario.size);
  const seed = number('--seed', words.seed, randomInt(1, 1_000_000), { min: 0, max: seedMax });
  const { webCache, webCacheKey, webCacheAnswers } = words;
  if ([webCache, webCacheKey, webCacheAnswers].some((word) => word !== undefined)) {
    attempt(() => requireWebCache(scenario), undefined);
  }
  const fitted = await attemptLater(() =>
    fitTarget(words.target ?? 'ioredis', scenario === undefined ? undefined : usualPlan(scenario)),
  );
  const fileLimit = attempt(() => neededFileLimit(cameras), undefined);
  const options = {
    seed,
    target: fitted?.choice ?? usualTarget,
    remark: fitted?.remark,
    cache: attempt<CacheChoice>(() => cacheChoice(words.cache, words.allowHost ?? []), undefined),
    mitigations: attempt(() => mitigationsNamed(words.mitigation ?? []), []),
    webCacheEngine: attempt<WebCacheChoice | undefined>(() => webCacheChoice(webCache), undefined),
    webCacheKey: attempt(
      () => oneOf('--web-cache-key', webCacheKey, ['url', 'url-and-session'] as const),
      undefined,
    ),
    webCacheAnswers: attempt(
      () => oneOf('--web-cache-answers', webCacheAnswers, ['nothing', 'private', 'vary'] as const),
      undefined,
    ),
    faultEngine: attempt(
      () => faultEngineFor(words.faults, { scenario, topology: fitted?.choice.topology }),
      'wire',
    ),
    toxiproxy: attempt<ToxiproxyChoice>(() => toxiproxyOf(words), undefined),
    backendPort: number('--backend-port', words.backendPort, 0, { min: 0, max: portMax }),
    wirePort: number('--wire-port', words.wirePort, 0, { min: 0, max: portMax }),
    fileLimit,
    audit: words.audit ?? words.target === undefined,
    fleet: attempt(() => fleetOf(words.fleet), undefined),
    whatIf: attempt(() => whatIfWanted(words), false),
    json: words.json ?? false,
    quiet: words.quiet ?? false,
  };
  // The folder comes last: nothing is made on disk for a command that is wrong anyway.
  const folder =
    mistakes.length > 0 || words.dryRun === true
      ? ''
      : attempt(() => recordFolder(words.out, scenarioName, seed), '');
  if (scenario === undefined || mistakes.length > 0)
    throw new UsageError(mistakes.join('\ncrosswire: '));
  return { ...options, scenario, size: { ...size, cameras, users }, folder };
}

function whatIfWanted({ whatIf = false, mitigation = [] }: RunWords): boolean {
  if (whatIf && mitigation.length > 0)
    throw new UsageError(
      '--what-if compares the plan without mitigations to each of them alone: leave --mitigation out',
    );
  return whatIf;
}

function faultEngineFor(
  text: string | undefined,
  {
    scenario,
    topology,
  }: {
    readonly scenario: Scenario | undefined;
    readonly topology: CacheTopology | undefined;
  },
): FaultEngine {
  const engine = oneOf('--faults', text, ['wire', 'toxiproxy'] as const) ?? 'wire';
  if (scenario === undefined) return engine;
  if (engine !== 'wire' && topology === 'cluster')
    throw new UsageError(
      `--faults ${engine}: the nodes of a cluster send clients past it, to the wire; leave --faults out`,
    );
  const refusal = engineRefusal(engine, usualPlan(scenario));
  if (refusal !== null) throw new UsageError(`--faults ${engine}, ${scenario.name}: ${refusal}`);
  return engine;
}

function toxiproxyOf({ toxiproxy, faults, allowHost = [] }: RunWords): ToxiproxyChoice {
  if (toxiproxy !== undefined && faults !== 'toxiproxy')
    throw new UsageError('--toxiproxy says which one, and is for --faults toxiproxy: add that');
  return toxiproxyChoice(toxiproxy, allowHost);
}

/** For what holds of a scenario whatever its seed and size. */
function usualPlan(scenario: Scenario): Plan {
  return planOf(scenario, { seed: 1, size: scenario.size });
}

function requireWebCache(scenario: Scenario | undefined): undefined {
  if (scenario === undefined || usualPlan(scenario).webCache !== undefined) return;
  throw new UsageError(
    `--web-cache, --web-cache-key and --web-cache-answers are for scenarios with a shared HTTP cache, and ${scenario.name} has none`,
  );
}

function oneOf<const Word extends string>(
  option: string,
  text: string | undefined,
  known: readonly Word[],
): Word | undefined {
  if (text === undefined) return undefined;
  const word = known.find((each) => each === text);
  if (word === undefined)
    throw new UsageError(`${option} takes ${known.join(' or ')}, got ${quoted(text)}`);
  return word;
}

/** `name=number` for any number of a scenario's size. */
function sizeTurned(scenario: Scenario, words: readonly string[]): ScenarioSize {
  const turned: Record<string, number> = { ...scenario.size };
  for (const word of words) {
    const [name = '', text = ''] = word.split('=');
    if (!Object.hasOwn(turned, name)) throw unknown('size', name, Object.keys(turned));
    turned[name] = count(`--size ${name}`, text, { min: 1 });
  }
  return { ...scenario.size, ...turned };
}

function mitigationsNamed(names: readonly string[]): readonly Mitigation[] {
  return names.map((name) => {
    const mitigation = mitigationNames.find((known) => known === name);
    if (mitigation === undefined) throw unknown('mitigation', name, mitigationNames);
    return mitigation;
  });
}

function neededFileLimit(cameras: number): number | undefined {
  const needed = fileLimitFor(cameras);
  if ('problem' in needed) throw new UsageError(needed.problem);
  return needed.limit;
}

function recordFolder(out: string | undefined, scenarioName: string, seed: number): string {
  const stamp = new Date().toISOString().replaceAll(/[:-]/g, '').slice(0, 15);
  const folder = writableFolder(
    '--out',
    out ?? path.join('crosswire-runs', `${stamp}-${scenarioName}-seed-${seed}`),
  );
  if (existsSync(path.join(folder, 'record.sqlite'))) {
    throw new UsageError(
      `--out ${folder} already holds the record of a run: name another folder, or move it away`,
    );
  }
  return folder;
}
