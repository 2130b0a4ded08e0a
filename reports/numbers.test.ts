import { expect, test } from 'vitest';
import { counted, fewerThan, latency, listed, percent, seconds, thousands } from './numbers.ts';

test('figures are grouped and counted in words', () => {
  expect([thousands(48_211), counted(1, 'user'), counted(0, 'user')]).toEqual([
    '48,211',
    '1 user',
    '0 users',
  ]);
  expect([seconds(19_240), latency(0.42), latency(211.4), latency(2400)]).toEqual([
    '19.2 s',
    '0.4 ms',
    '211 ms',
    '2.4 s',
  ]);
  expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
});

test('a share that is not zero never reads as zero, and one that is not all never as all', () => {
  expect([0, 0.0001, 0.381, 0.99999, 1].map(percent)).toEqual([
    '0 %',
    'under 0.1 %',
    '38.1 %',
    'over 99.9 %',
    '100 %',
  ]);
});

test('the bound of 0 in 48,211 is fewer than 1 in 16,093, and a single draw bounds nothing', () => {
  expect(fewerThan(1 - 0.05 ** (1 / 48_211))).toBe('fewer than 1 in 16,093');
  expect(fewerThan(1 - 0.05 ** (1 / 1))).toBe('too few to bound');
  expect(fewerThan(1)).toBe('too few to bound');
});
