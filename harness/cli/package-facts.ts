import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds our package.json, whether we run from source or from `dist`. */
export function packageFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 6; depth += 1) {
    try {
      const facts = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
        readonly name?: string;
      };
      if (facts.name === 'crosswire') return folder;
    } catch {
      // Not here: one folder further up.
    }
    folder = path.dirname(folder);
  }
  throw new Error(`there is no package.json of crosswire above ${fileURLToPath(import.meta.url)}`);
}

export function crosswireVersion(): string {
  const facts = JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return facts.version;
}

function dependencyText(file: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(file), 'utf8');
}

/** Where versions of libraries that were fetched once are kept, for all runs of this user. */
export function libraryFolder(): string {
  return path.join(cacheFolder(), 'libraries');
}

/** Where programs in other languages are kept, each built with one version of its library. */
export function programFolder(): string {
  return path.join(cacheFolder(), 'programs');
}

function cacheFolder(): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'crosswire');
}

/** The chart library, as the HTML report puts it into the page. */
export function reportAssets(): { readonly uplotScript: string; readonly uplotStyle: string } {
  return {
    uplotScript: dependencyText('uplot/dist/uPlot.iife.min.js'),
    uplotStyle: dependencyText('uplot/dist/uPlot.min.css'),
  };
}
