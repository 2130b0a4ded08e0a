import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fetchedFolder, fetchLibrary } from './library-fetch.ts';
import { type Npm, publishedVersions, resolveVersion } from './npm.ts';
import { UsageError } from './usage-error.ts';

export interface LibraryRequest extends Npm {
  /** What was asked for: `ioredis` is the installed one, `ioredis@4.16.1`, `ioredis@latest` and `ioredis@^5` name a version. */
  readonly spec: string;
  /** The npm package that the version is looked up in. */
  readonly package: string;
  /** The version that is meant where none is named and none is installed. */
  readonly defaultVersion?: string;
  /** Packages that are needed beside it, and their exact versions; they are installed or fetched in the same place. */
  readonly companions?: Readonly<Record<string, string>>;
  /** What else is imported of these packages, by the name in the import. */
  readonly entries?: readonly string[];
  /** Fetched versions are kept here, a folder each. It is made when it is needed. */
  readonly cacheFolder: string;
  /** The folder whose `node_modules`, or a parent's, hold what is installed. */
  readonly installedFrom: string;
  /** Told when something is fetched, in one line. */
  readonly say: (line: string) => void;
}

export interface Library {
  readonly name: string;
  /** The exact version. */
  readonly version: string;
  /** The file to import. */
  readonly path: string;
  /** The files to import of its companions, by package, and of the entries that were asked for. */
  readonly companions: Readonly<Record<string, string>>;
}

/**
 * Finds a cache library at the version that was asked for: installed (also under an alias), fetched before, or fetched now,
 * once, without running its install scripts. What was found needs no network, but for a tag or a range.
 *
 * @throws UsageError naming the nearest versions when there is none such, or when the package is not installed and no version was named
 */
export async function loadLibrary(request: LibraryRequest): Promise<Library> {
  const name = request.package;
  const { companions = {}, entries = [] } = request;
  const imports = [...Object.keys(companions), ...entries];
  const installed = installedLibraries(request.installedFrom, name).filter(({ folder }) =>
    hasCompanions(folder, companions),
  );
  // Where a version is meant, what another package has brought along into the same folder does not count.
  const plain = installed.find(
    ({ alias, folder, version }) =>
      alias === name &&
      (request.defaultVersion === undefined ||
        request.defaultVersion === version ||
        isAskedFor(folder, name)),
  );
  const named = wantedVersion(request.spec);
  if (named === undefined && plain !== undefined) return libraryIn(plain, name, imports);
  const wanted = named ?? request.defaultVersion;
  if (wanted === undefined) {
    throw new UsageError(
      `${name} is not installed here: name a version, for example ${name}@latest`,
    );
  }
  const version = isExact(wanted) ? wanted : await resolveVersion(name, wanted, request);
  if (version === undefined) throw await noSuchVersion(request, wanted);
  const same = installed.find((each) => each.version === version);
  if (same !== undefined) return libraryIn(same, name, imports);
  const place = { ...request, version, companions };
  const folder = fetchedFolder(place);
  const fetched = installedLibraries(folder, name, [folder]).find(
    (each) => each.version === version,
  );
  if (fetched !== undefined) return libraryIn(fetched, name, imports);
  const published = await publishedVersions(name, request);
  if (!published.includes(version)) throw await noSuchVersion(request, wanted, published);
  request.say(`fetching ${name}@${version} into ${folder}, once`);
  await fetchLibrary(place);
  return libraryIn({ folder: path.join(folder, 'node_modules', name), version }, name, imports);
}

/** Whether it names one version and nothing else: 1.2.3 or 1.2.3-rc.1 (semver.org, 2 and 9). */
function isExact(version: string): boolean {
  return /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version);
}

/** The part behind the last `@` that does not begin a scope. Throws UsageError for one that npm could take for an option, a path or an address. */
function wantedVersion(spec: string): string | undefined {
  const at = spec.lastIndexOf('@');
  if (at <= 0) return undefined;
  const version = spec.slice(at + 1);
  if (/^[0-9A-Za-z^~><=*.+| -]{1,60}$/.test(version) && !version.startsWith('-')) return version;
  throw new UsageError(
    `${JSON.stringify(version.slice(0, 60))} is no version: write ${spec.slice(0, at)}@4.16.1, @latest or @^5`,
  );
}

async function noSuchVersion(
  request: LibraryRequest,
  wanted: string,
  known?: readonly string[],
): Promise<UsageError> {
  const published = known ?? (await publishedVersions(request.package, request));
  const nearest = nearestVersions(wanted, published);
  return new UsageError(
    `there is no ${request.package}@${wanted}; the nearest are ${nearest.join(', ')}`,
  );
}

