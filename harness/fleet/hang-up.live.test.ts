import { expect, test } from 'vitest';
import type { Step } from '../model/plan.ts';
import { runFleet } from './fleet.ts';
import { testCloud } from './test-cloud.ts';
import {
  allCamerasAt,
  everyoneAt,
  fleetAgainst,
  smallPlan,
  smallPopulation,
  until,
} from './test-fleet.ts';

const population = smallPopulation();
const never = new AbortController().signal;
const hangUpAfter = (step: Step, afterMs: number): Step =>
  step.type === 'arrivals' && step.who === 'viewers'
    ? { ...step, hangUps: { share: 1, afterMsMin: afterMs, afterMsMax: afterMs } }
    : step;

test('a viewer who closes the app hangs up in the middle of a request, asks nothing more, and comes again', async () => {
  await using cloud = await testCloud(population);
  let answers: 'hang' | 'serve' = 'hang';
  cloud.twists.answer = (request) => (request.startsWith('GET') ? answers : 'serve');
  const plan = smallPlan(population, [
    allCamerasAt(0),
    hangUpAfter(everyoneAt(300), 200),
    everyoneAt(1_000),
    until(1_600),
  ]);
  const { options, written } = fleetAgainst(cloud.port, plan);
  const running = runFleet(options, never);
  setTimeout(() => {
    answers = 'serve';
  }, 900);
  await running;
  const lists = written.op.filter(({ kind }) => kind === 'list');
  const hungUp = lists.filter(({ outcome }) => outcome === 'failed');
  expect(hungUp).toHaveLength(4);
  for (const row of hungUp) {
    expect(row.error).toBe('the viewer hung up');
    expect(row.doneNs).not.toBe(null);
  }
  expect(lists.filter(({ outcome }) => outcome === 'ok')).toHaveLength(4);
  expect(written.op.filter(({ kind }) => kind === 'thumbnails')).toHaveLength(4);
});
