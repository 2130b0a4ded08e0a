import { targetName } from '../../targets/clients/choose-target.ts';
import type { TargetSource } from '../processes/load-target.ts';
import type { RunOptions } from './run-options.ts';
import { webCacheWords } from './web-cache-choice.ts';

/** The command that runs the same plan against the same target again. */
export function replayLine({
  scenario,
  seed,
  size,
  target,
  cache,
  mitigations,
  webCacheEngine,
  webCacheKey,
  webCacheAnswers,
  faultEngine,
  toxiproxy,
}: RunOptions): string {
  const { source, version } = target;
  const name = targetName(plainName(source), source);
  const usual: Readonly<Record<string, number>> = { ...scenario.size };
  const words = [
    'npm start --',
    scenario.name,
    '--target',
    inShell(version === undefined ? name : `${name}@${version}`),
    '--seed',
    String(seed),
  ];
  const turned = Object.entries(size).filter(([name, value]) => value !== usual[name]);
  for (const [name, value] of turned.filter(([name]) => ownOptions.has(name)))
    words.push(`--${name}`, String(value));
  const others = turned.filter(([name]) => !ownOptions.has(name));
  if (others.length > 0) words.push('--size', ...others.map(([name, value]) => `${name}=${value}`));
  if (cache !== undefined) words.push('--cache', cache);
  if (faultEngine !== 'wire') words.push('--faults', faultEngine);
  if (toxiproxy !== undefined) words.push('--toxiproxy', inShell(toxiproxy));
  if (webCacheEngine !== undefined)
    words.push('--web-cache', inShell(webCacheWords(webCacheEngine)));
  if (webCacheKey !== undefined) words.push('--web-cache-key', webCacheKey);
  if (webCacheAnswers !== undefined) words.push('--web-cache-answers', webCacheAnswers);
  for (const mitigation of mitigations) words.push('--mitigation', mitigation);
  return words.join(' ');
}

function plainName(source: TargetSource): string {
  if ('command' in source) return `stdio:${source.command.join(' ')}`;
  return 'name' in source ? source.name : source.path;
}

/** As a shell has to be told it: `?`, `&` and ranges of versions mean something else there. */
function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Numbers of a scenario that have an option of their own. */
const ownOptions: ReadonlySet<string> = new Set(['cameras', 'users']);
