import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunJson } from '../../reports/json.ts';

/** How a `crosswire run` in a process of its own ended. */
export interface ChildEnd {
  /** Null when it was killed. */
  readonly code: number | null;
  /** What it printed; null when it came to no verdict. */
  readonly result: RunJson | null;
  /** The last line that it said to people. */
  readonly lastWords: string;
}

export interface ChildRun {
  /** After `run`: the scenario and the options, without `--json`. */
  readonly words: readonly string[];
  /** What it says to people is kept here. */
  readonly logPath: string;
  /** It is ended when it takes longer, in milliseconds. */
  readonly withinMs: number;
}

/**
 * One run, by the program itself: what it may do to a process, by a library that dies or hangs, it does not do to ours. When the signal
 * aborts it is asked to end, heals what it broke, and is waited for. Never rejects for how it ended.
 */
export async function runInChild(
  { words, logPath, withinMs }: ChildRun,
  signal: AbortSignal,
): Promise<ChildEnd> {
  const log = openSync(logPath, 'w');
  try {
    // In a group of its own, as it hears of Ctrl-C from us: a second one would end it before it has healed. The channel tells it when we die.
    const child = spawn(process.execPath, [entry, 'run', ...words, '--json'], {
      stdio: ['ignore', 'pipe', log, 'ipc'],
      detached: true,
    });
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    const end = (): void => void child.kill('SIGTERM');
    const timer = setTimeout(end, withinMs);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('close', resolve);
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    const lastWords = lastLine(readFileSync(logPath, 'utf8'));
    return { code, result: resultIn(Buffer.concat(output).toString()), lastWords };
  } finally {
    closeSync(log);
  }
}

const entry = fileURLToPath(new URL('entry.mjs', import.meta.url));

function resultIn(text: string): RunJson | null {
  try {
    return JSON.parse(text) as RunJson;
  } catch {
    // Ended before there was one.
    return null;
  }
}

function lastLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').replace(/^crosswire: /, '').slice(0, 500);
}
