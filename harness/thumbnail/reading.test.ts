import { crc32 as nativeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reading, Stamp } from '../model/stamp.ts';
import { stampKey } from './checksum.ts';
import { encodeIds, HEAD_OFFSET, markBytes } from './mark.ts';
import { renderClip, renderThumbnail } from './picture.ts';
import { framesOf, peekStamp, readPicture } from './reading.ts';

const CHECK = { key: stampKey(42), crc32: nativeCrc32 };
const NADIA: Stamp = {
  ownerId: 'user-0042',
  deviceId: 'device-00317',
  eventId: 'event-00317-0004',
  version: 2,
  kind: 'thumbnail',
};
const AMIR: Stamp = {
  ownerId: 'user-0007',
  deviceId: 'device-00021',
  eventId: 'event-00021-0011',
  version: 1,
  kind: 'thumbnail',
};

function pictureOf(stamp: Stamp, key = CHECK.key): Uint8Array {
  const names = { ownerName: `Name of ${stamp.ownerId}`, deviceName: 'Garden' };
  const render = stamp.kind === 'clip' ? renderClip : renderThumbnail;
  return render({ stamp, ...names, key });
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
const headEnd = (stamp: Stamp): number => HEAD_OFFSET + markBytes(encodeIds(stamp), 'head');
const tailBytes = (stamp: Stamp): number => markBytes(encodeIds(stamp), 'tail') + 2;

/** Clips are long; every seventh of their offsets still meets every field of their marks many times over. */
const CLIP_STEP = 7;

const nadia = pictureOf(NADIA);
const amir = pictureOf(AMIR);
const nadiaClip = pictureOf({ ...NADIA, kind: 'clip' });
const amirClip = pictureOf({ ...AMIR, kind: 'clip' });

describe('a whole picture', () => {
  const id = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 255 })
    .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 255);
  const anyStamp: fc.Arbitrary<Stamp> = fc.record({
    ownerId: id,
    deviceId: id,
    eventId: id,
    version: fc.nat(0xffff_ffff),
    kind: fc.constantFrom('thumbnail', 'clip'),
  });

  test('reads as intact with the very stamp it was rendered with, whatever the ids', () => {
    fc.assert(
      fc.property(anyStamp, fc.nat(0xffff_ffff), (stamp, key) => {
        const picture = pictureOf(stamp, key);
        expect(readPicture(picture, { key })).toEqual({ state: 'intact', stamp });
        expect(peekStamp(picture)).toEqual(stamp);
      }),
    );
  });

  test('reads the same in the middle of a larger buffer, and with the native CRC-32', () => {
    const pool = joined(amir, nadia, amir);
    const part = pool.subarray(amir.length, amir.length + nadia.length);
    expect(readPicture(part, CHECK)).toEqual({ state: 'intact', stamp: NADIA });
  });

  test('of another run is damaged, and blames nobody of this one', () => {
    const foreign = pictureOf(NADIA, stampKey(43));
    expect(readPicture(foreign, CHECK)).toEqual({ state: 'damaged', head: null, tail: null });
    expect(peekStamp(foreign)).toEqual(NADIA);
  });
});

