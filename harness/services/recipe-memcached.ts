import type { MemcachedSpec } from '../model/service.ts';
import type { Recipe } from './recipe.ts';
import { ask } from './resp-probe.ts';

/** memcached, over TCP alone. It keeps nothing over its death. */
export function memcachedRecipe(spec: MemcachedSpec): Recipe {
  return {
    program: {
      names: ['memcached'],
      versionParameter: '-V',
      versionPattern: /memcached (?<version>\S+)/,
    },
    needs: 'install memcached, so that it is on PATH',
    prepare: async ({ endpoint: { host, port } }) => [
      `--listen=${host}`,
      `--port=${port}`,
      '--udp-port=0',
      // It refuses to run as root; the word is ignored for anybody else.
      '--user=nobody',
      ...(spec.usedMebibytesMax === undefined ? [] : [`--memory-limit=${spec.usedMebibytesMax}`]),
      ...(spec.connectionsMax === undefined ? [] : [`--conn-limit=${spec.connectionsMax}`]),
      ...(spec.parameters ?? []),
    ],
    isServing: async ({ endpoint, processId, signal }) =>
      (await ask(endpoint, { command: 'stats', signal })) === `STAT pid ${processId}`,
  };
}
