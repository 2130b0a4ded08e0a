import { accessSync, constants, mkdirSync } from 'node:fs';
import path from 'node:path';
import { closest } from 'fastest-levenshtein';
import { scenarios } from '../../scenarios/index.ts';
import type { Scenario } from '../model/scenario.ts';
import { UsageError } from './usage-error.ts';

const countMax = 1_000_000;

/** Reads a count from the command line: a whole number from `min` to `max`. Throws UsageError with the option, the value and the limit. */
export function count(
  option: string,
  text: string,
  { min = 1, max = countMax }: { readonly min?: number; readonly max?: number } = {},
): number {
  const number = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < min || number > max) {
    throw new UsageError(
      `${option} takes a whole number from ${min} to ${max}, got ${quoted(text)}`,
    );
  }
  return number;
}

/** Finds a scenario by its name. Throws UsageError with the nearest name. */
export function scenarioNamed(name: string): Scenario {
  const scenario = scenarios.get(name);
  if (scenario === undefined) throw unknown('scenario', name, [...scenarios.keys()]);
  return scenario;
}

/** The error for a word that is none of `known`: says which is nearest. */
export function unknown(what: string, word: string, known: readonly string[]): UsageError {
  const nearest = closest(word, known);
  return new UsageError(
    `there is no ${what} named ${quoted(word)}; did you mean ${nearest}? There are: ${known.join(', ')}`,
  );
}

/** Makes the folder for a run's record and reports. Throws UsageError when it cannot be made or written to. */
export function writableFolder(option: string, folder: string): string {
  const absolute = path.resolve(folder);
  try {
    mkdirSync(absolute, { recursive: true });
    accessSync(absolute, constants.W_OK | constants.X_OK);
    return absolute;
  } catch (error) {
    throw new UsageError(
      `${option} ${folder} cannot be written to (${codeOf(error)}): name a folder that you may write to`,
    );
  }
}

/** Throws UsageError unless the host is on this machine or was allowed by name. */
export function requireLocal(option: string, host: string, allowed: readonly string[]): void {
  const isLoopback =
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
  if (isLoopback || allowed.includes(host)) return;
  throw new UsageError(
    `${option} names ${host}, which is not this machine: crosswire breaks what it is pointed at, so add --allow-host ${host} if that is meant`,
  );
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
