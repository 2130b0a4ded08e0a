import type { Command } from './command.ts';
import type { Watch } from './database.ts';
import type { Protocol } from './reply.ts';

/** What the embedded server knows of one connection. */
export interface Session {
  readonly id: number;
  /** `host:port` of the client where the connection has one, else empty. */
  readonly address: string;
  readonly openedNs: number;
  lastCommandNs: number;
  lastCommand: string;
  name: string;
  libraryName: string;
  libraryVersion: string;
  protocol: Protocol;
  databaseIndex: number;
  transaction: Transaction | null;
  watch: WatchList;
  /** Once set, the connection ends behind the replies that are already on their way. */
  isClosing: boolean;
  /** Ends the connection from another one's command. */
  readonly close: () => void;
}

interface Transaction {
  readonly queue: { readonly command: Command; readonly words: readonly Buffer[] }[];
  /** A command that could not be queued makes EXEC give up. */
  isBroken: boolean;
}

interface WatchList extends Watch {
  readonly keys: { readonly databaseIndex: number; readonly key: string }[];
}

/** A connection as it is when it was just accepted. */
export function createSession(
  options: Pick<Session, 'id' | 'address' | 'openedNs' | 'close'>,
): Session {
  return {
    ...options,
    lastCommandNs: options.openedNs,
    lastCommand: 'NULL',
    name: '',
    libraryName: '',
    libraryVersion: '',
    protocol: 2,
    databaseIndex: 0,
    transaction: null,
    watch: { isBroken: false, keys: [] },
    isClosing: false,
  };
}
