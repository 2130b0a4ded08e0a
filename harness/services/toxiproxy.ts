import type { Availability, Provider, StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
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

const answerMsMax = 3_000;

/** A Toxiproxy that runs already and stays its owner's: a proxy is made in it and removed, and nothing else of it is touched. */
export function externalToxiproxy(api: Endpoint): Provider {
  const host = api.host.includes(':') ? `[${api.host}]` : api.host;
  const url = `http://${host}:${api.port}`;
  const refuse = (what: string): Promise<never> =>
    Promise.reject(new Error(`the Toxiproxy at ${url} is yours and will not be ${what}`));
  const service: StartedService = {
    says: `Toxiproxy at ${url} (yours)`,
    endpoint: api,
    processIds: [],
    abilities: { kill: false },
    died: new Promise(() => undefined),
    kill: () => refuse('killed'),
    restart: () => refuse('started again'),
    logTail: () => '',
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return {
    name: 'external',
    available: () => probe(url),
    start: () => Promise.resolve(service),
  };
}

async function probe(url: string): Promise<Availability> {
  const needs = 'start Toxiproxy there, or leave the address out';
  try {
    const answer = await fetch(`${url}/version`, { signal: AbortSignal.timeout(answerMsMax) });
    const text = await answer.text();
    // Older ones answer with the bare version; one that was built by hand calls itself `git`.
    const shape = /^(?:\{"version": *"(?<version>[\w.+-]+)"\}|(?<bare>[\w.+-]{1,40}))\s*$/;
    const { version, bare } = shape.exec(text)?.groups ?? {};
    const said = version ?? bare;
    if (answer.ok && said !== undefined)
      return { state: 'available', says: `Toxiproxy ${said} at ${url} (yours)` };
    const says = `${url} answered ${answer.status} when asked for its version`;
    return { state: 'missing', says, needs };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return { state: 'missing', says: `${url} does not answer: ${why}`, needs };
  }
}
