import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, World } from '../model/world.ts';
import { seededRng } from '../plan/rng.ts';

/** What a child process is told about the run it belongs to. */
export interface RunSettings {
  /** Which process this is, for example `fleet`. */
  readonly name: string;
  /** `process.hrtime.bigint()` at the start of the run, as text: the zero of all times. */
  readonly startTicks: string;
  readonly seed: number;
  /** The file that this process writes its rows to. */
  readonly recordPath: string;
  /** This writer's ordinal within the run: keeps its row ids apart from the others'. */
  readonly writer: number;
}

/** The one place where the real clock is read. `label` keeps the lots of one process apart from another's. */
export function realWorld(
  { startTicks, seed }: Pick<RunSettings, 'startTicks' | 'seed'>,
  label: string,
): World {
  return {
    clock: monotonicClock(BigInt(startTicks)),
    rng: seededRng(seed).fork(label),
    log: (line) => process.stderr.write(`${line}\n`),
  };
}

function monotonicClock(startTicks: bigint): Clock {
  const nowNs = (): number => Number(process.hrtime.bigint() - startTicks);
  return {
    nowNs,
    sleepUntil: async (atNs, signal) => {
      signal.throwIfAborted();
      const waitMs = (atNs - nowNs()) / 1e6;
      if (waitMs > 0) await delay(Math.ceil(waitMs), undefined, { signal });
    },
  };
}
