import { readFileSync } from 'node:fs';

/** How much of a time the processes of a run waited for a processor that others had: shares from 0 to 1, by process. */
export type ProcessorWait = Readonly<Record<string, number>>;

/** Begins to measure; ends with the answer. */
export interface ProcessorWatch {
  /** Null where the system does not say, which is everywhere but on Linux. */
  stop(): ProcessorWait | null;
}

/** Of the main thread of each process, which is where all of ours do their work. A process that is gone is left out. */
export function watchProcessorWait(
  processIds: ReadonlyMap<string, number>,
  nowNs: () => number,
): ProcessorWatch {
  const startNs = nowNs();
  const before = new Map([...processIds].map(([name, id]) => [name, waitedNs(id)]));
  return {
    stop: () => {
      const lastedNs = Math.max(1, nowNs() - startNs);
      const shares = [...processIds].flatMap(([name, id]) => {
        const [from, to] = [before.get(name), waitedNs(id)];
        if (from === undefined || to === undefined) return [];
        return [[name, Math.round(((to - from) / lastedNs) * 1_000) / 1_000] as const];
      });
      return shares.length === 0 ? null : Object.fromEntries(shares);
    },
  };
}

/** Nanoseconds ready to run and not running: the second figure of schedstat (docs.kernel.org/scheduler/sched-stats.html). */
function waitedNs(processId: number): number | undefined {
  try {
    const [, waited] = readFileSync(`/proc/${processId}/schedstat`, 'utf8').split(' ');
    const nanoseconds = Number(waited);
    return Number.isFinite(nanoseconds) ? nanoseconds : undefined;
  } catch {
    return undefined;
  }
}
