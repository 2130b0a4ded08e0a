import { spawn } from 'node:child_process';

/** Knows what was started and cleans up after a harness that was killed; see processes/reaper.ts. */
export interface Reaper {
  watchProcess(processId: number): void;
  watchFolder(path: string): void;
  watchContainer(containerId: string): void;
  /** Ends the reaper, which removes what is still there. Resolves when it is gone. */
  end(): Promise<void>;
}

/** Starts the reaper in a session of its own, so that neither Ctrl-C nor a killed process group takes it along. */
export function startReaper(node: string): Reaper {
  const entry = new URL(import.meta.resolve('../processes/reaper.ts'));
  const child = spawn(node, [entry.pathname], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A reaper that died cannot be told anything more; the orderly way out still cleans up.
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const tell = (line: string): void => {
    if (child.stdin.writable) child.stdin.write(`${line}\n`);
  };
  return {
    watchProcess: (processId) => tell(`process ${processId}`),
    watchFolder: (path) => tell(`folder ${path}`),
    watchContainer: (containerId) => tell(`container ${containerId}`),
    end: async () => {
      child.stdin.end();
      await gone;
    },
  };
}
