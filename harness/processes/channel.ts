import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * Calls between the conductor and its child processes: JSON over Node's own channel. A child whose conductor
 * goes away, however, closes what it holds and ends.
 */
export type Handlers = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

interface Call {
  readonly call: number;
  readonly name: string;
  readonly argument: unknown;
}

type Message =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly error: string }
  | { readonly event: string; readonly value: unknown };

const closeMsMax = 2_000;
const logLinesMax = 40;
/** Of those, in a sentence: an error that nobody caught, with its stack. */
const linesTold = 16;
/** How long the last words of a process that is gone may take to arrive. */
const lastWordsMsMax = 500;

export interface Served {
  /** Tells the conductor something that it did not ask for. */
  emit(event: string, value: unknown): void;
}

/**
 * Serves calls in a child process. `close` runs once, when the conductor asks for it (`close` and `ready` are
 * reserved names) or disappears; after it, or after two seconds, the process ends.
 */
export function serve(handlers: Handlers, close: () => Promise<void>): Served {
  const send = (message: Message): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  let left: Promise<void> | undefined;
  const leave = (): Promise<void> => {
    setTimeout(() => process.exit(0), closeMsMax).unref();
    left ??= close().catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
    });
    return left;
  };
  // Ctrl-C reaches every process of the terminal's group. Only the conductor decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', () => {
    void leave().then(() => process.exit(0));
  });
  process.on('message', (message: Call) => {
    void answer(message);
  });
  const answer = async ({ call, name, argument }: Call): Promise<void> => {
    try {
      const handler = handlers[name];
      if (name === 'ready') {
        send({ answer: call, value: null });
        return;
      }
      if (name === 'close') {
        await leave();
        send({ answer: call, value: null });
        process.disconnect();
        return;
      }
      if (handler === undefined) throw new Error(`there is no call named ${name} here`);
      send({ answer: call, value: (await handler(argument as never)) ?? null });
    } catch (error) {
      send({ answer: call, error: error instanceof Error ? error.message : String(error) });
    }
  };
  return { emit: (event, value) => send({ event, value }) };
}

export interface Child<Api extends Handlers> extends AsyncDisposable {
  readonly name: string;
  readonly processId: number;
  call<Name extends keyof Api & string>(
    name: Name,
    argument: Parameters<Api[Name]>[0],
  ): Promise<Awaited<ReturnType<Api[Name]>>>;
  /** Resolves when the process can be called; rejects when it dies before. */
  readonly ready: Promise<void>;
  onEvent(listener: (event: string, value: unknown) => void): void;
  /** Resolves when the process ended without being asked to. */
  readonly died: Promise<Death>;
}

export interface Death {
  /** One sentence for people. */
  readonly says: string;
  /** `exit code 1`, or the name of a signal. */
  readonly how: string;
  /** What it wrote last, line by line. */
  readonly lines: readonly string[];
}

export interface ChildOptions {
  /** For people, for example `backend`. */
  readonly name: string;
  /** The file to run. */
  readonly entry: URL;
  /** The node binary. */
  readonly node: string;
  /** Told the process id before anything else happens, so that a reaper can know it. */
  readonly onProcess: (processId: number) => void;
  /** Open files that the process may have; the inherited limit when absent. */
  readonly fileLimit?: number | undefined;
}

/** Starts a child process that `serve`s the given calls. Disposing asks it to close, and kills it when it does not within four seconds. */
export function startChild<Api extends Handlers>({
  name,
  entry,
  node,
  onProcess,
  fileLimit,
}: ChildOptions): Child<Api> {
  const command = [node, '--disable-warning=ExperimentalWarning', fileURLToPath(entry)];
  const [program = node, ...words] =
    fileLimit === undefined
      ? command
      : ['sh', '-c', `ulimit -n ${fileLimit}; exec "$@"`, 'sh', ...command];
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const processId = child.pid;
  if (processId === undefined) throw new Error(`${name} could not be started with ${node}`);
  onProcess(processId);
  const calls = new Calls(name, child);
  const log = lastLines(child);
  let isLeaving = false;
  const died = new Promise<Death>((resolve) => {
    child.on('exit', (code, signal) => {
      const wasLeaving = isLeaving;
      const tell = async (): Promise<void> => {
        await lastWords(child);
        const death = deathOf(name, signal ?? `exit code ${code}`, log());
        calls.failAll(death.says);
        if (!wasLeaving) resolve(death);
      };
      void tell();
    });
  });
  const ready = calls.send('ready', null).then(() => undefined);
  // Whoever does not wait for it learns of the death from its next call.
  ready.catch(() => undefined);
  return {
    name,
    processId,
    died,
    ready,
    call: (callName, argument) => calls.send(callName, argument) as never,
    onEvent: (listener) => calls.listeners.push(listener),
    [Symbol.asyncDispose]: async () => {
      isLeaving = true;
      await endProcess(child, calls);
    },
  };
}

function deathOf(name: string, how: string, lines: readonly string[]): Death {
  const told = lines.slice(-linesTold).join(' | ') || '(none)';
  return { says: `${name} ended by itself (${how}); its last lines were: ${told}`, how, lines };
}

/** Its output may still be on the way when it is gone. */
async function lastWords(child: ChildProcess): Promise<void> {
  const patience = new AbortController();
  const limit = delay(lastWordsMsMax, undefined, { signal: patience.signal });
  limit.catch(() => undefined);
  await Promise.race([once(child, 'close'), limit]);
  patience.abort();
}

async function endProcess(child: ChildProcess, calls: Calls): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const killer = setTimeout(() => child.kill('SIGKILL'), 2 * closeMsMax);
  calls.send('close', null).catch(() => undefined);
  await gone;
  clearTimeout(killer);
}

/** The open calls of one child: identity and lifetime are the point, so a class. */
class Calls {
  readonly listeners: ((event: string, value: unknown) => void)[] = [];
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #name: string;
  readonly #child: ChildProcess;
  #count = 0;
  #gone: string | undefined;

  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    child.on('message', (message: Message) => this.#receive(message));
  }

  send(name: string, argument: unknown): Promise<unknown> {
    const settled = Promise.withResolvers<unknown>();
    if (this.#gone !== undefined) {
      settled.reject(new Error(this.#gone));
      return settled.promise;
    }
    this.#count += 1;
    const call = this.#count;
    this.#open.set(call, settled);
    // What is not connected is about to end, and how it ended will fail the call.
    if (!this.#child.connected) return settled.promise;
    this.#child.send({ call, name, argument } satisfies Call, (error) => {
      if (error === null || !this.#child.connected) return;
      this.#open.delete(call);
      settled.reject(new Error(`${this.#name} could not be asked for ${name}: ${error.message}`));
    });
    return settled.promise;
  }

  failAll(says: string): void {
    this.#gone = says;
    for (const settled of this.#open.values()) settled.reject(new Error(says));
    this.#open.clear();
  }

  #receive(message: Message): void {
    if ('event' in message) {
      for (const listener of this.listeners) listener(message.event, message.value);
      return;
    }
    const settled = this.#open.get(message.answer);
    this.#open.delete(message.answer);
    if ('error' in message) settled?.reject(new Error(`${this.#name}: ${message.error}`));
    else settled?.resolve(message.value);
  }
}

function lastLines(child: ChildProcess): () => readonly string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
      lines.splice(0, lines.length - logLinesMax);
    });
  }
  return () => lines;
}
