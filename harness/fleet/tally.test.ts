import { expect, test } from 'vitest';
import { tally } from './tally.ts';

test('progress counts since the last time, the total since the start', () => {
  const counted = tally();
  counted.cameraConnected();
  counted.cameraConnected();
  counted.cameraGone();
  counted.request('ok', 0);
  counted.request('refused', 0);
  counted.picture(true);
  expect(counted.progress()).toMatchObject({
    camerasConnected: 1,
    ok: 1,
    refused: 1,
    suspicious: 1,
  });
  counted.request('expired', 0);
  counted.request('wrong-echo', 0);
  counted.request('unsent', 0);
  counted.picture(false);
  expect(counted.progress()).toMatchObject({
    ok: 0,
    failed: 2,
    unsent: 1,
    picturesChecked: 1,
    suspicious: 0,
  });
  expect(counted.total()).toMatchObject({
    ok: 1,
    refused: 1,
    failed: 2,
    unsent: 1,
    picturesChecked: 2,
    suspicious: 1,
  });
});

test('lateness is the 99th percentile of what was sent, right to 5 %', () => {
  const counted = tally();
  expect(counted.progress().lateMsP99).toBe(0);
  for (let index = 1; index <= 1_000; index += 1) counted.request('ok', index * 1e6);
  counted.request('unsent', 1e15);
  const { lateMsP99 } = counted.progress();
  expect(lateMsP99).toBeGreaterThan(990 * 0.95);
  expect(lateMsP99).toBeLessThan(990 * 1.05);
  counted.request('ok', 0);
  expect(counted.progress().lateMsP99).toBe(0);
  counted.dialled(50e6);
  expect(counted.progress().lateMsP99).toBeGreaterThan(47);
});
