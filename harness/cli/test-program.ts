import type { Target } from '../model/target.ts';
import { programFolder } from './package-facts.ts';
import { buildProgram, isBuilt } from './program.ts';
import type { TestLibrary } from './test-library.ts';

/** Set to anything, it lets tests build programs in other languages, which takes a minute for some of them. */
const askedBy = 'CROSSWIRE_BUILD_PROGRAMS';

/** For tests: the command of a target in another language, where it is built already or a test may build it. */
export async function testProgram(target: Target, version?: string): Promise<TestLibrary> {
  const cacheFolder = programFolder();
  if (process.env[askedBy] === undefined && !isBuilt(target, { cacheFolder, version }))
    return {
      library: '',
      companions: {},
      missing: ` (not built here; ${askedBy}=1 builds it, and so does crosswire run --target ${target.name}${version === undefined ? '' : `@${version}`})`,
    };
  try {
    const { path } = await buildProgram(target, {
      version,
      cacheFolder,
      signal: AbortSignal.timeout(600_000),
      say: () => undefined,
    });
    return { library: path, companions: {}, missing: undefined };
  } catch (error) {
    return {
      library: '',
      companions: {},
      missing: ` (${error instanceof Error ? error.message : String(error)})`,
    };
  }
}
