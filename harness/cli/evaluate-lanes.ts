/** Something that takes a while, and may be done beside others of its kind. */
export interface Job {
  /** How long it will take, in milliseconds, as far as is known. */
  expectedMs(): number;
  /** `wasAlone`, asked at the end, says whether nothing was ever beside it. Rejects only to end everything. */
  run(wasAlone: () => boolean): Promise<JobEnd>;
}

/** `crowded`: it suffered from what was beside it, and has to be done again alone. */
export type JobEnd = 'done' | 'crowded';

export interface Lanes {
  /** So many at once at most. */
  readonly lanesMax: number;
  /** Whether the machine has room for one more beside those that run. */
  hasRoom(): boolean;
  /** Resolves after this long. */
  pause(ms: number): Promise<void>;
  nowMs(): number;
  /** Nothing is begun that is not expected to end by then; undefined without a limit. */
  readonly untilMs: number | undefined;
  readonly signal: AbortSignal;
}

/** Done side by side, as far as there is room; what was crowded comes last, one after another. */
export interface Lineup {
  /** About how long the rest takes, in milliseconds. */
  leftMs(): number;
  /** Does everything. Resolves to how many were not begun. */
  finish(): Promise<number>;
}

/** When more than a quarter of what was done side by side was crowded, there is a lane less from then on. */
export function lineUp(jobs: readonly Job[], lanes: Lanes): Lineup {
  const queue = [...jobs];
  const again: Job[] = [];
  const running = new Map<Run, Promise<void>>();
  const beganMs = lanes.nowMs();
  const tally = { lanes: lanes.lanesMax, beside: 0, crowded: 0, busyMs: 0 };
  const failures: unknown[] = [];
  const isOver = (): boolean => lanes.signal.aborted || failures.length > 0;
  const fits = (job: Job): boolean =>
    lanes.untilMs === undefined || lanes.nowMs() + job.expectedMs() <= lanes.untilMs;

  const ended = (run: Run, end: JobEnd): void => {
    tally.busyMs += lanes.nowMs() - run.fromMs;
    if (!run.hadCompany) return;
    tally.beside += 1;
    if (end !== 'crowded') return;
    again.push(run.job);
    tally.crowded += 1;
    if (tally.crowded < crowdedMin || tally.crowded * 4 <= tally.beside) return;
    Object.assign(tally, { lanes: Math.max(1, tally.lanes - 1), beside: 0, crowded: 0 });
  };
  const begin = (job: Job): void => {
    const run: Run = { job, fromMs: lanes.nowMs(), hadCompany: running.size > 0 };
    for (const other of running.keys()) other.hadCompany = true;
    const work = job
      .run(() => !run.hadCompany)
      .then((end) => ended(run, end))
      .catch((failure: unknown) => void failures.push(failure))
      .finally(() => running.delete(run));
    running.set(run, work);
  };
  const sideBySide = async (): Promise<void> => {
    while (!isOver() && queue.length > 0) {
      const [next] = queue;
      const isFree = running.size === 0 || (running.size < tally.lanes && lanes.hasRoom());
      if (next === undefined || (isFree && !fits(next))) break;
      if (isFree) {
        queue.shift();
        begin(next);
      } else {
        await Promise.race([...running.values(), lanes.pause(pauseMs)]);
      }
    }
    await Promise.all(running.values());
  };
  return {
    leftMs: () => {
      const elapsedMs = Math.max(1, lanes.nowMs() - beganMs);
      const atOnce = Math.min(Math.max(1, tally.busyMs / elapsedMs), tally.lanes);
      return sum(queue) / atOnce + sum(again);
    },
    finish: async () => {
      await sideBySide();
      for (const job of again.splice(0)) {
        if (isOver() || !fits(job)) continue;
        begin(job);
        await Promise.all(running.values());
      }
      if (failures.length > 0) throw failures[0];
      return queue.length;
    },
  };
}

interface Run {
  readonly job: Job;
  readonly fromMs: number;
  hadCompany: boolean;
}

const pauseMs = 250;
const crowdedMin = 2;

function sum(jobs: readonly Job[]): number {
  return jobs.reduce((total, job) => total + job.expectedMs(), 0);
}
