import { cpus } from 'node:os';

/** What a run takes of the machine while its herd comes back: most of one processor, and seven processes. */
const processorsIdleMin = 0.6;
const memoryBytesMin = 1_000_000_000;
/** Two herds at one moment are what side by side must not mean, and a run that has just begun does not show yet. */
const apartMs = 3_000;

/** Says whether the machine has room for one more run: a processor that idled over the last seconds, and memory. */
export function roomOfMachine(): () => boolean {
  let before = reading();
  let idle = 0;
  return () => {
    const now = reading();
    const forMs = Number(now.atNs - before.atNs) / 1e6;
    if (forMs < apartMs) return false;
    idle = (now.idleMs - before.idleMs) / forMs;
    before = now;
    return idle >= processorsIdleMin && process.availableMemory() >= memoryBytesMin;
  };
}

function reading(): { readonly atNs: bigint; readonly idleMs: number } {
  const idleMs = cpus().reduce((sum, { times }) => sum + times.idle, 0);
  return { atNs: process.hrtime.bigint(), idleMs };
}
