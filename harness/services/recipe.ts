import type { KillOptions, RedisConsole, RestartOptions } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { ProgramSearch } from './programs.ts';

/** How one kind of server is run as a process: what it reads, how it is known to serve, what it can keep. */
export interface Recipe {
  readonly program: Omit<ProgramSearch, 'path'>;
  /** What to do where the program is missing. */
  readonly needs: string;
  /** Writes what the program reads into its folder, and gives its command line. */
  readonly prepare: (place: Place) => Promise<readonly string[]>;
  /** Whether that very process serves there, and not another one that holds the port. May reject for "no". */
  readonly isServing: (question: ServingQuestion) => Promise<boolean>;
  /** Called when it serves and is not held in a state before that. */
  readonly served?: (directory: string) => Promise<void>;
  /** Makes what the next start finds be what the kill asks for. Without it, nothing can be kept. */
  readonly keep?: (
    place: { readonly endpoint: Endpoint; readonly directory: string },
    options: KillOptions,
  ) => Promise<void>;
  readonly openConsole?: (endpoint: Endpoint) => Promise<RedisConsole>;
}

export interface Place extends Pick<RestartOptions, 'loading' | 'loadingMs'> {
  readonly endpoint: Endpoint;
  /** The server's own folder, from its first start until it is gone for good. */
  readonly directory: string;
}

export interface ServingQuestion extends Pick<RestartOptions, 'loading'> {
  readonly endpoint: Endpoint;
  readonly processId: number;
  readonly signal: AbortSignal;
}