describe('a blend', () => {
  test.each([
    ['two thumbnails', 1, nadia, NADIA, amir, AMIR],
    [
      'two clips',
      CLIP_STEP,
      nadiaClip,
      { ...NADIA, kind: 'clip' as const },
      amirClip,
      { ...AMIR, kind: 'clip' as const },
    ],
    [
      'a thumbnail and a clip',
      CLIP_STEP,
      nadia,
      NADIA,
      amirClip,
      { ...AMIR, kind: 'clip' as const },
    ],
  ])(
    'of %s shows both stamps, at every offset at which both survive (clips: every seventh)',
    (_what, step, one, head, other, tail) => {
      const offsets = Math.max(one.length, other.length);
      const wrong: [number, Reading][] = [];
      for (let cut = 0; cut <= offsets; cut += step) {
        const spliced = joined(one.subarray(0, cut), other.subarray(cut));
        if (isSame(spliced, one) || isSame(spliced, other)) continue;
        const reading = readPicture(spliced, CHECK);
        const bothSurvive = cut >= headEnd(head) && cut <= other.length - tailBytes(tail);
        const isRight = bothSurvive
          ? reading.state === 'blended' &&
            isStamp(reading.head, head) &&
            isStamp(reading.tail, tail)
          : reading.state !== 'intact';
        if (!isRight) wrong.push([cut, reading]);
      }
      expect(wrong).toEqual([]);
    },
  );

  test('shows both stamps wherever the first was left and the second entered', () => {
    const leave = fc.integer({ min: headEnd(NADIA), max: nadia.length });
    const enter = fc.integer({ min: 0, max: amir.length - tailBytes(AMIR) });
    fc.assert(
      fc.property(leave, enter, (from, to) => {
        const blend = joined(nadia.subarray(0, from), amir.subarray(to));
        expect(readPicture(blend, CHECK)).toEqual({ state: 'blended', head: NADIA, tail: AMIR });
      }),
    );
  });

  test('of two versions of one event is a blend, too', () => {
    const later = { ...NADIA, version: 3 };
    const blend = joined(nadia.subarray(0, 3_000), pictureOf(later).subarray(3_000));
    expect(readPicture(blend, CHECK)).toEqual({ state: 'blended', head: NADIA, tail: later });
  });

  test('is seen when a second picture begins behind a whole first one, and has no end', () => {
    const overrun = joined(nadia, amir.subarray(0, 2_000));
    expect(readPicture(overrun, CHECK)).toEqual({ state: 'blended', head: NADIA, tail: AMIR });
  });

  test('is seen when one frame within a clip is of another clip, also when it is cut short', () => {
    const [first, , third] = framesOf(nadiaClip);
    const [, stranger] = framesOf(amirClip);
    const expected = {
      state: 'blended',
      head: { ...NADIA, kind: 'clip' },
      tail: { ...AMIR, kind: 'clip' },
    };
    expect(readPicture(joined(first!, stranger!, third!), CHECK)).toEqual(expected);
    expect(readPicture(joined(first!, stranger!.subarray(0, 2_000)), CHECK)).toEqual(expected);
  });
});

