import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import type { Availability } from '../model/service.ts';

/** A program that was found, and what it calls itself. */
export interface Program {
  readonly file: string;
  readonly name: string;
  readonly version: string;
}

/** What to look for, and how it tells its version. */
export interface ProgramSearch {
  /** What the PATH of the environment says. */
  readonly path: string;
  /** Any of these will do; of one folder the first is taken. */
  readonly names: readonly string[];
  readonly versionParameter: string;
  /** Finds the version, as the group of that name, in what it then says. */
  readonly versionPattern: RegExp;
}

const versionMsMax = 5_000;

/** Looks along PATH for a program that runs. Gives a sentence instead when there is none. */
export async function findProgram(
  search: ProgramSearch,
): Promise<Program | { readonly reason: string }> {
  const broken: string[] = [];
  for (const directory of search.path.split(delimiter).filter((entry) => isAbsolute(entry))) {
    for (const name of search.names) {
      const file = join(directory, name);
      if (!(await isExecutable(file))) continue;
      const version = await versionOf(file, search);
      if ('version' in version) return { file, name, version: version.version };
      broken.push(version.reason);
    }
  }
  return { reason: broken.join('; ') || nowhere(search.names) };
}

/** What a search found, in the words of `doctor`. */
export function availabilityOf(
  program: Program | { readonly reason: string },
  needs: string,
): Availability {
  if ('reason' in program) return { state: 'missing', says: program.reason, needs };
  return { state: 'available', says: `${program.name} ${program.version} (${program.file})` };
}

function nowhere([first = '', ...others]: readonly string[]): string {
  if (others.length === 0) return `${first} is not on PATH`;
  return `neither ${first} nor ${others.join(' nor ')} is on PATH`;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function versionOf(
  file: string,
  { versionParameter, versionPattern }: ProgramSearch,
): Promise<{ version: string } | { reason: string }> {
  const asked = `${file} ${versionParameter}`;
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [versionParameter], {
      timeout: versionMsMax,
    });
    const said = stdout + stderr;
    const version = versionPattern.exec(said)?.groups?.['version'];
    if (version !== undefined) return { version };
    return { reason: `${asked} does not say a version: ${said.slice(0, 200).trim()}` };
  } catch (error) {
    return { reason: `${asked} failed: ${(error as Error).message.trim()}` };
  }
}
