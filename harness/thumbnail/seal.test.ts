import { expect, test } from 'vitest';
import { UNCHECKED_END_BYTES } from './mark.ts';
import { isSealed, seal } from './seal.ts';

const FRAME_BYTES = 64 + UNCHECKED_END_BYTES;

test('a sealed frame is sealed under its own key only', () => {
  const frame = new Uint8Array(FRAME_BYTES).fill(0x5a);
  seal(frame, { key: 7 });
  expect(isSealed(frame, { key: 7 })).toBe(true);
  expect(isSealed(frame, { key: 8 })).toBe(false);
});

test('both sums have a key: a right one does not excuse a wrong one', () => {
  const sevens = new Uint8Array(FRAME_BYTES).fill(0x5a);
  const eights = Uint8Array.from(sevens);
  seal(sevens, { key: 7 });
  seal(eights, { key: 8 });
  const crcAt = FRAME_BYTES - UNCHECKED_END_BYTES;
  const sumAt = crcAt + 4;
  expect(sevens.subarray(crcAt, sumAt)).not.toEqual(eights.subarray(crcAt, sumAt));
  expect(sevens.subarray(sumAt, sumAt + 4)).not.toEqual(eights.subarray(sumAt, sumAt + 4));
  const mixed = Uint8Array.from(sevens);
  mixed.set(eights.subarray(sumAt, sumAt + 4), sumAt);
  expect(isSealed(mixed, { key: 7 })).toBe(false);
  expect(isSealed(mixed, { key: 8 })).toBe(false);
});

test('bytes too few for a seal are not sealed', () => {
  for (const length of [0, 1, UNCHECKED_END_BYTES - 1]) {
    expect(isSealed(new Uint8Array(length), { key: 7 })).toBe(false);
  }
});
