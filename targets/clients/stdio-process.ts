import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A program that is spoken with in lines, on its standard input and output. */
export interface LineProcess {
  /** Writes a line. Does nothing once the program is gone. */
  tell(line: string): void;
  /** Ends its standard input, and kills it with all that it started when it has not ended a second later. Resolves when it is gone. */
  end(): Promise<void>;
  /** Kills it at once, with all that it started. */
  kill(): void;
}

export interface LineListeners {
  readonly onProcess: (processId: number) => void;
  readonly onLine: (line: string) => void;
  /** Called once when it cannot be spoken with any longer: what happened, in words that follow on its name. */
  readonly onGone: (says: string) => void;
}

/** Longer than any page of values; a program that says more without a line end says nothing that could be waited for. */
const lineBytesMax = 256 * 1024 * 1024;
const endMsMax = 1_000;
/** Of what it wrote to its standard error, the end is kept for the error's words. */
const saidCharactersMax = 600;

/** Starts a program in a process group of its own, so that Ctrl-C in a terminal is for its caller to understand. */
export function startLines(
  [program, ...words]: readonly [string, ...string[]],
  { onProcess, onLine, onGone }: LineListeners,
): LineProcess {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  if (child.pid !== undefined) onProcess(child.pid);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-saidCharactersMax);
  });
  // Writing to a program that has just ended fails; that it ended is told by itself.
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      onGone(`could not be started: ${error.message}`);
      resolve();
    });
    // Not `exit`: what it said last is read to the end first.
    child.once('close', (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      const last = said.trim();
      onGone(last === '' ? how : `${how}; it last said: ${last}`);
      resolve();
    });
  });
  const kill = (): void => killGroup(child);
  splitLines(child.stdout, onLine, () => {
    onGone(`said more than ${lineBytesMax} bytes without a line end`);
    kill();
  });
  return {
    tell: (line) => {
      if (child.stdin.writable) child.stdin.write(`${line}\n`);
    },
    end: async () => {
      const timer = setTimeout(kill, endMsMax);
      child.stdin.end();
      await gone;
      clearTimeout(timer);
      // What it started itself would outlive it.
      kill();
    },
    kill,
  };
}

function splitLines(output: Readable, onLine: (line: string) => void, onTooLong: () => void): void {
  let pieces: Buffer[] = [];
  let length = 0;
  output.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...pieces, chunk.subarray(from, at)]).toString('utf8');
      pieces = [];
      length = 0;
      from = at + 1;
      onLine(line);
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length <= lineBytesMax) return;
    output.destroy();
    onTooLong();
  });
}

function killGroup(child: ChildProcessByStdio<Writable, Readable, Readable>): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of its group is left, which is what was wanted.
  }
}
