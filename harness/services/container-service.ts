import type { KillOptions, RestartOptions, StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { Container, KeptFiles } from './container-engine.ts';
import type { ContainerKind } from './container-kind.ts';

/** A container that serves, and what it calls its version. */
export interface Served {
  readonly container: Container;
  readonly version: string;
}

export interface ReplaceableOptions extends Pick<ContainerKind, 'data' | 'openConsole'> {
  readonly name: string;
  /** Runs one container and waits until it serves; leaves none behind when it rejects. */
  readonly serve: (how: ServeOptions, signal: AbortSignal) => Promise<Served>;
  readonly says: (served: Served) => string;
}

interface ServeOptions extends RestartOptions {
  readonly before?: Endpoint;
  readonly kept?: KeptFiles;
}

type State =
  | { readonly state: 'running'; readonly served: Served }
  | { readonly state: 'killed'; readonly served: Served; readonly kept?: KeptFiles }
  | { readonly state: 'disposed'; readonly served: Served };

/**
 * A service that is a container of ours, over its deaths and returns: each return is a new container, so that empty means empty.
 * Disposing while a restart is under way aborts that restart and waits for it, so that nothing is left running.
 */
export async function startReplaceable(
  options: ReplaceableOptions,
  signal: AbortSignal,
): Promise<StartedService> {
  const { name, serve, says, openConsole } = options;
  let current: State = { state: 'running', served: await serve({}, signal) };
  const disposal = new AbortController();
  const death = Promise.withResolvers<string>();
  let restarting: Promise<void> = Promise.resolve();
  let tail = '';

  const watch = async (served: Served): Promise<void> => {
    const how = await served.container.gone();
    // Whoever kills it says so first, so that only an end that nobody asked for is found running.
    if (current.state !== 'running' || current.served !== served) return;
    tail = await served.container.lastLines();
    death.resolve(
      `${says(served)} ended by itself with ${how}; its last lines were:\n${tail || '(none)'}`,
    );
  };
  const kill = async (how: KillOptions = {}): Promise<void> => {
    if (current.state !== 'running') return;
    const { served } = current;
    await prepareToKeep(options, served, how);
    current = { state: 'killed', served };
    await served.container.kill();
    tail = await served.container.lastLines();
    const kept = await keep(options, served, how);
    current = { state: 'killed', served, ...(kept === undefined ? {} : { kept }) };
    await served.container[Symbol.asyncDispose]();
  };
  const replace = async (how: RestartOptions, signal: AbortSignal): Promise<void> => {
    if (current.state === 'disposed') throw new Error(`${name} was disposed and stays down`);
    if (how.loading !== undefined)
      throw new Error(`${name} in a container cannot be held while it loads; use a process`);
    await kill();
    const { served, kept } = current as Extract<State, { state: 'killed' }>;
    const before = served.container.endpoint;
    const all = AbortSignal.any([signal, disposal.signal]);
    const next = await serve({ ...how, before, ...(kept === undefined ? {} : { kept }) }, all);
    current = { state: 'running', served: next };
    void watch(next);
  };
  void watch(current.served);
  return {
    abilities: { kill: true },
    died: death.promise,
    get says() {
      return says(current.served);
    },
    get endpoint() {
      return current.served.container.endpoint;
    },
    // Its process is the engine's, perhaps on another machine or in a virtual one: no id of ours to signal.
    processIds: [],
    logTail: () => tail,
    kill,
    pause: async () => {
      if (current.state !== 'running')
        throw new Error(`${says(current.served)} does not run, so it cannot be paused`);
      await current.served.container.pause();
    },
    resume: () => current.served.container.resume(),
    ...(openConsole === undefined
      ? {}
      : { openConsole: () => openConsole(current.served.container.endpoint) }),
    restart: (signal, how = {}) => {
      // One at a time: two restarts at once would lose sight of one of the containers.
      const next = restarting.then(() => replace(how, signal));
      restarting = next.catch(() => undefined);
      return next;
    },
    [Symbol.asyncDispose]: async () => {
      disposal.abort(new Error(`${name} was disposed while it was starting again`));
      await restarting;
      current = { state: 'disposed', served: current.served };
      await current.served.container[Symbol.asyncDispose]();
    },
  };
}

/** Rejects, before anything is killed, when data that is to be kept cannot be. */
async function prepareToKeep(
  { name, data }: ReplaceableOptions,
  { container }: Served,
  how: KillOptions,
): Promise<void> {
  if (data === undefined && how.data === 'kept')
    throw new Error(`${name} in a container cannot keep its data over a kill`);
  if (data?.isKept(how) === true) await data.save?.(container.endpoint);
}

async function keep(
  { data }: ReplaceableOptions,
  { container }: Served,
  how: KillOptions,
): Promise<KeptFiles | undefined> {
  return data?.isKept(how) === true ? container.keep(data.path) : undefined;
}
