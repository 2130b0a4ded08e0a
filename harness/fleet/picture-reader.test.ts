import { expect, test } from 'vitest';
import type { Stamp } from '../model/stamp.ts';
import { decodeJpeg } from '../processes/jpeg-decoder.ts';
import { renderThumbnail } from '../thumbnail/picture.ts';
import { transcoded } from '../thumbnail/test-transcoder.ts';
import { pictureReader } from './picture-reader.ts';
import { tagBook } from './tag-book.ts';

const key = 7;
const event = { ownerId: 'user-1', deviceId: 'door-1', eventId: 'event-1', version: 1 };
const picture = renderThumbnail({ stamp: event, ownerName: 'Li Na', deviceName: 'Garage', key });
const recoded = transcoded(picture, { quality: 40 });
const stamp: Stamp = { ...event, kind: 'thumbnail' };
const book = tagBook({ key });
book.note(event);
const read = pictureReader({ key, decodeJpeg, named: book.named });

test('a picture whose stamps are gone is read by its code, and called recoded', () => {
  expect(read(recoded)).toEqual({ state: 'recoded', stamp });
});

test('a picture that still has a stamp is never decoded', () => {
  const decodes = (): never => {
    throw new Error('decoded');
  };
  const fast = pictureReader({ key, decodeJpeg: decodes, named: book.named });
  expect(fast(picture)).toEqual({ state: 'intact', stamp });
  expect(fast(picture.subarray(0, -9)).state).toBe('truncated');
  expect(fast(new Uint8Array(9)).state).toBe('unstamped');
  expect(fast(new Uint8Array(0)).state).toBe('unstamped');
});

test('what cannot be decoded, or has the code of an event that nobody noted, says nothing', () => {
  expect(read(recoded.subarray(0, 40))).toEqual({ state: 'unstamped' });
  expect(read(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9))).toEqual({ state: 'unstamped' });
  const nobody = pictureReader({ key, decodeJpeg, named: () => null });
  expect(nobody(recoded)).toEqual({ state: 'unstamped' });
  expect(pictureReader({ key, named: book.named })(recoded)).toEqual({ state: 'unstamped' });
});

test('a picture of another run says nothing', () => {
  const other = pictureReader({ key: 8, decodeJpeg, named: () => stamp });
  expect(other(recoded)).toEqual({ state: 'unstamped' });
});

test('a body that is longer than any picture is not decoded', () => {
  const padded = new Uint8Array(4_194_305);
  padded.set(recoded);
  expect(read(padded)).toEqual({ state: 'unstamped' });
});
