import { expect, test } from 'vitest';
import type { BackOff } from '../model/population.ts';
import { type BackOffState, freshBackOff, nextDelay } from './back-off.ts';
import { seededRng } from './rng.ts';

test('immediate and fixed always wait the same', () => {
  expect(delays({ policy: 'immediate', delayMs: 20 }, 4)).toEqual([20, 20, 20, 20]);
  expect(delays({ policy: 'fixed', delayMs: 5_000 }, 3)).toEqual([5_000, 5_000, 5_000]);
});

test('exponential doubles from its base and stops at its cap', () => {
  const policy: BackOff = { policy: 'exponential', baseMs: 100, capMs: 1_000 };
  expect(delays(policy, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('exponential holds its cap after more failures than a double can count', () => {
  const policy: BackOff = { policy: 'exponential', baseMs: 100, capMs: 1_000 };
  const state: BackOffState = { failures: 5_000, previousMs: 1_000 };
  expect(nextDelay(policy, state, seededRng(1)).delayMs).toBe(1_000);
});

test('full jitter draws from the whole of the exponential range', () => {
  const policy: BackOff = { policy: 'exponential-full-jitter', baseMs: 100, capMs: 400 };
  const thirds = Array.from({ length: 400 }, (_, seed) => delays(policy, 3, seed)[2] ?? -1);
  expect(Math.min(...thirds)).toBeLessThan(20);
  expect(Math.max(...thirds)).toBeGreaterThan(380);
  expect(thirds.every((delayMs) => delayMs >= 0 && delayMs < 400)).toBe(true);
});

test('decorrelated jitter draws between its base and three times the delay before, under its cap', () => {
  const policy: BackOff = { policy: 'decorrelated-jitter', baseMs: 100, capMs: 2_000 };
  for (let seed = 0; seed < 200; seed += 1) {
    let previousMs = 100;
    for (const delayMs of delays(policy, 8, seed)) {
      expect(delayMs).toBeGreaterThanOrEqual(100);
      expect(delayMs).toBeLessThanOrEqual(Math.min(2_000, previousMs * 3));
      previousMs = delayMs;
    }
  }
});

test('the same seed draws the same delays', () => {
  const policy: BackOff = { policy: 'decorrelated-jitter', baseMs: 50, capMs: 10_000 };
  expect(delays(policy, 10, 7)).toEqual(delays(policy, 10, 7));
  expect(delays(policy, 10, 7)).not.toEqual(delays(policy, 10, 8));
});

test('a base above its cap and a negative delay are refused with the value', () => {
  expect(() => delays({ policy: 'exponential', baseMs: 200, capMs: 100 }, 1)).toThrow(
    'baseMs 200 above capMs 100',
  );
  expect(() => delays({ policy: 'fixed', delayMs: -1 }, 1)).toThrow('got -1');
});

function delays(policy: BackOff, count: number, seed = 1): number[] {
  const rng = seededRng(seed);
  const drawn: number[] = [];
  let state = freshBackOff;
  for (let index = 0; index < count; index += 1) {
    const next = nextDelay(policy, state, rng);
    drawn.push(next.delayMs);
    state = next.state;
  }
  return drawn;
}
