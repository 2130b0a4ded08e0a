import type { RunOptions } from './run-options.ts';

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
  faultEngine,
}: RunOptions): string {
  const name = 'name' in target.source ? target.source.name : target.source.path;
  const usual: Readonly<Record<string, number>> = { ...scenario.size };
  const words = [
    'npm start --',
    scenario.name,
    '--target',
    target.version === undefined ? name : `${name}@${target.version}`,
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
  if (webCacheEngine !== undefined) words.push('--web-cache', webCacheEngine);
  if (webCacheKey !== undefined) words.push('--web-cache-key', webCacheKey);
  for (const mitigation of mitigations) words.push('--mitigation', mitigation);
  return words.join(' ');
}

/** Numbers of a scenario that have an option of their own. */
const ownOptions: ReadonlySet<string> = new Set(['cameras', 'users']);
