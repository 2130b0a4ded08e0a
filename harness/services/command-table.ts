import { clientCommands } from './client-commands.ts';
import type { Command } from './command.ts';
import { connectionCommands } from './connection-commands.ts';
import { expiryCommands } from './expiry-commands.ts';
import { hashCommands } from './hash-commands.ts';
import { keyCommands } from './key-commands.ts';
import { serverCommands } from './server-commands.ts';
import { setCommands } from './set-commands.ts';
import { stringCommands } from './string-commands.ts';
import { transactionCommands } from './transaction-commands.ts';

/** Every command of the embedded server, by its lower-case name. */
export const commandTable: ReadonlyMap<string, Command> = new Map(
  [
    ...stringCommands,
    ...keyCommands,
    ...expiryCommands,
    ...hashCommands,
    ...setCommands,
    ...transactionCommands,
    ...connectionCommands,
    ...clientCommands,
    ...serverCommands,
  ].map((command) => [command.name, command]),
);
