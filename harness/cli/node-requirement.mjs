/**
 * What to do on a given Node: refuse with one line, run, or hand over to the newer Node that comes as a dependency.
 * @param {string} version for example `20.20.2`
 * @returns {{ step: 'refuse', says: string } | { step: 'run' } | { step: 'hand-over' }}
 */
export function nodeRequirement(version) {
  const major = Number(version.split('.')[0]);
  if (major >= 24) return { step: 'run' };
  if (major >= 20) return { step: 'hand-over' };
  return {
    step: 'refuse',
    says:
      'crosswire needs Node 20 or newer, and this is Node ' +
      version +
      ': install a newer one, then run it again',
  };
}
