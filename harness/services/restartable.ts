import type { StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { ServiceProcess } from './child.ts';

/** A process that serves, and where. */
export interface Launched {
  readonly process: ServiceProcess;
  readonly endpoint: Endpoint;
}

export interface RestartableOptions {
  /** Starts one process and waits until it serves; leaves none behind when it rejects. */
  readonly launch: (signal: AbortSignal) => Promise<Launched>;
  readonly says: (endpoint: Endpoint) => string;
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
  { launch, says }: RestartableOptions,
  signal: AbortSignal,
): Promise<StartedService> {
  let current: State = { state: 'running', launched: await launch(signal) };
  const disposal = new AbortController();
  let restarting: Promise<void> = Promise.resolve();

  const kill = async (): Promise<void> => {
    if (current.state === 'running') current = { ...current, state: 'killed' };
    await current.launched.process.kill();
  };
  const relaunch = async (signal: AbortSignal): Promise<void> => {
    if (current.state === 'disposed') throw new Error('the service was disposed and stays down');
    await kill();
    const launched = await launch(AbortSignal.any([signal, disposal.signal]));
    current = { state: 'running', launched };
  };
  return {
    abilities: { kill: true },
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
    restart: (signal) => {
      // One at a time: two restarts at once would lose sight of one of the processes.
      const next = restarting.then(() => relaunch(signal));
      restarting = next.catch(() => undefined);
      return next;
    },
    [Symbol.asyncDispose]: async () => {
      disposal.abort(new Error('the service was disposed while it was starting again'));
      await restarting;
      await kill();
      current = { ...current, state: 'disposed' };
    },
  };
}
