import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf, plain, shortened, shortenedInside } from './plain-text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 120 });

test('no control character, escape sequence or change of direction is left in plain text', () => {
  expect(plain('a\u001B[31mred\u202Eb\r\nc\u009B1m')).toBe(
    'a\uFFFD[31mred\uFFFDb\uFFFD\uFFFDc\uFFFD1m',
  );
  fc.assert(fc.property(anyText, (text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(plain(text))));
});

test('wide characters take two columns and combining marks none', () => {
  expect([columnsOf('abc'), columnsOf('写真'), columnsOf('e\u0301'), columnsOf('📷')]).toEqual([
    3, 4, 1, 2,
  ]);
});

test('text is never wider than it may be, and is left alone where it fits', () => {
  expect(shortened('a longer line', 8)).toBe('a lon...');
  expect(shortened('写真写真写真', 8)).toBe('写真...');
  expect(shortened('𒾐'.repeat(20), 6)).toBe('𒾐𒾐𒾐...');
  expect(shortenedInside('/home/nadia/runs/cache-outage/record.sqlite', 24)).toBe(
    '/home/na...record.sqlite',
  );
  fc.assert(
    fc.property(anyText, fc.integer({ min: 3, max: 90 }), (text, columns) => {
      for (const cut of [shortened(plain(text), columns), shortenedInside(plain(text), columns)]) {
        expect(columnsOf(cut)).toBeLessThanOrEqual(columns);
        expect(cut === plain(text)).toBe(columnsOf(plain(text)) <= columns);
      }
    }),
  );
});
