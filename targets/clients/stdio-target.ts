import type {
  CacheClient,
  CacheProtocol,
  CallOptions,
  Lack,
  OpenOptions,
  Target,
  TargetOption,
  TargetProgram,
} from '../../harness/model/target.ts';
import { defineTarget } from './define-target.ts';
import { type LineProcess, startLines } from './stdio-process.ts';

/** A program with its words, as they are handed to the operating system; no shell reads them. */
export type Command = readonly [program: string, ...words: string[]];

/** A target in another language: a program that is asked in JSON lines on its standard input, and answers on its standard output. */
export interface StdioTarget {
  readonly name: string;
  readonly protocol?: CacheProtocol;
  /** Where it is started by; a program that is built first gets its command from what built it, in `library`. */
  readonly command?: Command;
  readonly package?: string;
  readonly version?: string;
  readonly program?: TargetProgram;
  /** `get-or-load` is lacked by all of them. One that lacks `abort-signal` and `deadline` is not told of calls that were given up. */
  readonly lacks?: readonly Lack[];
  readonly options?: Readonly<Record<string, TargetOption>>;
}

/** The target that a program is; docs/stdio-targets.md says how it is spoken with. */
export function stdioTarget({
  name,
  protocol = 'resp',
  command,
  lacks = [],
  ...rest
}: StdioTarget): Target {
  const canCancel = !lacks.some(({ ability }) => ability === 'abort-signal');
  return defineTarget({
    package: '',
    ...rest,
    name,
    protocol,
    lacks: [...lacks, noReadThrough],
    open: async (options) =>
      openProgram(command ?? commandIn(options.library), { name, options, canCancel }),
  });
}

const noReadThrough: Lack = {
  ability: 'get-or-load',
  because:
    'the calls of the stdio protocol are get, getMany, set and delete; a load would have to call back',
};

/** The default export of the module that a build leaves behind. */
function commandIn(library: unknown): Command {
  const { default: command } = (library ?? {}) as { readonly default?: unknown };
  if (isCommand(command)) return command;
  throw new Error('the target has no command, and none was built for it');
}

function isCommand(candidate: unknown): candidate is Command {
  return (
    Array.isArray(candidate) &&
    candidate.length > 0 &&
    candidate.every((word) => typeof word === 'string')
  );
}

interface Opening {
  /** Of the target, for messages. */
  readonly name: string;
  readonly options: OpenOptions;
  readonly canCancel: boolean;
}

/** Starting a virtual machine or an interpreter takes its time; reaching the cache is no part of it. */
const openMsMax = 15_000;
/** A program rejects by itself after its `timeoutMs`; how much later it is not waited for any longer. */
const graceMs = 250;

async function openProgram(
  command: Command,
  { name, options, canCancel }: Opening,
): Promise<CacheClient> {
  const { endpoint, timeoutMs, words = {} } = options;
  const conversation = new Conversation(command, { name, ...options });
  const limitMs = timeoutMs + graceMs;
  const ask = async (
    call: Call,
    { signal, deadlineMs = Infinity }: CallOptions = {},
  ): Promise<unknown> =>
    conversation.ask(call, {
      limitMs: canCancel ? Math.min(deadlineMs, limitMs) : limitMs,
      canCancel,
      ...(canCancel && signal !== undefined ? { signal } : {}),
    });
  try {
    const open = { call: 'open', ...endpoint, timeoutMs, options: words };
    await conversation.ask(open, { limitMs: openMsMax, canCancel: false });
  } catch (error) {
    await conversation.end();
    throw error;
  }
  return {
    get: async (key, callOptions) => {
      const value = await ask({ call: 'get', key }, callOptions);
      return (value as Value) ?? undefined;
    },
    getMany: async (keys, callOptions) => {
      if (keys.length === 0) return [];
      const values = await ask({ call: 'getMany', keys }, callOptions);
      return (values as readonly Value[]).map((value) => value ?? undefined);
    },
    set: async (key, value, ttlMs) => {
      const { buffer, byteOffset, byteLength } = value;
      const base64 = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
      await ask({ call: 'set', key, value: base64, ttlMs: Math.ceil(ttlMs) });
    },
    delete: async (key) => {
      await ask({ call: 'delete', key });
    },
    [Symbol.asyncDispose]: async () => conversation.end(),
  };
}

type Value = Uint8Array | null;

interface Call {
  readonly call: string;
  readonly key?: string;
  readonly keys?: readonly string[];
  readonly value?: string;
  readonly ttlMs?: number;
}

interface Patience {
  readonly limitMs: number;
  /** Whether the program is told when nobody waits for a call any longer. */
  readonly canCancel: boolean;
  readonly signal?: AbortSignal;
}

