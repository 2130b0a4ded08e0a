import type { Provider } from '../model/service.ts';
import { type ProcessOptions, startProcess } from './process.ts';
import { availabilityOf, findProgram } from './programs.ts';
import type { Recipe } from './recipe.ts';

const recipe: Recipe = {
  program: {
    names: ['toxiproxy-server'],
    versionParameter: '--version',
    versionPattern: /version (?<version>\S+)/,
  },
  needs: 'install Toxiproxy, so that toxiproxy-server is on PATH',
  prepare: async ({ endpoint: { host, port } }) => ['-host', host, '-port', String(port)],
  // It ends when it does not get its port, so whoever answers there is it.
  isServing: async ({ endpoint: { host, port }, signal }) => {
    const answer = await fetch(`http://${host}:${port}/version`, { signal });
    await answer.body?.cancel();
    return answer.ok;
  },
};

/** A Toxiproxy of this machine in a process of its own, without a proxy in it yet; its endpoint is that of its API. */
export function toxiproxyProvider(options: ProcessOptions): Provider {
  return {
    name: 'process',
    available: async () =>
      availabilityOf(await findProgram({ path: options.path, ...recipe.program }), recipe.needs),
    start: (signal) => startProcess(recipe, options, signal),
  };
}
