import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRng } from './rng.ts';

test('the same seed gives the same draws, and another seed gives others', () => {
  const draws = (seed: number): number[] => {
    const rng = seededRng(seed);
    return Array.from({ length: 20 }, () => rng.integer(0, 1_000_000));
  };
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
});

test('a fork depends on its label and the seed, not on how much was drawn before', () => {
  const fresh = seededRng(7);
  const used = seededRng(7);
  for (let draw = 0; draw < 100; draw += 1) used.unit();
  expect(used.fork('herd').unit()).toBe(fresh.fork('herd').unit());
  expect(fresh.fork('herd').unit()).not.toBe(fresh.fork('calm').unit());
});

test('whole numbers stay in their range and reach both of its ends', () => {
  const rng = seededRng(1);
  const seen = new Set(Array.from({ length: 1_000 }, () => rng.integer(3, 6)));
  expect([...seen].toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6]);
});

test('near seeds give far draws: a thousand of them fill ten bins evenly', () => {
  const bins = Array.from({ length: 10 }, () => 0);
  for (let seed = 0; seed < 1_000; seed += 1) {
    const bin = Math.floor(seededRng(seed).unit() * 10);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  // 100 are expected in each; 50 or 150 would be more than five standard deviations away.
  expect(Math.min(...bins)).toBeGreaterThan(50);
  expect(Math.max(...bins)).toBeLessThan(150);
});

test('an empty range and a fractional seed are refused', () => {
  expect(() => seededRng(1).integer(5, 4)).toThrow('no whole number from 5 to 4');
  expect(() => seededRng(1.5)).toThrow('a seed is a whole number, got 1.5');
});

test('any seed and label give a unit draw from 0 to below 1', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.string(), (seed, label) => {
      const draw = seededRng(seed).fork(label).unit();
      return draw >= 0 && draw < 1;
    }),
  );
});
