import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../model/world.ts';
import { type Agenda, agenda, wakesPerTurnMax } from './agenda.ts';

const clock: Clock = {
  nowNs: () => performance.now() * 1e6,
  sleepUntil: () => Promise.reject(new Error('the agenda has its own timer')),
};
const failures: unknown[] = [];
let subject: Agenda | undefined;
afterEach(() => {
  subject?.stop();
  failures.length = 0;
});

test('wakes in the order of moments, and of one moment in the order of asking', async () => {
  const asked = open();
  const fromNs = clock.nowNs();
  const woken: string[] = [];
  const note = (name: string) => ({ wake: () => void woken.push(name) });
  asked.at(fromNs + 30e6, note('last'));
  asked.at(fromNs + 10e6, note('second'));
  asked.at(fromNs + 10e6, note('third'));
  asked.at(fromNs - 5e6, note('first'));
  expect(await asked.sleepUntil(fromNs + 31e6)).toBe(true);
  expect(woken).toEqual(['first', 'second', 'third', 'last']);
  expect(clock.nowNs()).toBeGreaterThanOrEqual(fromNs + 31e6);
});

test('many moments come back in order, and each sleeper is told the moment it had planned', async () => {
  const asked = open();
  const fromNs = clock.nowNs();
  const woken: number[] = [];
  for (let index = 0; index < 1_000; index += 1) {
    const plannedNs = fromNs + ((index * 7_919) % 1_000) * 1e4;
    asked.at(plannedNs, { wake: (atNs) => void woken.push(atNs) });
  }
  await asked.sleepUntil(fromNs + 11e6);
  expect(woken).toHaveLength(1_000);
  expect(woken).toEqual(woken.toSorted((one, other) => one - other));
});

test('lets the loop read its sockets between turns when very many are due at once', async () => {
  const asked = open();
  let wokenAtBreath = 0;
  let woken = 0;
  const fromNs = clock.nowNs();
  const sleeper = {
    wake: () => {
      woken += 1;
      if (woken === 1) setImmediate(() => (wokenAtBreath = woken));
    },
  };
  for (let index = 0; index < 5 * wakesPerTurnMax; index += 1) asked.at(fromNs, sleeper);
  await asked.sleepUntil(fromNs + 1);
  expect(woken).toBe(5 * wakesPerTurnMax);
  expect(wokenAtBreath).toBe(wakesPerTurnMax);
});

test('what had arrived while the loop was busy is heard before anybody is woken', async () => {
  const asked = open();
  const heard: string[] = [];
  const woken = asked.sleepUntil(clock.nowNs() + 5e6).then(() => heard.push('sleeper'));
  setImmediate(() => {
    const until = performance.now() + 20;
    // Its answer waits where those of sockets do.
    randomBytes(8, () => heard.push('answer'));
    while (performance.now() < until);
  });
  await woken;
  expect(heard).toEqual(['answer', 'sleeper']);
});

test('a sleeper that throws is reported and holds nobody up', async () => {
  const asked = open();
  const fromNs = clock.nowNs();
  asked.at(fromNs, {
    wake: () => {
      throw new Error('out of bed the wrong way');
    },
  });
  expect(await asked.sleepUntil(fromNs + 1)).toBe(true);
  expect(failures).toEqual([new Error('out of bed the wrong way')]);
});

test('stopping wakes nobody and tells those who wait', async () => {
  const asked = open();
  let woken = 0;
  asked.at(clock.nowNs(), { wake: () => (woken += 1) });
  const sleep = asked.sleepUntil(clock.nowNs() + 60_000e6);
  asked.stop();
  expect(await sleep).toBe(false);
  expect(await asked.sleepUntil(0)).toBe(false);
  expect(woken).toBe(0);
});

function open(): Agenda {
  subject = agenda({ clock, onFailure: (error) => failures.push(error) });
  return subject;
}
