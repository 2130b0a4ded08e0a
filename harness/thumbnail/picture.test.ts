import { decode } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { stampKey } from './checksum.ts';
import { type PictureInput, renderClip, renderThumbnail } from './picture.ts';
import { framesOf, readPicture } from './reading.ts';

const KEY = stampKey(42);
const INPUT: PictureInput = {
  stamp: {
    ownerId: 'user-0042',
    deviceId: 'device-00317',
    eventId: 'event-00317-0004',
    version: 2,
  },
  ownerName: 'Nadia Brandt',
  deviceName: 'Front door',
  key: KEY,
};
const SCENE_NAMES = [
  'Front door',
  'Driveway',
  'Garden',
  'Back yard',
  'Living room',
  'Hallway',
  'Nursery',
  'Garage',
  'Shop counter',
  'Kitchen',
];
/** Where code and caption begin, in rows of pixels. */
const CAPTION_TOP = 160;

function decoded(picture: Uint8Array): { scene: Uint8Array; caption: Uint8Array } {
  const { width, height, data } = decode(picture, { useTArray: true });
  expect({ width, height }).toEqual({ width: 320, height: 256 });
  const cut = CAPTION_TOP * width * 4;
  return { scene: data.subarray(0, cut), caption: data.subarray(cut) };
}

describe('a thumbnail', () => {
  test('is the same bytes for the same input', () => {
    expect(renderThumbnail(INPUT)).toEqual(renderThumbnail({ ...INPUT }));
  });

  test('is a JPEG of 320 by 256 pixels in every scene, and no two scenes look the same', () => {
    const scenes = SCENE_NAMES.map((deviceName) => {
      const { scene } = decoded(renderThumbnail({ ...INPUT, deviceName }));
      return Buffer.from(scene).toString('latin1');
    });
    expect(new Set(scenes).size).toBe(10);
  });

  test.each([
    ['owner', { ownerName: 'Amir Haddad' }],
    ['camera', { deviceName: 'Front door 2' }],
    ['event', { stamp: { ...INPUT.stamp, eventId: 'event-00317-0005' } }],
    ['version', { stamp: { ...INPUT.stamp, version: 3 } }],
  ])('shows another caption for another %s', (_what, change) => {
    const one = decoded(renderThumbnail(INPUT));
    const other = decoded(renderThumbnail({ ...INPUT, ...change }));
    expect(Buffer.compare(one.caption, other.caption)).not.toBe(0);
  });

  test('has 639 restart markers between its 640 tiles, counted from 0 to 7 again and again', () => {
    const picture = renderThumbnail(INPUT);
    const markers: number[] = [];
    for (const [index, byte] of picture.entries()) {
      const next = picture[index + 1] ?? 0;
      if (byte === 0xff && next >= 0xd0 && next <= 0xd7) markers.push(next - 0xd0);
    }
    expect(markers).toEqual(Array.from({ length: 639 }, (_, index) => index % 8));
  });

  test('shows the same scene for another owner of that camera', () => {
    const one = decoded(renderThumbnail(INPUT));
    const other = decoded(
      renderThumbnail({
        ...INPUT,
        ownerName: 'Amir Haddad',
        stamp: { ...INPUT.stamp, ownerId: 'user-0007' },
      }),
    );
    expect(Buffer.compare(one.scene, other.scene)).toBe(0);
    expect(Buffer.compare(one.caption, other.caption)).not.toBe(0);
  });

  test('draws a question mark for a character that it has no glyph for', () => {
    const unknown = decoded(renderThumbnail({ ...INPUT, ownerName: '李 Brandt' }));
    const asked = decoded(renderThumbnail({ ...INPUT, ownerName: '? Brandt' }));
    expect(Buffer.compare(unknown.caption, asked.caption)).toBe(0);
  });

  test('draws an accent that comes as a character of its own on its letter', () => {
    const joined = decoded(renderThumbnail({ ...INPUT, ownerName: 'Zo\u00eb' }));
    const apart = decoded(renderThumbnail({ ...INPUT, ownerName: 'Zoe\u0308' }));
    const without = decoded(renderThumbnail({ ...INPUT, ownerName: 'Zoe' }));
    expect(Buffer.compare(joined.caption, apart.caption)).toBe(0);
    expect(Buffer.compare(joined.caption, without.caption)).not.toBe(0);
  });

  test('is 5 to 20 KB, with the emptiest and the fullest caption and ids', () => {
    const emptiest = { ownerId: 'a', deviceId: 'a', eventId: 'a', version: 0 };
    const long = 'Ø'.repeat(127);
    const fullest = { ownerId: long, deviceId: long, eventId: long, version: 0xffff_ffff };
    for (const deviceName of SCENE_NAMES) {
      const small = renderThumbnail({ ...INPUT, stamp: emptiest, ownerName: '', deviceName });
      expect(small.length).toBeGreaterThanOrEqual(5_000);
      for (const ownerName of ['ğ'.repeat(18), 'Ø'.repeat(200)]) {
        const name = deviceName + 'Ø'.repeat(200);
        const large = renderThumbnail({ ...INPUT, stamp: fullest, ownerName, deviceName: name });
        expect(large.length).toBeLessThanOrEqual(20_000);
        expect(readPicture(large, { key: KEY }).state).toBe('intact');
        decoded(large);
      }
    }
  });

  test('refuses an id that is empty or too long, and says the limit', () => {
    const withOwner = (ownerId: string): PictureInput => ({
      ...INPUT,
      stamp: { ...INPUT.stamp, ownerId },
    });
    expect(() => renderThumbnail(withOwner(''))).toThrow(
      'ownerId has 1 to 255 bytes of UTF-8, got 0',
    );
    expect(() => renderThumbnail(withOwner('ø'.repeat(128)))).toThrow('got 256');
    expect(() => renderThumbnail(withOwner('\ud800'))).toThrow('half a surrogate pair');
  });

  test.each([-1, 1.5, 2 ** 32, Number.NaN])(
    'refuses version %d and the same as a key',
    (number) => {
      const stamp = { ...INPUT.stamp, version: number };
      expect(() => renderThumbnail({ ...INPUT, stamp })).toThrow(RangeError);
      expect(() => renderThumbnail({ ...INPUT, key: number })).toThrow('use stampKey(seed)');
    },
  );
});

describe('a clip', () => {
  test('is three JPEGs of three moments with one stamp, below 40 KB in every scene', () => {
    for (const deviceName of SCENE_NAMES) {
      const clip = renderClip({
        ...INPUT,
        ownerName: 'Maximiliane Oberhuber',
        deviceName: `${deviceName} upstairs`,
      });
      expect(clip.length).toBeLessThan(40_000);
      expect(readPicture(clip, { key: KEY })).toEqual({
        state: 'intact',
        stamp: { ...INPUT.stamp, kind: 'clip' },
      });
      const scenes = framesOf(clip).map((frame) =>
        Buffer.from(decoded(frame).scene).toString('latin1'),
      );
      expect(new Set(scenes).size).toBe(3);
    }
  });
});
