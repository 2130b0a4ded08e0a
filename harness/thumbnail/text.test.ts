import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8Bytes, utf8Text } from './text.ts';

const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());

test('well-formed text becomes the bytes that TextEncoder makes of it, and comes back', () => {
  fc.assert(
    fc.property(wellFormed, (text) => {
      const bytes = utf8Bytes(text);
      expect(Uint8Array.from(bytes)).toEqual(new TextEncoder().encode(text));
      expect(utf8Text(bytes)).toBe(text);
    }),
  );
});

test('half a surrogate pair is refused, with its place', () => {
  expect(() => utf8Bytes('ab\ud83d')).toThrow('half a surrogate pair at 2');
  expect(() => utf8Bytes('\ude00')).toThrow(TypeError);
});

test('any bytes are read as a strict TextDecoder reads them, or not at all', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const nearText = fc
    .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc1, 0xc3, 0xe0, 0xa0, 0xed, 0xf0, 0x90, 0xf4, 0xf5))
    .map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), nearText), (bytes) => {
      let expected: string | null;
      try {
        expected = decoder.decode(bytes);
      } catch {
        expected = null;
      }
      expect(utf8Text(bytes)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
