import { expect, test } from 'vitest';
import type { Plan, Step } from '../model/plan.ts';
import type { FaultRow, PhaseRow, Recorder } from '../model/rows.ts';
import type { Clock } from '../model/world.ts';
import { type RunParts, run } from './run.ts';

const steps: readonly Step[] = [
  { atMs: 0, type: 'phase', name: 'warm', forMs: 10 },
  { atMs: 10, type: 'phase', name: 'outage', forMs: 20 },
  { atMs: 10, type: 'fault-on', faultId: 'kill-cache', fault: { kind: 'kill', service: 'cache' } },
  { atMs: 30, type: 'fault-off', faultId: 'kill-cache' },
  { atMs: 30, type: 'phase', name: 'calm', forMs: 5 },
  { atMs: 31, type: 'flood', forMs: 4, connections: 1, perSecondMax: 1 },
];
const plan: Plan = {
  format: 1,
  scenario: 'small',
  seed: 1,
  population: { users: [], devices: [] },
  habits: { tapShare: 0, thinkMsMin: 0, thinkMsMax: 0, pageSize: 1 },
  heartbeatMs: 1,
  steps,
  checks: [],
  requestDeadlineMs: 10,
  deadlineMs: 1_000,
};

test('phases, faults and floods happen in the order and at the moments of the plan', async () => {
  const stage = theatre();
  await run(plan, stage.parts, new AbortController().signal);
  expect(stage.said).toEqual([
    '0 phase warm',
    '10 phase outage',
    '10 inject kill-cache',
    '30 heal kill-cache',
    '30 phase calm',
    '31 flood',
    '31 sweep',
  ]);
  expect(stage.faults).toEqual([
    {
      id: 3,
      faultId: 'kill-cache',
      fault: '{"kind":"kill","service":"cache"}',
      onNs: 10e6,
      offNs: 30e6,
      bit: 3,
    },
  ]);
  expect(stage.phases.map(({ name, fromNs, toNs }) => [name, fromNs, toNs])).toEqual([
    ['warm', 0, 10e6],
    ['outage', 10e6, 30e6],
    ['calm', 30e6, 31e6],
  ]);
});

test('a fleet that fails during the outage ends the run with its error, healed', async () => {
  const stage = theatre({
    fleet: (clock, signal) =>
      clock.sleepUntil(15e6, signal).then(() => Promise.reject(new Error('the fleet fell over'))),
  });
  await expect(run(plan, stage.parts, new AbortController().signal)).rejects.toThrow(
    'the fleet fell over',
  );
  expect(stage.said.at(-1)).toBe('15 heal kill-cache');
  expect(stage.faults).toHaveLength(1);
});

test('an interrupt during the outage heals before the run is left', async () => {
  const interrupt = new AbortController();
  const stage = theatre({ onInject: () => interrupt.abort(new Error('Ctrl-C')) });
  await expect(run(plan, stage.parts, interrupt.signal)).rejects.toThrow('Ctrl-C');
  expect(stage.said.at(-1)).toBe('10 heal kill-cache');
});

test('a fault that does not heal is an error that names it', async () => {
  const stage = theatre({
    heal: () => Promise.reject(new Error('the server did not start again')),
  });
  await expect(run(plan, stage.parts, new AbortController().signal)).rejects.toThrow(
    'the server did not start again',
  );
});

test('a fleet that never ends meets the deadline of the plan', async () => {
  const stage = theatre({ fleet: (clock, signal) => clock.sleepUntil(9_999e6, signal) });
  await expect(run(plan, stage.parts, new AbortController().signal)).rejects.toThrow(
    '1000 ms after the start',
  );
});

test('what is stored is read when calm is over and everything has ended, while all still stands', async () => {
  const stage = theatre({ sweep: () => Promise.resolve() });
  await run(plan, stage.parts, new AbortController().signal);
  expect(stage.said.slice(-2)).toEqual(['31 flood', '31 sweep']);
  expect(stage.phases.at(-1)).toMatchObject({ name: 'calm', toNs: 31e6 });
});

test('a sweep that fails is told, and the run goes on to its end', async () => {
  const stage = theatre({ sweep: () => Promise.reject(new Error('the cache is gone')) });
  await run(plan, stage.parts, new AbortController().signal);
  expect(stage.said.slice(-2)).toEqual(['31 sweep', '31 not swept: the cache is gone']);
});

test('an interrupt during the sweep ends the run', async () => {
  const interrupt = new AbortController();
  const stage = theatre({
    sweep: () => {
      interrupt.abort(new Error('Ctrl-C'));
      return Promise.reject(new Error('aborted'));
    },
  });
  await expect(run(plan, stage.parts, interrupt.signal)).rejects.toThrow('Ctrl-C');
  expect(stage.said.at(-1)).toBe('31 sweep');
});

interface Troubles {
  readonly fleet?: (clock: Clock, signal: AbortSignal) => Promise<void>;
  readonly heal?: () => Promise<void>;
  readonly onInject?: () => void;
  readonly sweep?: () => Promise<void>;
}

/** Parts that note what is done to them, on a clock that jumps from one sleeper to the next. */
function theatre({
  fleet = () => Promise.resolve(),
  heal = () => Promise.resolve(),
  onInject = () => undefined,
  sweep = () => Promise.resolve(),
}: Troubles = {}) {
  const said: string[] = [];
  const phases: PhaseRow[] = [];
  const faults: FaultRow[] = [];
  const clock = jumpingClock();
  const say = (line: string): void => {
    said.push(`${clock.nowNs() / 1e6} ${line}`);
  };
  let ids = 0;
  const recorder = {
    nextId: () => {
      ids += 1;
      return ids;
    },
    phase: (row: PhaseRow) => phases.push(row),
    fault: (row: FaultRow) => faults.push(row),
  } as unknown as Recorder;
  const parts: RunParts = {
    world: { clock, rng: undefined as never, log: () => undefined },
    recorder,
    faults: {
      inject: async (faultId) => {
        say(`inject ${faultId}`);
        onInject();
        return {
          bit: async () => 3,
          [Symbol.asyncDispose]: async () => {
            say(`heal ${faultId}`);
            await heal();
          },
        };
      },
    },
    fleet: { run: (_, signal) => fleet(clock, signal) },
    flood: { run: async () => say('flood') },
    sweep: {
      run: async () => {
        say('sweep');
        await sweep();
      },
      onFailure: (says) => say(`not swept: ${says}`),
    },
    onPhase: ({ name }) => say(`phase ${name}`),
  };
  return { parts, said, phases, faults };
}

/** When everybody sleeps, it is the time at which the first wakes. */
function jumpingClock(): Clock {
  let nowNs = 0;
  const sleepers: { readonly atNs: number; readonly wake: () => void }[] = [];
  const jump = (): void => {
    sleepers.sort((a, b) => a.atNs - b.atNs);
    const first = sleepers.shift();
    if (first === undefined) return;
    nowNs = Math.max(nowNs, first.atNs);
    first.wake();
  };
  return {
    nowNs: () => nowNs,
    sleepUntil: (atNs, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const entry = { atNs, wake: resolve };
        sleepers.push(entry);
        signal.addEventListener('abort', () => {
          sleepers.splice(sleepers.indexOf(entry), sleepers.includes(entry) ? 1 : 0);
          reject(signal.reason as Error);
        });
        // A turn of the event loop without news means that everybody sleeps.
        setImmediate(() => setImmediate(jump));
      }),
  };
}
