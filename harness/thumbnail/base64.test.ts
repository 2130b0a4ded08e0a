import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64Bytes } from './base64.ts';

test('base64 gives back the bytes that were written', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(base64Bytes(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
    }),
  );
});

test('text that is not base64 is refused, with the character and its place', () => {
  expect(() => base64Bytes('AAA')).toThrow('base64 comes in fours, got 3 characters');
  expect(() => base64Bytes('AA-A')).toThrow('base64 does not have "-", at 2');
});
