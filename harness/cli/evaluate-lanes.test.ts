import { expect, test } from 'vitest';
import { type Job, type JobEnd, type Lanes, lineUp } from './evaluate-lanes.ts';

/** Jobs of literal lengths on a clock that moves when everything waits. */
class Bench {
  readonly log: string[] = [];
  most = 0;
  #nowMs = 0;
  #running = 0;
  readonly #timers: { readonly atMs: number; readonly resolve: () => void }[] = [];
  readonly #controller = new AbortController();

  lanes(changes: Partial<Lanes> = {}): Lanes {
    return {
      lanesMax: 2,
      hasRoom: () => true,
      pause: async (ms) => this.#after(ms),
      nowMs: () => this.#nowMs,
      untilMs: undefined,
      signal: this.#controller.signal,
      ...changes,
    };
  }

  job(name: string, takesMs: number, end: (wasAlone: boolean) => JobEnd = () => 'done'): Job {
    return {
      expectedMs: () => takesMs,
      run: async (wasAlone) => {
        this.#running += 1;
        this.most = Math.max(this.most, this.#running);
        await this.#after(takesMs);
        this.#running -= 1;
        const alone = wasAlone();
        this.log.push(`${name}${alone ? ' alone' : ''} until ${this.#nowMs}`);
        return end(alone);
      },
    };
  }

  interrupt(): void {
    this.#controller.abort();
  }

  async #after(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#timers.push({ atMs: this.#nowMs + ms, resolve });
    setImmediate(() => this.#advance());
    await promise;
  }

  /** One timer at a time, the earliest first. */
  #advance(): void {
    this.#timers.sort((one, other) => one.atMs - other.atMs);
    const next = this.#timers.shift();
    if (next === undefined) return;
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.resolve();
  }
}

const crowdedBeside = (alone: boolean): JobEnd => (alone ? 'done' : 'crowded');

test('jobs go side by side while there is room, in their order', async () => {
  const bench = new Bench();
  const jobs = ['a', 'b', 'c', 'd'].map((name) => bench.job(name, 1_000));
  expect(await lineUp(jobs, bench.lanes()).finish()).toBe(0);
  expect(bench.most).toBe(2);
  expect(bench.log.map((line) => line[0])).toEqual(['a', 'b', 'c', 'd']);
});

test('a machine without room does them one after another, and each of them was alone', async () => {
  const bench = new Bench();
  const jobs = ['a', 'b', 'c'].map((name) => bench.job(name, 1_000, crowdedBeside));
  await lineUp(jobs, bench.lanes({ hasRoom: () => false })).finish();
  expect(bench.most).toBe(1);
  expect(bench.log.map((line) => line.split(' until')[0])).toEqual([
    'a alone',
    'b alone',
    'c alone',
  ]);
});

test('what was crowded is done again at the end, alone, and once', async () => {
  const bench = new Bench();
  const jobs = [bench.job('a', 1_000, crowdedBeside), bench.job('b', 5_000), bench.job('c', 1_000)];
  await lineUp(jobs, bench.lanes()).finish();
  expect(bench.log.filter((line) => line.startsWith('a'))).toHaveLength(2);
  expect(bench.log.at(-1)).toMatch(/^a alone/);
});

test('where many are crowded there is a lane less from then on', async () => {
  const bench = new Bench();
  const jobs = Array.from({ length: 8 }, (_, index) =>
    bench.job(String(index), 1_000, crowdedBeside),
  );
  await lineUp(jobs, bench.lanes()).finish();
  const beside = bench.log.filter((line) => !line.includes('alone'));
  // The two that ran side by side, and whatever had begun beside the second before it ended.
  expect(beside.length).toBeLessThanOrEqual(3);
  expect(bench.log.filter((line) => line.includes('alone'))).toHaveLength(8);
});

test('nothing is begun that would not end within the budget, and how much was not is told', async () => {
  const bench = new Bench();
  const jobs = ['a', 'b', 'c'].map((name) => bench.job(name, 1_000));
  expect(await lineUp(jobs, bench.lanes({ lanesMax: 1, untilMs: 2_500 })).finish()).toBe(1);
  expect(bench.log).toEqual(['a alone until 1000', 'b alone until 2000']);
});

test('after an interrupt nothing more is begun, and what runs is waited for', async () => {
  const bench = new Bench();
  const stopping = bench.job('a', 1_000, () => {
    bench.interrupt();
    return 'done';
  });
  const jobs = [stopping, bench.job('b', 3_000), bench.job('c', 1_000)];
  expect(await lineUp(jobs, bench.lanes()).finish()).toBe(1);
  expect(bench.log.map((line) => line[0])).toEqual(['a', 'b']);
});

test('an error in one ends everything, after what still runs has ended', async () => {
  const bench = new Bench();
  const failing: Job = {
    expectedMs: () => 1,
    run: async () => Promise.reject(new Error('no room on the disk')),
  };
  await expect(
    lineUp([bench.job('a', 1_000), failing, bench.job('c', 1_000)], bench.lanes()).finish(),
  ).rejects.toThrow('no room on the disk');
  expect(bench.log.map((line) => line[0])).toEqual(['a']);
});
