import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Target, TargetProgram } from '../model/target.ts';
import type { Library } from './library.ts';
import { isTaken, removeLeftovers, temporaryPrefix } from './library-fetch.ts';
import { packageFolder } from './package-facts.ts';
import { type Recipe, recipes } from './program-recipes.ts';
import { UsageError } from './usage-error.ts';

export interface BuildRequest {
  /** Exact; undefined means the one that the target's file names. */
  readonly version: string | undefined;
  /** Built programs are kept here, a folder each. It is made when it is needed. */
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
  /** Told when something is built, in one line. */
  readonly say: (line: string) => void;
}

/** The module whose default export is the command that starts the program: what a stdio target is opened with. */
const commandFile = 'command.mjs';

/**
 * A program in another language with its library at the version that was asked for: built before, or built now, once, by the package client
 * of its language. What was built needs no network.
 *
 * @throws UsageError when the language is not there, or with the last words of what could not be built
 */
export async function buildProgram(target: Target, request: BuildRequest): Promise<Library> {
  const { program } = target;
  if (program === undefined) throw new Error(`${target.name} is no program`);
  const version = exactVersion(target, request.version);
  const place = placeOf(target, program, { ...request, version });
  if (!existsSync(path.join(place, commandFile))) {
    await requireTools(target, program, request.signal);
    request.say(`building ${target.name} with ${target.package} ${version} into ${place}, once`);
    await build({ target, program, version, place, request });
  }
  return { name: target.package, version, path: path.join(place, commandFile), companions: {} };
}

/** Whether the target's program is built already, at this version or the one that its file names. */
export function isBuilt(
  target: Target,
  { cacheFolder, version: asked }: Pick<BuildRequest, 'cacheFolder' | 'version'>,
): boolean {
  const { program } = target;
  if (program === undefined) return false;
  const version = exactVersion(target, asked);
  return existsSync(path.join(placeOf(target, program, { cacheFolder, version }), commandFile));
}

function exactVersion(target: Target, asked: string | undefined): string {
  const version = asked ?? target.version ?? '';
  // As the registries of these languages have them: 4.5.3, 9.7.0, 1.0.0-alpha.2, 6.5.0.RELEASE.
  if (/^\d+(\.\d+){1,3}([.-]?[0-9A-Za-z.-]{1,40})?$/.test(version)) return version;
  throw new UsageError(
    `${JSON.stringify(version.slice(0, 60))} is no exact version: write ${target.name}@${target.version}`,
  );
}

/** Its folder is named after what it is made of: another version of our own source, or another way of building it, is another program. */
function placeOf(
  target: Target,
  program: TargetProgram,
  { cacheFolder, version }: { readonly cacheFolder: string; readonly version: string },
): string {
  const hash = createHash('sha256');
  const folder = sourceFolder(program);
  for (const name of readdirSync(folder).toSorted())
    hash.update(name).update(readFileSync(path.join(folder, name)));
  const { command, ...recipe } = recipes[program.language].says(target.package, version);
  hash.update(JSON.stringify([recipe, command('.')]));
  return path.join(cacheFolder, `${program.folder}@${version}-${hash.digest('hex').slice(0, 12)}`);
}

function sourceFolder({ language, folder }: TargetProgram): string {
  return path.join(packageFolder(), 'targets', 'languages', language, folder);
}

async function requireTools(
  target: Target,
  { language }: TargetProgram,
  signal: AbortSignal,
): Promise<void> {
  for (const probe of recipes[language].needs) {
    const failure = await runTool(probe, { folder: packageFolder(), signal }).catch(
      (error: unknown) => String(error),
    );
    if (failure !== undefined)
      throw new UsageError(
        `${target.name} needs ${probe.join(' ')} to work here, and it does not: install ${language} with its package client`,
      );
  }
}

interface Build {
  readonly target: Target;
  readonly program: TargetProgram;
  readonly version: string;
  readonly place: string;
  readonly request: BuildRequest;
}

/** Two runs may build at once, and either may be killed half-way: each builds in a folder of its own, and a whole one is renamed into place. */
async function build({ target, program, version, place, request }: Build): Promise<void> {
  const { cacheFolder, signal } = request;
  mkdirSync(cacheFolder, { recursive: true });
  removeLeftovers(cacheFolder);
  const folder = mkdtempSync(path.join(cacheFolder, `${temporaryPrefix}${process.pid}-`));
  try {
    cpSync(sourceFolder(program), folder, { recursive: true });
    const recipe: Recipe = recipes[program.language].says(target.package, version);
    for (const [name, text] of Object.entries(recipe.files ?? {}))
      writeFileSync(path.join(folder, name), text);
    for (const step of recipe.steps) {
      const failure = await runTool(step, {
        folder,
        signal,
        environment: recipe.environment ?? {},
      });
      if (failure !== undefined)
        throw new UsageError(
          `${target.name} could not be built with ${target.package} ${version}: ${step[0]} said: ${failure}`,
        );
    }
    for (const name of recipe.leftovers ?? [])
      rmSync(path.join(folder, name), { recursive: true, force: true });
    const command = recipe.command(place);
    writeFileSync(path.join(folder, commandFile), `export default ${JSON.stringify(command)};\n`);
    putInPlace(folder, place);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What stands there already is another run's whole one, unless somebody damaged it. */
function putInPlace(folder: string, place: string): void {
  try {
    renameSync(folder, place);
  } catch (error) {
    if (!isTaken(error)) throw error;
    if (existsSync(path.join(place, commandFile))) return;
    rmSync(place, { recursive: true, force: true });
    renameSync(folder, place);
  }
}

/** A tool's last words, on one line, when it failed. */
async function runTool(
  [program, ...words]: readonly [string, ...string[]],
  {
    folder,
    signal,
    environment = {},
  }: {
    readonly folder: string;
    readonly signal: AbortSignal;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<string | undefined> {
  const child = spawn(program, words, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  const hear = (text: Buffer): void => {
    said = (said + text.toString('utf8')).slice(-charactersMax);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(
        code === 0 ? undefined : said.trim().replaceAll(/\s*\n\s*/g, ' | ') || `exit ${code}`,
      );
    });
  });
}

const charactersMax = 600;
