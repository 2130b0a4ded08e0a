import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartedService } from '../model/service.ts';
import { encodeCommand, openConversation } from './resp-conversation.ts';

/** A temporary folder and the processes that were started, for tests of providers. Disposing removes the folder. */
export interface ProviderBench extends AsyncDisposable {
  readonly scratchDirectory: string;
  readonly processIds: number[];
  readonly onProcess: (processId: number) => void;
  /** Of the processes that were started, those that still run. */
  running(): number[];
  /** Puts a shell script called `redis-server`, unless told, into the folder, which is then good as a PATH. It says its version like the real one. */
  script(body: string, name?: string): Promise<void>;
}

export async function openBench(): Promise<ProviderBench> {
  const scratchDirectory = await mkdtemp(join(tmpdir(), 'crosswire-provider-'));
  const processIds: number[] = [];
  return {
    scratchDirectory,
    processIds,
    onProcess: (processId) => processIds.push(processId),
    running: () => processIds.filter(isRunning),
    script: async (body, name = 'redis-server') => {
      const file = join(scratchDirectory, name);
      const version = '[ "$1" = --version ] && echo "Redis server v=9.9.9 sha=0" && exit 0';
      await writeFile(file, `#!/bin/sh\n${version}\n${body}\n`);
      await chmod(file, 0o755);
    },
    [Symbol.asyncDispose]: () => rm(scratchDirectory, { recursive: true, force: true }),
  };
}

/** Whether there is a process of that id. One that ended and only waits to be noticed by an unhurried parent does not count. */
export function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    if (!existsSync('/proc/self/stat')) return true;
    return !/\) Z /.test(readFileSync(`/proc/${processId}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** The raw reply to one command on a connection of its own. */
export async function askOnce(
  { endpoint }: Pick<StartedService, 'endpoint'>,
  ...words: string[]
): Promise<string> {
  await using conversation = await openConversation(endpoint);
  return String((await conversation.say(encodeCommand(words), 1))[0]);
}
