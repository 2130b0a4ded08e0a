import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { targetName } from '../../targets/clients/choose-target.ts';
import type { Command } from '../../targets/clients/stdio-target.ts';
import { controls } from '../../targets/controls/index.ts';
import { targets } from '../../targets/index.ts';
import type { Fault } from '../model/fault.ts';
import type { CacheTopology, Plan } from '../model/plan.ts';
import type { Target, TargetWords } from '../model/target.ts';
import { loadTarget, type TargetSource } from '../processes/load-target.ts';
import { quoted, unknown } from './options.ts';
import { UsageError } from './usage-error.ts';

export interface TargetChoice {
  readonly source: TargetSource;
  /** A version or range after the `@`; undefined means the installed one. */
  readonly version: string | undefined;
  /** How the target's cache has to be set up; undefined where any will do. */
  readonly topology: CacheTopology | undefined;
}

/** Reads `NAME[:VARIANT][?option=value&...][@VERSION]`, where NAME may be the path of a file, or `stdio:COMMAND`. Throws UsageError for what it cannot mean. */
function readTargetName(text: string): Omit<TargetChoice, 'topology'> {
  if (text.startsWith(stdioPrefix))
    return { source: { command: commandIn(text) }, version: undefined };
  const at = text.lastIndexOf('@');
  const [whole, version] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined];
  if (version === '') throw new UsageError(`--target ${quoted(text)} names no version after the @`);
  if (/^https?:/.test(whole)) {
    throw new UsageError(
      `--target ${quoted(text)}: systems that are already running cannot be driven yet; name a cache library`,
    );
  }
  const { groups = {} } = nameShape.exec(whole) ?? {};
  const { name = whole, variant, options } = groups;
  const words: TargetWords = {
    ...(variant === undefined ? {} : { variant }),
    ...(options === undefined ? {} : { options: optionsIn(options, text) }),
  };
  if (/[/\\]|\.[cm]?[jt]s$/.test(name)) {
    const file = path.resolve(name);
    if (!existsSync(file))
      throw new UsageError(`--target ${quoted(text)}: there is no file ${file}`);
    return { source: { path: file, ...words }, version };
  }
  if (Object.hasOwn(controls, name) && version !== undefined)
    throw new UsageError(`--target ${quoted(text)}: a control has no versions; name ${name}`);
  if (!Object.hasOwn(targets, name) && !Object.hasOwn(controls, name))
    throw unknown('target', name, [...Object.keys(targets), ...Object.keys(controls)]);
  return { source: { name, ...words }, version };
}

/** Any program that speaks the stdio protocol, where it is one cache client over RESP. */
const stdioPrefix = 'stdio:';

/** Words between spaces, as they are handed to the program; what needs more than that is named in a target file. */
function commandIn(text: string): Command {
  const [program, ...words] = text
    .slice(stdioPrefix.length)
    .split(' ')
    .filter((word) => word !== '');
  if (program === undefined)
    throw new UsageError(
      `--target ${quoted(text)} names no program; write 'stdio:PROGRAM WORD ...'`,
    );
  if (!canBeStarted(program))
    throw new UsageError(
      `--target ${quoted(text)}: there is no program ${program} that can be started here; give its path, or put it on PATH`,
    );
  return [program, ...words];
}

/** As a shell would look for it: along PATH unless it is written with a slash. */
function canBeStarted(program: string): boolean {
  const folders = program.includes('/') ? [''] : (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) => {
    try {
      accessSync(path.resolve(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A drive letter before a colon is part of a path. */
const nameShape = /^(?<name>[^?]{2,}?)(?::(?<variant>[^:/\\?]*))?(?:\?(?<options>.*))?$/su;

function optionsIn(text: string, whole: string): Readonly<Record<string, string>> {
  const pairs = text.split('&').map((pair): [string, string] => {
    const [, option = '', value = ''] = /^([^=]+)=([^=]+)$/.exec(pair) ?? [];
    if (option === '')
      throw new UsageError(
        `--target ${quoted(whole)}: ${quoted(pair)} is no option; write NAME?option=value&option=value`,
      );
    return [option, value];
  });
  const twice = pairs.find(([option], index) => pairs.findIndex(([one]) => one === option) < index);
  if (twice !== undefined)
    throw new UsageError(`--target ${quoted(whole)} names the option ${twice[0]} twice`);
  return Object.fromEntries(pairs);
}

export interface FittedTarget {
  readonly choice: TargetChoice;
  /** What was chosen beyond what was typed, for people. */
  readonly remark: string | undefined;
}

/**
 * The target that was named, or, where the plan needs a cluster and no variant was named, its variant for clusters. Rejects with
 * UsageError for words that the target does not know, and when there is no such variant.
 */
export async function fitTarget(text: string, plan: Plan | undefined): Promise<FittedTarget> {
  const named = readTargetName(text);
  const target = await load(named.source);
  requireOwnFlaw(target);
  const needed = plan?.cacheTopology;
  const fits = needed === undefined || target.topology === needed;
  // Behind Sentinels the wire itself leads to the primary, so every client of one server will do.
  if (fits || (needed === 'sentinel' && target.topology === undefined)) {
    if (target.topology === 'cluster') requireFaultsOfClusters(target, plan);
    return { choice: { ...named, topology: target.topology }, remark: undefined };
  }
  const fitting = Object.entries(target.variants ?? {}).find(
    ([, { topology }]) => topology === needed,
  );
  const scenario = plan?.scenario ?? '';
  if (fitting === undefined || named.source.variant !== undefined)
    throw new UsageError(
      `${scenario} needs ${needs[needed]}, and ${target.name} is not used with one; ${instead(target, needed, fitting?.[0])}`,
    );
  const source = { ...named.source, variant: fitting[0] };
  const { name } = await load(source);
  return {
    choice: { source, version: named.version, topology: needed },
    remark: `${scenario} needs ${needs[needed]}, so the target is ${name}`,
  };
}

/** A control whose flaw is not in its client would run as a correct one. */
function requireOwnFlaw(target: Target): void {
  if (!('flaw' in target)) return;
  throw new UsageError(
    `--target ${target.name}: what is broken there is not the client, so it runs in node scripts/catch-controls.ts only`,
  );
}

const needs: Readonly<Record<CacheTopology, string>> = {
  sentinel: 'a primary with a replica',
  cluster: 'a cluster',
};

function instead(target: Target, needed: CacheTopology, fitting: string | undefined): string {
  if (needed === 'sentinel') return `name ${plainName(target)}`;
  return fitting === undefined
    ? 'name another target'
    : `name ${targetName(plainName(target), { variant: fitting })}`;
}

function plainName({ name }: Target): string {
  return name.replace(/[:?].*$/su, '');
}

/** Faults of one server that the nodes of a cluster do not have. */
const faultsOfOneServer: ReadonlySet<Fault['kind']> = new Set([
  'loading',
  'limit-memory',
  'limit-connections',
]);

function requireFaultsOfClusters(target: Target, plan: Plan | undefined): void {
  const kinds = (plan?.steps ?? []).flatMap((step) =>
    step.type === 'fault-on' && faultsOfOneServer.has(step.fault.kind) ? [step.fault.kind] : [],
  );
  if (kinds.length === 0) return;
  throw new UsageError(
    `${plan?.scenario} has the fault ${kinds[0]}, which is for one server, and ${target.name} is used with a cluster; name ${plainName(target)}`,
  );
}

async function load(source: TargetSource): Promise<Target> {
  try {
    return await loadTarget(source);
  } catch (error) {
    throw new UsageError(`--target: ${error instanceof Error ? error.message : String(error)}`);
  }
}
