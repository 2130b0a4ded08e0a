import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Death } from '../processes/channel.ts';

/** How the process with the library under test ended when nobody had asked it to, as the record's environment keeps it. */
export interface TargetDeath {
  readonly how: string;
  readonly lines: readonly string[];
  /** The library, what it was used with, and what these need: a stack that passes through one of them is theirs. */
  readonly packages: readonly string[];
}

/** Adds the names of the packages that came with the library. */
export function targetDeath(
  { how, lines }: Death,
  {
    libraryPath,
    companionPaths,
  }: { readonly libraryPath: string; readonly companionPaths: Readonly<Record<string, string>> },
): TargetDeath {
  const files = [libraryPath, ...Object.values(companionPaths)].filter((file) => file !== '');
  return { how, lines, packages: [...new Set(files.flatMap(packagesOf))] };
}

interface About {
  readonly name?: unknown;
  readonly dependencies?: Readonly<Record<string, unknown>>;
}

/** The package that a file belongs to, and what that needs. */
function packagesOf(file: string): readonly string[] {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); ) {
    const about = aboutIn(folder);
    // Some packages have a package.json within, which says of what kind its files are and no more.
    if (typeof about?.name === 'string')
      return [about.name, ...Object.keys(about.dependencies ?? {})];
    folder = path.dirname(folder);
  }
  return [];
}

function aboutIn(folder: string): About | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as About;
  } catch {
    return undefined;
  }
}