interface Asked {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The program broke the protocol or is gone: no answer of it can be believed any longer, so every call rejects from then on. */
class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

/** Questions and answers by number, over one process; its identity and lifetime are the point, so a class. */
class Conversation {
  readonly #process: LineProcess;
  readonly #name: string;
  readonly #log: (line: string) => void;
  readonly #waiting = new Map<number, Asked>();
  /** Calls that nobody waits for any longer, and that are still to be answered, once each. */
  readonly #givenUp = new Map<number, Call>();
  #asked = 0;
  #failure: Error | undefined;

  constructor(command: Command, { name, world, onProcess }: OpenOptions & { name: string }) {
    this.#name = name;
    this.#log = world.log;
    this.#process = startLines(command, {
      onProcess: (processId) => onProcess?.(processId),
      onLine: (line) => this.#read(line),
      onGone: (says) => this.#fail(says),
    });
  }

  /** Resolves with the answer, its values as bytes; rejects with the program's error, the signal's reason, or after `limitMs`. */
  async ask(call: Call, { limitMs, canCancel, signal }: Patience): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    signal?.throwIfAborted();
    this.#asked += 1;
    const id = this.#asked;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { call, resolve, reject });
    const giveUp = (reason: Error): void => {
      if (!this.#waiting.delete(id)) return;
      this.#givenUp.set(id, call);
      if (canCancel) this.#process.tell(JSON.stringify({ cancel: id }));
      reject(reason);
    };
    const aborted = (): void => giveUp(asError(signal?.reason));
    signal?.addEventListener('abort', aborted, { once: true });
    const timer = setTimeout(
      () => giveUp(new Error(`${this.#name} did not answer ${call.call} within ${limitMs} ms`)),
      limitMs,
    );
    try {
      this.#process.tell(JSON.stringify({ id, ...call }));
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    }
  }

  async end(): Promise<void> {
    this.#failure ??= new Error(`${this.#name} is closed`);
    this.#rejectAll(this.#failure);
    await this.#process.end();
  }

  #read(line: string): void {
    if (this.#failure !== undefined) return;
    const answer = readAnswer(line);
    if (answer === undefined) {
      this.#break(`said what is no answer: ${shortened(line)}`);
      return;
    }
    const { id } = answer;
    const asked = this.#waiting.get(id);
    const call = asked?.call ?? this.#givenUp.get(id);
    if (call === undefined) {
      const wasAsked = id >= 1 && id <= this.#asked;
      this.#break(
        wasAsked ? `answered call ${id} twice` : `answered call ${id}, which was never asked`,
      );
      return;
    }
    this.#waiting.delete(id);
    this.#givenUp.delete(id);
    if ('error' in answer) {
      asked?.reject(new Error(answer.error));
      return;
    }
    const read = readValue(call, answer.ok);
    if (read === undefined) {
      const mismatch = `answered ${call.call} with ${shortened(JSON.stringify(answer.ok))}, expected ${expected(call)}`;
      const failure = this.#break(mismatch);
      asked?.reject(failure);
      return;
    }
    asked?.resolve(read.value);
  }

  #break(says: string): Error {
    const failure = this.#fail(says);
    this.#process.kill();
    return failure;
  }

  #fail(says: string): Error {
    if (this.#failure !== undefined) return this.#failure;
    this.#failure = new ProgramError(`the program ${this.#name} ${says}`);
    this.#log(this.#failure.message);
    this.#rejectAll(this.#failure);
    return this.#failure;
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

type Answer =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly error: string };

function readAnswer(line: string): Answer | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null || !('id' in answer)) return undefined;
  const { id } = answer;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined;
  const { ok, error } = answer as { readonly ok?: unknown; readonly error?: unknown };
  if ('ok' in answer === 'error' in answer) return undefined;
  if ('ok' in answer) return { id, ok };
  return typeof error === 'string' ? { id, error } : undefined;
}

/** What an answer means to the call that it answers, or undefined when it is none to such a call. */
function readValue(
  { call, keys = [] }: Call,
  ok: unknown,
): { readonly value: unknown } | undefined {
  if (call === 'get') return isValue(ok) ? { value: bytesOf(ok) } : undefined;
  if (call !== 'getMany') return { value: undefined };
  if (!Array.isArray(ok) || ok.length !== keys.length || !ok.every(isValue)) return undefined;
  return { value: ok.map(bytesOf) };
}

function expected({ call, keys = [] }: Call): string {
  return call === 'get' ? 'base64 or null' : `a list of ${keys.length}, each base64 or null`;
}

function isValue(candidate: unknown): candidate is string | null {
  if (candidate === null) return true;
  if (typeof candidate !== 'string' || candidate.length % 4 !== 0) return false;
  // Node passes over what is not base64, which leaves fewer bytes than there should be.
  const padding = candidate.endsWith('==') ? 2 : Number(candidate.endsWith('='));
  return Buffer.from(candidate, 'base64').length === (candidate.length / 4) * 3 - padding;
}

function bytesOf(base64: string | null): Value {
  return base64 === null ? null : Buffer.from(base64, 'base64');
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}... (${text.length} characters)`;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
