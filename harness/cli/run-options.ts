import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Mitigation, mitigationNames } from '../../targets/backend/mitigations.ts';
import { targets } from '../../targets/index.ts';
import type { WebCacheKey } from '../model/plan.ts';
import type { Scenario, ScenarioSize } from '../model/scenario.ts';
import { planOf } from '../plan/plan.ts';
import type { TargetSource } from '../processes/load-target.ts';
import { type CacheChoice, cacheChoice } from './cache-choice.ts';
import { engineRefusal, type FaultEngine } from './fault-engine.ts';
import { fileLimitFor } from './file-limit.ts';
import { count, quoted, scenarioNamed, unknown, writableFolder } from './options.ts';
import { UsageError } from './usage-error.ts';
import type { WebCacheEngine } from './web-cache.ts';

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
  readonly faults?: string;
  readonly allowHost?: readonly string[];
  readonly backendPort?: string;
  readonly wirePort?: string;
  readonly audit?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
}

/** The same, checked. */
export interface RunOptions {
  readonly scenario: Scenario;
  readonly size: ScenarioSize;
  readonly seed: number;
  readonly target: TargetChoice;
  readonly cache: CacheChoice;
  readonly folder: string;
  readonly mitigations: readonly Mitigation[];
  /** Undefined for the best that is here. */
  readonly webCacheEngine: WebCacheEngine | undefined;
  /** Undefined for the scenario's own. */
  readonly webCacheKey: WebCacheKey | undefined;
  readonly faultEngine: FaultEngine;
  readonly backendPort: number;
  readonly wirePort: number;
  readonly fileLimit: number | undefined;
  readonly audit: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface TargetChoice {
  readonly source: TargetSource;
  /** A version or range after the `@`; undefined means the installed one. */
  readonly version: string | undefined;
}

const seedMax = 2 ** 31 - 1;
const portMax = 65_535;

/** Checks everything that was typed and gathers every mistake. Throws one UsageError with a line for each. */
export function checkRunWords(scenarioName: string, words: RunWords): RunOptions {
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
  if (words.webCache !== undefined || words.webCacheKey !== undefined) {
    attempt(() => requireWebCache(scenario), undefined);
  }
  const fileLimit = attempt(() => neededFileLimit(cameras), undefined);
  const options = {
    seed,
    target: attempt(() => targetChoice(words.target ?? 'ioredis'), {
      source: { name: 'ioredis' },
      version: undefined,
    }),
    cache: attempt<CacheChoice>(() => cacheChoice(words.cache, words.allowHost ?? []), undefined),
    mitigations: attempt(() => mitigationsNamed(words.mitigation ?? []), []),
    webCacheEngine: attempt(
      () => oneOf('--web-cache', words.webCache, ['nginx', 'embedded'] as const),
      undefined,
    ),
    webCacheKey: attempt(
      () => oneOf('--web-cache-key', words.webCacheKey, ['url', 'url-and-session'] as const),
      undefined,
    ),
    faultEngine: attempt(() => faultEngineFor(words.faults, scenario), 'wire'),
    backendPort: number('--backend-port', words.backendPort, 0, { min: 0, max: portMax }),
    wirePort: number('--wire-port', words.wirePort, 0, { min: 0, max: portMax }),
    fileLimit,
    audit: words.audit ?? words.target === undefined,
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

/** `NAME`, `NAME@VERSION`, or the path of a file whose default export is a target, also with `@VERSION`. */
function targetChoice(text: string): TargetChoice {
  const at = text.lastIndexOf('@');
  const [name, version] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined];
  if (version === '') throw new UsageError(`--target ${quoted(text)} names no version after the @`);
  if (/^https?:/.test(name)) {
    throw new UsageError(
      `--target ${quoted(text)}: systems that are already running cannot be driven yet; name a cache library`,
    );
  }
  if (/[/\\]|\.[cm]?[jt]s$/.test(name)) {
    const file = path.resolve(name);
    if (!existsSync(file))
      throw new UsageError(`--target ${quoted(text)}: there is no file ${file}`);
    return { source: { path: file }, version };
  }
  if (!Object.hasOwn(targets, name)) throw unknown('target', name, Object.keys(targets));
  return { source: { name }, version };
}

function faultEngineFor(text: string | undefined, scenario: Scenario | undefined): FaultEngine {
  const engine = oneOf('--faults', text, ['wire', 'toxiproxy'] as const) ?? 'wire';
  if (scenario === undefined) return engine;
  const refusal = engineRefusal(engine, planOf(scenario, { seed: 1, size: scenario.size }));
  if (refusal !== null) throw new UsageError(`--faults ${engine}, ${scenario.name}: ${refusal}`);
  return engine;
}

function requireWebCache(scenario: Scenario | undefined): undefined {
  if (
    scenario === undefined ||
    planOf(scenario, { seed: 1, size: scenario.size }).webCache !== undefined
  )
    return;
  throw new UsageError(
    `--web-cache and --web-cache-key are for scenarios with a shared HTTP cache, and ${scenario.name} has none`,
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