/** Three of `versions`, nearest first: major numbers weigh more than minor ones, and those more than patches. */
function nearestVersions(wanted: string, versions: readonly string[]): readonly string[] {
  const target = numbersOf(wanted);
  return versions
    .filter((version) => !version.includes('-'))
    .map((version) => ({ version, distance: distance(numbersOf(version), target) }))
    .toSorted((one, other) => one.distance - other.distance)
    .slice(0, 3)
    .map(({ version }) => version);
}

type Numbers = readonly [major: number, minor: number, patch: number];

function numbersOf(version: string): Numbers {
  const [major = 0, minor = 0, patch = 0] = (version.match(/\d+/g) ?? []).map(Number);
  return [major, minor, patch];
}

/** Below 1,000 of each, which npm packages are. */
function distance(one: Numbers, other: Numbers): number {
  const [major, minor, patch] = one.map((number, index) => number - (other[index] ?? 0));
  return Math.abs((major ?? 0) * 1_000_000 + (minor ?? 0) * 1_000 + (patch ?? 0));
}

interface Installed {
  /** The name of its folder. */
  readonly alias: string;
  readonly folder: string;
  readonly version: string;
}

/** The package itself and what aliases of the form `NAME-VERSION` hold, nearest folder first. */
function installedLibraries(
  from: string,
  name: string,
  folders: readonly string[] = withParents(from),
): readonly Installed[] {
  return folders.flatMap((parent) => {
    const scope = path.join(parent, 'node_modules', path.dirname(name));
    return namesIn(scope)
      .filter(
        (entry) => entry === path.basename(name) || entry.startsWith(`${path.basename(name)}-`),
      )
      .flatMap((entry) => {
        const folder = path.join(scope, entry);
        const about = aboutPackage(folder);
        if (about?.name !== name || typeof about.version !== 'string') return [];
        return [{ alias: path.join(path.dirname(name), entry), folder, version: about.version }];
      });
  });
}

function withParents(folder: string): readonly string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...withParents(parent)];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

interface AboutPackage {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly exports?: unknown;
  readonly dependencies?: unknown;
  readonly devDependencies?: unknown;
}

function aboutPackage(folder: string): AboutPackage | undefined {
  try {
    const about: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return typeof about === 'object' && about !== null ? about : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the package that owns the `node_modules` which this one lies in depends on it by itself. */
function isAskedFor(folder: string, name: string): boolean {
  const { dependencies, devDependencies } = aboutPackage(path.dirname(modulesAround(folder))) ?? {};
  return [dependencies, devDependencies].some(
    (each) => typeof each === 'object' && each !== null && name in each,
  );
}

/** Whether the `node_modules` that a package lies in have all of its companions, at their versions. */
function hasCompanions(folder: string, companions: Readonly<Record<string, string>>): boolean {
  const modules = modulesAround(folder);
  return Object.entries(companions).every(
    ([each, version]) => aboutPackage(path.join(modules, each))?.version === version,
  );
}

function libraryIn(
  { folder, version }: Pick<Installed, 'folder' | 'version'>,
  name: string,
  imports: readonly string[],
): Library {
  // Resolved by its own folder's name, which an alias changes.
  const modules = modulesAround(folder);
  const alias = path.relative(modules, folder).split(path.sep).join('/');
  const paths = imports.map((each) => [each, entryOf(modules, each)] as const);
  return {
    name,
    version,
    path: entryOf(modules, alias),
    companions: Object.fromEntries(paths),
  };
}

function modulesAround(folder: string): string {
  return folder.slice(0, folder.lastIndexOf('node_modules') + 'node_modules'.length);
}

/** The file that an import of a package means. What is for `import` alone has no entry that `require` would find. */
function entryOf(modules: string, name: string): string {
  try {
    return createRequire(path.join(modules, '..', 'x.js')).resolve(name);
  } catch (error) {
    const folder = path.join(modules, name);
    const entry = importedEntry(aboutPackage(folder)?.exports);
    if (entry === undefined) throw error;
    return path.join(folder, entry);
  }
}

/** The file of `.` under the conditions of an import (nodejs.org/api/packages.html, conditional exports). */
function importedEntry(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported;
  if (typeof exported !== 'object' || exported === null) return undefined;
  for (const [condition, value] of Object.entries(exported)) {
    if (!['.', 'node', 'import', 'module-sync', 'default'].includes(condition)) continue;
    const found = importedEntry(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
