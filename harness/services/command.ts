import type { Database, Value } from './database.ts';
import type { Keyspace } from './keyspace.ts';
import type { Reply } from './reply.ts';
import type { Session } from './session.ts';

/** One command, or one subcommand (`client|id`), of the embedded server. */
export interface Command {
  /** Lower case, as errors name it. */
  readonly name: string;
  /** How many words, the name included; a negative count is the least. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** Places of the keys, for COMMAND: first, last (negative counts from the end), step. */
  readonly keys?: readonly [first: number, last: number, step: number];
  readonly subcommands?: ReadonlyMap<string, Command>;
  run(call: Call): Reply;
}

/**
 * `denyoom`: refused when the memory limit is met. `immediate`: runs also inside a transaction instead of being queued.
 * `container`: is nothing without a subcommand.
 */
type CommandFlag = 'write' | 'readonly' | 'denyoom' | 'fast' | 'immediate' | 'container';

/** What a running command can reach. */
export interface Call {
  /** All words, the command's name first. */
  readonly words: readonly Buffer[];
  readonly command: Command;
  readonly session: Session;
  readonly database: Database;
  readonly keyspace: Keyspace;
  readonly server: ServerView;
}

/** What commands may know of, and do to, the server they run in. */
export interface ServerView {
  readonly commands: ReadonlyMap<string, Command>;
  readonly sessions: ReadonlySet<Session>;
  readonly nowNs: () => number;
  readonly startNs: number;
  readonly commandsProcessed: () => number;
  /** Runs a queued command and gives its encoded reply. */
  readonly execute: (session: Session, command: Command, words: readonly Buffer[]) => Buffer;
}

/** Ends a command with an error reply. The text starts with the error's code, for example `ERR syntax error`. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

export const syntaxError = 'ERR syntax error';
export const notInteger = 'ERR value is not an integer or out of range';
const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value';

/** A word as latin1 text, which is how keys, fields and members are held. Empty when there is no such word. */
export function textAt(call: Pick<Call, 'words'>, index: number): string {
  return call.words[index]?.toString('latin1') ?? '';
}

/** A word up to its first zero byte, where the C texts of Redis end; lower case, to compare options with. */
export function optionAt(call: Pick<Call, 'words'>, index: number): string {
  return cText(textAt(call, index)).toLowerCase();
}

export function cText(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

const integerMax = 9_223_372_036_854_775_807n;
const integerMin = -9_223_372_036_854_775_808n;

/** A signed 64-bit integer in its only spelling (no plus, no leading zero), or undefined. */
export function parseInteger(text: string): bigint | undefined {
  if (text.length > 20 || !/^(?:0|-?[1-9]\d*)$/.test(text)) return undefined;
  const value = BigInt(text);
  return isInteger(value) ? value : undefined;
}

export function isInteger(value: bigint): boolean {
  return value >= integerMin && value <= integerMax;
}

/** The word as a signed 64-bit integer; anything else ends the command with the given error. */
export function integerAt(call: Call, index: number, error: string = notInteger): bigint {
  const value = parseInteger(textAt(call, index));
  if (value === undefined) throw new CommandError(error);
  return value;
}

export function findString(call: Call, key: string): Buffer | undefined {
  return findTyped(call, key, 'string')?.bytes;
}

export function findHash(call: Call, key: string): Map<string, Buffer> | undefined {
  return findTyped(call, key, 'hash')?.fields;
}

export function findSet(call: Call, key: string): Set<string> | undefined {
  return findTyped(call, key, 'set')?.members;
}

export function arityError(name: string): string {
  return `ERR wrong number of arguments for '${name}' command`;
}

function findTyped<Type extends Value['type']>(
  { database }: Call,
  key: string,
  type: Type,
): Extract<Value, { type: Type }> | undefined {
  const value = database.find(key);
  if (value === undefined) return undefined;
  if (value.type !== type) throw new CommandError(wrongType);
  return value as Extract<Value, { type: Type }>;
}
