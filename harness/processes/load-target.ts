import { pathToFileURL } from 'node:url';
import { chooseTarget } from '../../targets/clients/choose-target.ts';
import { type Command, stdioTarget } from '../../targets/clients/stdio-target.ts';
import { controls } from '../../targets/controls/index.ts';
import { targets } from '../../targets/index.ts';
import type { Target, TargetWords } from '../model/target.ts';

/** One of our targets or controls by name, a file whose default export is one, or a program; and which variant of it with which options. */
export type TargetSource = (
  | { readonly name: string }
  | { readonly path: string }
  /** A program that speaks the stdio protocol. */
  | { readonly command: Command }
) &
  TargetWords;

/** Loads a target; its library comes separately. Throws an error that says what is wrong with the name, its words or the file. */
export async function loadTarget(source: TargetSource): Promise<Target> {
  return chooseTarget(await loadPlain(source), source);
}

async function loadPlain(source: TargetSource): Promise<Target> {
  if ('name' in source) {
    const load = targets[source.name] ?? controls[source.name];
    if (load === undefined) throw new Error(`there is no target named ${source.name}`);
    return load();
  }
  if ('command' in source) {
    const { command } = source;
    return stdioTarget({ name: `stdio:${command.join(' ')}`, command });
  }
  const module: unknown = await import(pathToFileURL(source.path).href);
  const target = (module as { readonly default?: unknown }).default;
  if (!isTarget(target)) {
    throw new Error(
      `${source.path} has no target as its default export: export default defineTarget({ name, package, protocol: 'resp' or 'memcached', lacks, open })`,
    );
  }
  return target;
}

function isTarget(candidate: unknown): candidate is Target {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    'name' in candidate &&
    typeof candidate.name === 'string' &&
    'package' in candidate &&
    typeof candidate.package === 'string' &&
    'protocol' in candidate &&
    (candidate.protocol === 'resp' || candidate.protocol === 'memcached') &&
    'open' in candidate &&
    typeof candidate.open === 'function'
  );
}
