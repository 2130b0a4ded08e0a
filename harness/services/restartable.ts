import type {
  KillOptions,
  RedisConsole,
  RestartOptions,
  StartedService,
} from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { lastWords, type ServiceProcess } from './child.ts';

/** A process that serves, and where. */
export interface Launched {
  readonly process: ServiceProcess;
  readonly endpoint: Endpoint;
}

export interface LaunchOptions extends RestartOptions {
  /** Where it served before; absent at the first start. */
  readonly before?: Endpoint;
}

export interface RestartableOptions {
  /** Starts one process and waits until it serves; leaves none behind when it rejects. */
  readonly launch: (signal: AbortSignal, options: LaunchOptions) => Promise<Launched>;
  readonly says: (endpoint: Endpoint) => string;
  /** Makes what the next start finds be what the kill asks for, while the process still runs. Without it, nothing can be kept. */
  readonly keep?: (launched: Launched, options: KillOptions) => Promise<void>;
  readonly openConsole?: (endpoint: Endpoint) => Promise<RedisConsole>;
  /** Called once, when the process is gone for good or never came up. */
  readonly cleanUp?: () => Promise<void>;
}

type State =
  | { readonly state: 'running'; readonly launched: Launched }
  | { readonly state: 'killed'; readonly launched: Launched }
  | { readonly state: 'disposed'; readonly launched: Launched };

/**
 * A service that is a process of ours, over its deaths and returns. Disposing while a restart is under way aborts
 * that restart and waits for it, so that nothing is left running.
 */
export async function startRestartable(
  options: RestartableOptions,
  signal: AbortSignal,
): Promise<StartedService> {
  const { launch, says, keep = keepNothing, openConsole, cleanUp } = options;
  let current: State = await firstLaunch(options, signal);
  const disposal = new AbortController();
  const death = Promise.withResolvers<string>();
  let restarting: Promise<void> = Promise.resolve();

  const watch = async (launched: Launched): Promise<void> => {
    const how = await launched.process.gone;
    // Whoever kills it says so first, so that only an end that nobody asked for is found running.
    if (current.state !== 'running' || current.launched !== launched) return;
    current = { state: 'killed', launched };
    const tail = await lastWords(launched.process);
    death.resolve(
      `${says(launched.endpoint)} ended by itself with ${how}; its last lines were:\n${tail || '(none)'}`,
    );
  };
  const kill = async (options: KillOptions = {}): Promise<void> => {
    if (current.state === 'running') {
      await keep(current.launched, options);
      // It may have ended, or been disposed of, while it wrote down what to keep.
      if (current.state === 'running') current = { ...current, state: 'killed' };
    }
    await current.launched.process.kill();
  };
  const relaunch = async (signal: AbortSignal, options: RestartOptions): Promise<void> => {
    if (current.state === 'disposed') throw new Error('the service was disposed and stays down');
    await kill();
    const before = current.launched.endpoint;
    const all = AbortSignal.any([signal, disposal.signal]);
    const launched = await launch(all, { ...options, before });
    current = { state: 'running', launched };
    void watch(launched);
  };
  void watch(current.launched);
  return {
    abilities: { kill: true },
    died: death.promise,
    get says() {
      return says(current.launched.endpoint);
    },
    get endpoint() {
      return current.launched.endpoint;
    },
    get processIds() {
      return current.state === 'running' ? [current.launched.process.processId] : [];
    },
    logTail: () => current.launched.process.logTail(),
    kill,
    pause: async () => {
      if (current.state !== 'running')
        throw new Error(`${says(current.launched.endpoint)} does not run, so it cannot be paused`);
      await current.launched.process.stop();
    },
    resume: async () => current.launched.process.goOn(),
    ...(openConsole === undefined
      ? {}
      : { openConsole: () => openConsole(current.launched.endpoint) }),
    restart: (signal, options = {}) => {
      // One at a time: two restarts at once would lose sight of one of the processes.
      const next = restarting.then(() => relaunch(signal, options));
      restarting = next.catch(() => undefined);
      return next;
    },
    [Symbol.asyncDispose]: async () => {
      disposal.abort(new Error('the service was disposed while it was starting again'));
      await restarting;
      // Nothing is kept of what never comes back, and a paused process could not be asked to keep it.
      current = { ...current, state: 'disposed' };
      await current.launched.process.kill();
      await cleanUp?.();
    },
  };
}

async function firstLaunch(
  { launch, cleanUp }: RestartableOptions,
  signal: AbortSignal,
): Promise<State> {
  try {
    return { state: 'running', launched: await launch(signal, {}) };
  } catch (error) {
    await cleanUp?.();
    throw error;
  }
}

function keepNothing(_: Launched, { data }: KillOptions): Promise<void> {
  if (data !== 'kept') return Promise.resolve();
  return Promise.reject(new Error('this service cannot keep its data over a kill'));
}
