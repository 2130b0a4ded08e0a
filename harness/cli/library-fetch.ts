import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Npm, runNpm } from './npm.ts';

export interface FetchRequest extends Npm {
  readonly package: string;
  /** Exact, and known to exist. */
  readonly version: string;
  /** Packages that come with it, and their exact versions. */
  readonly companions: Readonly<Record<string, string>>;
  readonly cacheFolder: string;
}

/** Where one version is kept, with its companions; its `node_modules` hold it and what it needs. */
export function fetchedFolder({
  cacheFolder,
  package: name,
  version,
  companions,
}: Pick<FetchRequest, 'cacheFolder' | 'package' | 'version' | 'companions'>): string {
  const names = Object.entries({ [name]: version, ...companions });
  return path.join(
    cacheFolder,
    names.map(([each, exact]) => `${each.replaceAll('/', '+')}@${exact}`).join(','),
  );
}

/**
 * Installs one version into the cache folder with npm, without install scripts; its lock file stays beside it.
 *
 * Two runs may do so at once, and either may be killed half-way, so:
 * 1. Each installs into a temporary folder of its own, named after its process. 2. A whole one is renamed into place, which
 * happens or does not. 3. Who comes second finds the place taken, and throws its own away. 4. What a killed run left behind is
 * removed by the next one, once no process of that number lives.
 */
export async function fetchLibrary(request: FetchRequest): Promise<void> {
  const { cacheFolder, version, companions } = request;
  const name = request.package;
  mkdirSync(cacheFolder, { recursive: true });
  removeLeftovers(cacheFolder);
  const folder = mkdtempSync(path.join(cacheFolder, `${temporaryPrefix}${process.pid}-`));
  try {
    const about = { private: true, dependencies: { [name]: version, ...companions } };
    writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(about)}\n`);
    await runNpm(request, installArguments, folder);
    putInPlace(folder, fetchedFolder(request));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whoever works in the cache folder does so in folders that begin with this and the number of its process. */
export const temporaryPrefix = '.fetching-';

const installArguments = [
  'install',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--package-lock',
  '--no-global',
  '--omit=dev',
  '--loglevel=error',
] as const;

/** Called when there is no usable version in place: what stands there then is damaged, or was put there a moment ago. */
function putInPlace(folder: string, place: string): void {
  const aside = path.join(folder, 'replaced');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      renameSync(folder, place);
      return;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    if (isWhole(place)) return;
    renameSync(place, aside);
    rmSync(aside, { recursive: true, force: true });
  }
  throw new Error(`${place} could not be replaced: remove it, and try again`);
}

/** npm writes the lock file within `node_modules` last. */
function isWhole(folder: string): boolean {
  try {
    return readdirSync(path.join(folder, 'node_modules')).includes('.package-lock.json');
  } catch {
    return false;
  }
}

export function isTaken(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM';
}

/** Removes what processes that are gone left half done. */
export function removeLeftovers(cacheFolder: string): void {
  for (const entry of readdirSync(cacheFolder)) {
    const owner = new RegExp(`^\\${temporaryPrefix}(\\d+)-`).exec(entry)?.[1];
    if (owner !== undefined && !lives(Number(owner))) {
      rmSync(path.join(cacheFolder, entry), { recursive: true, force: true });
    }
  }
}

function lives(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
