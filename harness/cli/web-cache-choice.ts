import type { HttpCacheLibrary } from '../../targets/http-caches/http-cache-library.ts';
import { httpCaches } from '../../targets/http-caches/index.ts';
import type { Plan } from '../model/plan.ts';
import { type LibraryRequest, loadLibrary } from './library.ts';
import { unknown } from './options.ts';
import { UsageError } from './usage-error.ts';
import {
  availableEngine,
  type WebCacheEngine,
  type WebCacheServer,
  webCacheServers,
} from './web-cache.ts';

/** A server, or a library at a version. */
export interface WebCacheChoice {
  readonly name: string;
  /** What stands after the `@`; undefined is the one that the library's file names, or the installed one. */
  readonly version: string | undefined;
}

/** Reads what `--web-cache` says: `nginx`, `undici`, `undici@8.12.4`. Throws UsageError for what it does not know. */
export function webCacheChoice(text: string | undefined): WebCacheChoice | undefined {
  if (text === undefined) return undefined;
  const at = text.lastIndexOf('@');
  const [name, version] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined];
  if (!isServer(name) && !Object.hasOwn(httpCaches, name))
    throw unknown('web cache', name, [...webCacheServers, ...Object.keys(httpCaches)]);
  if (version !== undefined && (version === '' || isServer(name)))
    throw new UsageError(
      isServer(name)
        ? `--web-cache ${text}: ${name} runs in the version that is on this machine; leave @${version} out`
        : `--web-cache ${text} names no version after the @`,
    );
  return { name, version };
}

/** The words that `webCacheChoice` reads. */
export function webCacheWords({ name, version }: WebCacheChoice): string {
  return version === undefined ? name : `${name}@${version}`;
}

/** Whether it is a library in a gateway, and no server that is told to store what it would not. */
export function isLibrary(choice: WebCacheChoice | undefined): boolean {
  return choice !== undefined && !isServer(choice.name);
}

/** The engine that was chosen, its library fetched; where none was, nginx if this machine has it. */
export async function webCacheEngine(
  choice: WebCacheChoice | undefined,
  plan: Plan,
  around: Parameters<typeof availableEngine>[0] & Omit<LibraryRequest, 'spec' | 'package'>,
): Promise<WebCacheEngine> {
  if (plan.webCache === undefined) return 'embedded';
  if (choice === undefined) return availableEngine(around);
  if (isServer(choice.name)) return choice.name;
  const library = await httpCaches[choice.name]?.();
  if (library === undefined) throw new Error(`there is no HTTP cache named ${choice.name}`);
  return loadHttpCache(library, { ...around, version: choice.version });
}

/** Finds or fetches the library of an HTTP cache. */
export async function loadHttpCache(
  { name, package: npm, version: newest, companions = {} }: HttpCacheLibrary,
  {
    version,
    ...request
  }: Omit<LibraryRequest, 'spec' | 'package'> & { version?: string | undefined },
): Promise<Exclude<WebCacheEngine, WebCacheServer>> {
  const library = await loadLibrary({
    ...request,
    // What happens to be installed for something else is not what is meant.
    spec: `${npm}@${version ?? newest}`,
    package: npm,
    companions,
  });
  return {
    name,
    version: library.version,
    libraryPath: library.path,
    companionPaths: library.companions,
  };
}

function isServer(name: string): name is WebCacheServer {
  return (webCacheServers as readonly string[]).includes(name);
}
