import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRng } from '../plan/rng.ts';
import { readCode } from './code-reading.ts';
import { renderThumbnail } from './picture.ts';
import { codeCells, DATA_CELLS, dataCell, readCells, tagOf } from './picture-code.ts';
import { readAfter, readSpoilt, spoils } from './test-code-trials.ts';
import { pixelsOf, sampleInput, transcoded } from './test-transcoder.ts';

const KEY = 0x5eed;
const tags = fc.maxSafeNat().map((number) => number % 2 ** 48);
const keys = fc.integer({ min: 0, max: 0xffff_ffff });

/** As they would be measured in a perfect picture: every cell equally certain. */
function levelsOf(tag: number, key: number): Float64Array {
  const cells = codeCells(tag, key);
  return Float64Array.from({ length: DATA_CELLS }, (_, index) => {
    const { column, row } = dataCell(index);
    return cells[row * (cells.length / 4) + column] === 1 ? 100 : -100;
  });
}

describe('the cells of the code', () => {
  test('give back the tag that was put in', () => {
    fc.assert(
      fc.property(tags, keys, (tag, key) => {
        expect(readCells(levelsOf(tag, key), key)).toBe(tag);
      }),
    );
  });

  test('are repaired when one cell of each triple is wrong and known to be uncertain', () => {
    const which = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(tags, which, (tag, wrong) => {
        const levels = levelsOf(tag, KEY);
        for (const [triple, place] of wrong.entries()) {
          const cell = triple + 40 * place;
          levels[cell] = -0.5 * (levels[cell] ?? 0);
        }
        expect(readCells(levels, KEY)).toBe(tag);
      }),
    );
  });

  test('say nothing when up to seven bits of the word are wrong and the parity hides it', () => {
    const bits = fc.uniqueArray(fc.integer({ min: 0, max: 79 }), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(tags, bits, (tag, wrong) => {
        const levels = levelsOf(tag, KEY);
        const turn = (cell: number): void => {
          levels[cell] = -(levels[cell] ?? 0);
        };
        for (const bit of wrong) {
          turn(bit);
          turn(80 + (bit % 40));
        }
        expect(readCells(levels, KEY)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  test('say nothing under the key of another run', () => {
    fc.assert(
      fc.property(tags, keys, keys, (tag, key, other) => {
        fc.pre(key !== other);
        expect(readCells(levelsOf(tag, key), other)).toBeNull();
      }),
    );
  });
});

describe('a tag', () => {
  const stamp = {
    ownerId: 'user-1',
    deviceId: 'door-1',
    eventId: 'event-1',
    version: 1,
    kind: 'thumbnail',
  } as const;

  test.each([
    ['owner', { ownerId: 'user-2' }],
    ['device', { deviceId: 'door-2' }],
    ['event', { eventId: 'event-2' }],
    ['version', { version: 2 }],
    ['kind', { kind: 'clip' as const }],
    ['border between two ids', { ownerId: 'user-1d', deviceId: 'oor-1' }],
  ])('is another one for another %s', (_what, change) => {
    expect(tagOf({ ...stamp, ...change }, { key: KEY })).not.toBe(tagOf(stamp, { key: KEY }));
  });

  test('is another one in another run', () => {
    expect(tagOf(stamp, { key: 1 })).not.toBe(tagOf(stamp, { key: 2 }));
  });
});

describe('the code in a picture', () => {
  const sample = { pictures: 40, key: KEY };

  test.each([
    ['encoded at quality 40', { quality: 40 }],
    ['made half the size', { quality: 90, scale: 0.5 }],
    ['cropped by 5 % a side', { quality: 90, crop: 0.05 }],
    ['cropped, halved and encoded at quality 40', { quality: 40, scale: 0.5, crop: 0.05 }],
    [
      'cropped at two sides only',
      { quality: 70, crop: { left: 0.05, right: 0, top: 0.05, bottom: 0 } },
    ],
  ])('is read from at least 99 in 100 pictures %s, and never read wrong', (name, transcoding) => {
    const { pictures, read, wrong } = readAfter(seededRng(7).fork(name), sample, () => transcoding);
    expect(wrong).toBe(0);
    expect(read / pictures).toBeGreaterThanOrEqual(0.99);
  });

  test.each(Object.entries(spoils))('is never read wrong: %s', (name, spoil) => {
    const { wrong } = readSpoilt(seededRng(8).fork(name), { pictures: 100, key: KEY }, spoil);
    expect(wrong).toBe(0);
  });

  test('is not read from what is no picture of ours, or too small or too large to be one', () => {
    const grey = (width: number, height: number): Uint8Array =>
      new Uint8Array(width * height * 4).fill(128);
    expect(readCode({ width: 320, height: 256, data: grey(320, 256) }, KEY)).toBeNull();
    expect(readCode({ width: 8, height: 8, data: grey(8, 8) }, KEY)).toBeNull();
    expect(readCode({ width: 320, height: 256, data: grey(320, 255) }, KEY)).toBeNull();
    expect(readCode({ width: 5_000, height: 64, data: grey(5_000, 64) }, KEY)).toBeNull();
  });

  test('is read when the picture was made darker and duller', () => {
    const input = sampleInput(seededRng(9), KEY);
    const { width, height, data } = pixelsOf(transcoded(renderThumbnail(input), { quality: 60 }));
    const dull = data.map((level) => 20 + level * 0.4);
    const tag = tagOf({ ...input.stamp, kind: 'thumbnail' }, input);
    expect(readCode({ width, height, data: dull }, KEY)).toBe(tag);
  });
});
