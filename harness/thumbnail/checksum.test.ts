import { crc32 as nativeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, stampKey, wordSum } from './checksum.ts';

test('the CRC-32 of "123456789" is the published check value', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

test('our CRC-32 is the native one, for any bytes at any offset of their buffer, going on from any value', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 70 }),
      fc.nat(9),
      fc.nat(0xffff_ffff),
      (bytes, cut, value) => {
        const part = bytes.subarray(Math.min(cut, bytes.length));
        expect(crc32(part, value)).toBe(nativeCrc32(part, value));
      },
    ),
  );
});

test('the word sum changes with any one byte, with the length and with the key', () => {
  const bytes = Uint8Array.from({ length: 77 }, (_, index) => index * 37);
  const before = wordSum(bytes, 7);
  expect(wordSum(bytes, 8)).not.toBe(before);
  expect(wordSum(Uint8Array.of(...bytes, 0), 7)).not.toBe(before);
  for (const place of bytes.keys()) {
    for (const change of [1, 0x80, 0xff]) {
      bytes[place]! ^= change;
      expect(wordSum(bytes, 7), `byte ${place} changed by ${change}`).not.toBe(before);
      bytes[place]! ^= change;
    }
  }
});

test('a damage that the CRC cannot see is seen by the word sum', () => {
  const before = new Uint8Array(64).fill(0x55);
  const after = Uint8Array.from(before);
  // The generator polynomial itself, bit-reversed as the CRC reads it, with its leading bit: exclusive or with it leaves any CRC-32 as it was.
  for (const [index, word] of [0x41, 0x06, 0x71, 0xdb, 0x01].entries()) after[20 + index]! ^= word;
  expect(nativeCrc32(after)).toBe(nativeCrc32(before));
  expect(wordSum(after, 7)).not.toBe(wordSum(before, 7));
});

test('near seeds give keys that have nothing in common, and the upper half of a seed counts', () => {
  const keys = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, -1, Number.MAX_SAFE_INTEGER].map(stampKey);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.every((key) => Number.isInteger(key) && key >= 0 && key <= 0xffff_ffff)).toBe(true);
});

test('a seed that is no whole number is refused', () => {
  expect(() => stampKey(1.5)).toThrow('a seed is a whole number, got 1.5');
  expect(() => stampKey(2 ** 60)).toThrow(RangeError);
});
