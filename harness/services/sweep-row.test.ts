import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { stampKey } from '../thumbnail/checksum.ts';
import { renderThumbnail } from '../thumbnail/picture.ts';
import { sweepReader } from './sweep-row.ts';

const key = stampKey(3);
const read = sweepReader({ key, crc32, digest: (value) => `${value.length} bytes` });
const sweep = (value: Uint8Array) => read({ store: 'cache', key: 'k', value, atNs: 5 });

const picture = pictureOf('door');
const noPicture = {
  state: null,
  ownerId: null,
  deviceId: null,
  eventId: null,
  version: null,
  tailDeviceId: null,
};

test('a picture says whose it is, sealed or not', () => {
  const whose = { ownerId: 'ada', deviceId: 'door', eventId: 'e1', version: 1, value: null };
  expect(sweep(picture)).toEqual({
    store: 'cache',
    key: 'k',
    atNs: 5,
    state: 'intact',
    ...whose,
    tailDeviceId: null,
    bytes: picture.length,
    digest: `${picture.length} bytes`,
  });
  const sealed = Buffer.concat([Buffer.of(0, 8), Buffer.from('thumb:e1'), picture]);
  expect(sweep(sealed)).toMatchObject({ state: 'intact', ...whose, bytes: sealed.length });
});

test('what is left of pictures is told as such', () => {
  expect(sweep(picture.subarray(0, -50))).toMatchObject({ state: 'truncated', deviceId: 'door' });
  const blend = Buffer.concat([picture.subarray(0, 3_000), pictureOf('yard').subarray(3_000)]);
  expect(sweep(blend)).toMatchObject({
    state: 'blended',
    deviceId: 'door',
    tailDeviceId: 'yard',
  });
  expect(sweep(Buffer.of(0xff, 0xd8, 0xff, 0xe0, 1, 2))).toMatchObject({ state: 'unstamped' });
  expect(sweep(Buffer.of(0xff, 0xff, 0x00))).toMatchObject({ state: 'unstamped', value: null });
});

test.each(['', '{"ownerId":"ada"}', 'ä'.repeat(8_192)])('text is kept: %j', (value) => {
  expect(sweep(Buffer.from(value))).toMatchObject({ ...noPicture, value });
});

test('sealed text is text, and long text is not kept', () => {
  const sealed = Buffer.concat([Buffer.of(0, 1), Buffer.from('k{"ownerId":"ada"}')]);
  expect(sweep(sealed)).toMatchObject({ ...noPicture, value: '\u0000\u0001k{"ownerId":"ada"}' });
  expect(sweep(Buffer.alloc(16_385, 'a'))).toMatchObject({
    ...noPicture,
    value: null,
    bytes: 16_385,
  });
});

function pictureOf(deviceId: string): Uint8Array {
  const stamp = { ownerId: 'ada', deviceId, eventId: 'e1', version: 1 };
  return renderThumbnail({ stamp, ownerName: 'Ada', deviceName: deviceId, key, crc32 });
}
