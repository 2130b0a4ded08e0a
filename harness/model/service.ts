import type { Endpoint } from './target.ts';

/** Where a backing service comes from: one provider, whatever runs it. */
export interface Provider {
  readonly name: 'external' | 'process' | 'embedded';
  available(): Promise<Availability>;
  /** Rejects with the service's last log lines when it does not come up; nothing is left running then. */
  start(signal: AbortSignal): Promise<StartedService>;
}

export type Availability =
  | { readonly state: 'available'; readonly says: string }
  | { readonly state: 'missing'; readonly says: string; readonly needs: string };

export interface StartedService extends AsyncDisposable {
  /** For the output and the record, for example `redis-server 7.0.15 (own process)`. */
  readonly says: string;
  readonly endpoint: Endpoint;
  /** The operating system's ids of what was started, for the reaper. Empty for an external service. */
  readonly processIds: readonly number[];
  /** What an injected kill can do to it. An external service is not ours to kill: its outage is made on the wire. */
  readonly abilities: { readonly kill: boolean };
  /** SIGKILL. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty, on an endpoint that may differ. Resolves when it accepts connections. */
  restart(signal: AbortSignal): Promise<void>;
  /** Its last lines of output, for error messages. */
  logTail(): string;
}