describe('a picture that is not whole', () => {
  test.each([
    ['thumbnail', 1, nadia, NADIA],
    ['clip', CLIP_STEP, nadiaClip, { ...NADIA, kind: 'clip' as const }],
  ])(
    'is truncated and shows its head, at every offset behind the head stamp (clips: every seventh): %s',
    (_kind, step, whole, head) => {
      const wrong: [number, Reading][] = [];
      for (let length = 0; length < whole.length; length += step) {
        const reading = readPicture(whole.subarray(0, length), CHECK);
        const isRight =
          length >= headEnd(head)
            ? reading.state === 'truncated' && isStamp(reading.head, head)
            : reading.state === 'unstamped' || reading.state === 'damaged';
        if (!isRight) wrong.push([length, reading]);
      }
      expect(wrong).toEqual([]);
    },
  );

  test('is truncated, too, where a clip ends exactly between two frames', () => {
    const [first, second] = framesOf(nadiaClip);
    for (const frames of [[first!], [first!, second!]]) {
      expect(readPicture(joined(...frames), CHECK)).toEqual({
        state: 'truncated',
        head: { ...NADIA, kind: 'clip' },
      });
    }
  });

  test('whose beginning is lost is damaged and shows its tail', () => {
    expect(readPicture(nadia.subarray(500), CHECK)).toEqual({
      state: 'damaged',
      head: null,
      tail: NADIA,
    });
  });

  test('is damaged with both stamps when bytes in the middle are lost, or it comes twice', () => {
    const expected = { state: 'damaged', head: NADIA, tail: NADIA };
    const holed = joined(nadia.subarray(0, 4_000), nadia.subarray(4_001));
    expect(readPicture(holed, CHECK)).toEqual(expected);
    expect(readPicture(joined(nadia, nadia), CHECK)).toEqual(expected);
  });

  test('is damaged when a clip misses its middle frame, or has frames in another order', () => {
    const [first, second, third] = framesOf(nadiaClip);
    for (const frames of [
      [first!, third!],
      [first!, third!, second!],
      [second!, third!],
    ]) {
      expect(readPicture(joined(...frames), CHECK).state).toBe('damaged');
    }
  });

  test('is never intact with one flipped bit, at every byte, nor with any bit of its stamps flipped', () => {
    const unseen: [number, number][] = [];
    const bytes = Uint8Array.from(nadia);
    for (let place = 0; place < bytes.length; place += 1) {
      const isStampByte = place < headEnd(NADIA) || place >= bytes.length - tailBytes(NADIA);
      for (let bit = isStampByte ? 0 : place % 8; bit < 8; bit += isStampByte ? 1 : 8) {
        bytes[place]! ^= 1 << bit;
        if (readPicture(bytes, CHECK).state !== 'damaged') unseen.push([place, bit]);
        bytes[place]! ^= 1 << bit;
      }
    }
    expect(unseen).toEqual([]);
    expect(readPicture(bytes, CHECK).state).toBe('intact');
  });

  test('is seen also where the CRC-32 over all bytes is not changed by the damage', () => {
    const bytes = Uint8Array.from(nadia);
    for (const [index, word] of [0x41, 0x06, 0x71, 0xdb, 0x01].entries()) {
      bytes[5_000 + index]! ^= word;
    }
    expect(nativeCrc32(bytes)).toBe(nativeCrc32(nadia));
    expect(readPicture(bytes, CHECK)).toEqual({ state: 'damaged', head: NADIA, tail: NADIA });
  });
});

describe('any bytes', () => {
  test('without our name are unstamped', () => {
    const jpeg = joined(
      nadia.subarray(0, HEAD_OFFSET),
      nadia.subarray(headEnd(NADIA), -tailBytes(NADIA)),
    );
    expect(readPicture(jpeg, CHECK)).toEqual({ state: 'unstamped' });
    expect(readPicture(new Uint8Array(0), CHECK)).toEqual({ state: 'unstamped' });
    expect(peekStamp(new Uint8Array(25))).toBeNull();
    expect(framesOf(new Uint8Array(25))).toHaveLength(1);
  });

  test('never make the reader throw, and are intact only when they are a picture that was rendered', () => {
    const originals = [nadia, amir, nadiaClip, amirClip];
    const original = fc.constantFrom(...originals);
    const place = fc.nat(60_000);
    const part = fc
      .tuple(original, place, place)
      .map(([bytes, one, other]) => bytes.subarray(Math.min(one, other), Math.max(one, other)));
    const edited = fc
      .tuple(
        original,
        fc.array(fc.tuple(fc.oneof(place, fc.nat(130)), fc.nat(255)), { maxLength: 4 }),
      )
      .map(([bytes, edits]) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of edits) {
          copy[at % copy.length] = value;
          copy[copy.length - 1 - (at % 130)] = value;
        }
        return copy;
      });
    const any = fc.array(fc.oneof(fc.uint8Array(), part, original, edited), { maxLength: 3 });
    fc.assert(
      fc.property(any, (parts) => {
        const bytes = joined(...parts);
        const reading = readPicture(bytes, CHECK);
        peekStamp(bytes);
        framesOf(bytes);
        if (reading.state !== 'intact') return;
        expect(originals.some((whole) => isSame(whole, bytes))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

function isStamp(found: Stamp, expected: Stamp): boolean {
  return (
    found.ownerId === expected.ownerId &&
    found.deviceId === expected.deviceId &&
    found.eventId === expected.eventId &&
    found.version === expected.version &&
    found.kind === expected.kind
  );
}
