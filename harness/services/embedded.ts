import { fileURLToPath } from 'node:url';
import type { Provider } from '../model/service.ts';
import { lastWords, type ServiceProcess, startServiceProcess } from './child.ts';
import { type Launched, startRestartable } from './restartable.ts';

export interface EmbeddedProviderOptions {
  /** The node that runs it: `process.execPath` of the caller. */
  readonly node: string;
  /** Told each process id from the first instant. */
  readonly onProcess: (processId: number) => void;
  /** What it serves. A RESP server unless told. */
  readonly server?: EmbeddedServer;
  /** What it is called. By what it serves unless told. */
  readonly title?: string;
  /** The program to run. Our own server unless told. */
  readonly entry?: string;
  /** Given to the program. */
  readonly parameters?: readonly string[];
  /** How long it may take until the server listens. 10 seconds unless told. */
  readonly startMsMax?: number;
}

export type EmbeddedServer = keyof typeof titles;

/** What the server's process sends when it listens. */
export interface ListeningMessage {
  readonly listeningPort: number;
}

const titles = {
  resp: 'embedded RESP server',
  memcached: 'embedded memcached server',
  'http-cache': 'embedded HTTP cache',
};
const host = '127.0.0.1';
const startMsDefault = 10_000;

/** A server of our own in a process of its own. It needs nothing but node, and ends by itself when we are gone. */
export function embeddedProvider(options: EmbeddedProviderOptions): Provider {
  const title = titleOf(options);
  return {
    name: 'embedded',
    available: () =>
      Promise.resolve({ state: 'available', says: `${title} (comes with crosswire)` }),
    start: (signal) =>
      startRestartable(
        {
          launch: (signal) => launch(options, signal),
          says: ({ port }) => `${title} (own process, port ${port})`,
        },
        signal,
      ),
  };
}

function titleOf({ server = 'resp', title = titles[server] }: EmbeddedProviderOptions): string {
  return title;
}

async function launch(options: EmbeddedProviderOptions, signal: AbortSignal): Promise<Launched> {
  const { node, onProcess, server = 'resp', startMsMax = startMsDefault } = options;
  const { entry = ownEntry(server), parameters = [] } = options;
  signal.throwIfAborted();
  const service = await startServiceProcess({
    executable: node,
    parameters: ['--disable-warning=ExperimentalWarning', entry, ...parameters],
    hasChannel: true,
    onProcess,
  });
  try {
    const port = await untilListening(
      service,
      AbortSignal.any([signal, AbortSignal.timeout(startMsMax)]),
    );
    return { process: service, endpoint: { host, port } };
  } catch (error) {
    await service.kill();
    signal.throwIfAborted();
    const tail = await lastWords(service);
    throw new Error(
      `the ${titleOf(options)} did not listen within ${startMsMax} ms: ${(error as Error).message}; its last lines were:\n${tail || '(none)'}`,
      { cause: error },
    );
  }
}

/** Built, the entry is JavaScript beside us; from a checkout node runs the source. */
function ownEntry(server: EmbeddedServer): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../processes/embedded-${server}.${extension}`, import.meta.url));
}

async function untilListening(service: ServiceProcess, signal: AbortSignal): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
    service.onMessage((message) => {
      if (isListeningMessage(message)) resolve(message.listeningPort);
    });
    void service.gone.then((how) => reject(new Error(`it ended with ${how}`)));
  });
}

function isListeningMessage(message: unknown): message is ListeningMessage {
  return (
    typeof message === 'object' &&
    message !== null &&
    'listeningPort' in message &&
    typeof message.listeningPort === 'number'
  );
}
