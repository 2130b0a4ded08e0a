import type { Target } from '../model/target.ts';
import { loadLibrary } from './library.ts';
import { libraryFolder, packageFolder } from './package-facts.ts';

export interface TestLibrary {
  /** The file to import; empty when it is missing. */
  readonly library: string;
  /** The files to import of its companions and entries, by name. */
  readonly companions: Readonly<Record<string, string>>;
  /** Why it is not there, in brackets, as a part of a test's name. */
  readonly missing: string | undefined;
}

/** For tests: the library of a target at the version that its file names, fetched into this user's cache where it is not installed. */
export async function testLibrary(target: Target): Promise<TestLibrary> {
  try {
    const found = await loadLibrary({
      spec: target.package,
      package: target.package,
      ...(target.version === undefined ? {} : { defaultVersion: target.version }),
      companions: target.companions ?? {},
      entries: target.entries ?? [],
      cacheFolder: libraryFolder(),
      installedFrom: packageFolder(),
      npmCommand: 'npm',
      signal: AbortSignal.timeout(60_000),
      say: () => undefined,
    });
    return { library: found.path, companions: found.companions, missing: undefined };
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    const missing = ` (${target.package} cannot be fetched: ${because})`;
    return { library: '', companions: {}, missing };
  }
}
