import type { RunOptions } from './run-options.ts';

/** The command that runs the same plan against the same target again. */
export function replayLine({
  scenario,
  seed,
  size,
  target,
  cache,
  mitigations,
}: Pick<RunOptions, 'scenario' | 'seed' | 'size' | 'target' | 'cache' | 'mitigations'>): string {
  const name = 'name' in target.source ? target.source.name : target.source.path;
  const words = [
    'npm start --',
    scenario.name,
    '--target',
    target.version === undefined ? name : `${name}@${target.version}`,
    '--seed',
    String(seed),
  ];
  if (size.cameras !== scenario.size.cameras) words.push('--cameras', String(size.cameras));
  if (size.users !== scenario.size.users) words.push('--users', String(size.users));
  if (cache !== undefined) words.push('--cache', cache);
  for (const mitigation of mitigations) words.push('--mitigation', mitigation);
  return words.join(' ');
}
