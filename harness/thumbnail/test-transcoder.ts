import { decode, encode } from 'jpeg-js';
import type { Stamp } from '../model/stamp.ts';
import type { Rng } from '../model/world.ts';
import type { Pixels } from './code-reading.ts';
import type { PictureInput } from './picture.ts';

/** What a backend in front of a test does to pictures: cut off, then scaled, then encoded again. */
export interface Transcoding {
  /** Of the JPEG encoder, 1 to 100. */
  readonly quality: number;
  /** Size of the outcome by that of what was left after the crop; 1 unless given. */
  readonly scale?: number;
  /** Share cut off at each side; 0 unless given. */
  readonly crop?: number | Sides;
}

export interface Sides {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A JPEG of the same picture, with no segment of ours. Only the first frame of a clip is left. Throws for what is no JPEG. */
export function transcoded(
  bytes: Uint8Array,
  { quality, scale = 1, crop = 0 }: Transcoding,
): Uint8Array {
  const { left, right, top, bottom } =
    typeof crop === 'number' ? { left: crop, right: crop, top: crop, bottom: crop } : crop;
  const { width, height, data } = pixelsOf(bytes);
  const kept = {
    left: Math.round(width * left),
    top: Math.round(height * top),
    right: width - Math.round(width * right),
    bottom: height - Math.round(height * bottom),
  };
  const scaled = scaledTo({ width, height, data }, kept, {
    width: Math.round((kept.right - kept.left) * scale),
    height: Math.round((kept.bottom - kept.top) * scale),
  });
  return Uint8Array.from(encode(scaled, quality).data);
}

export function pixelsOf(bytes: Uint8Array): Pixels {
  return decode(bytes, { useTArray: true });
}

/** Each new pixel is the mean of the box that it covers. */
function scaledTo(
  pixels: Pixels,
  kept: Sides,
  { width, height }: { readonly width: number; readonly height: number },
): Pixels {
  const data = new Uint8Array(width * height * 4).fill(255);
  const across = (kept.right - kept.left) / width;
  const down = (kept.bottom - kept.top) / height;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const box = {
        left: kept.left + x * across,
        right: kept.left + (x + 1) * across,
        top: kept.top + y * down,
        bottom: kept.top + (y + 1) * down,
      };
      for (let colour = 0; colour < 3; colour += 1) {
        data[(y * width + x) * 4 + colour] = meanOf(pixels, box, colour);
      }
    }
  }
  return { width, height, data };
}

function meanOf({ width, data }: Pixels, box: Sides, colour: number): number {
  let sum = 0;
  let area = 0;
  for (let y = Math.floor(box.top); y < box.bottom - 1e-9; y += 1) {
    const down = Math.min(y + 1, box.bottom) - Math.max(y, box.top);
    for (let x = Math.floor(box.left); x < box.right - 1e-9; x += 1) {
      const share = down * (Math.min(x + 1, box.right) - Math.max(x, box.left));
      sum += share * (data[(y * width + x) * 4 + colour] ?? 0);
      area += share;
    }
  }
  return Math.round(sum / area);
}

const CAMERAS = [
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
  'Attic',
];
const OWNERS = ['Nadia Brandt', 'Amir Haddad', 'Zoë Müller', 'Li Na', 'Maximiliane Oberhuber', ''];

/** A picture of one of many owners, cameras, events and versions. */
export function sampleInput(rng: Rng, key: number): PictureInput {
  const device = rng.integer(0, 99_999);
  const stamp: Omit<Stamp, 'kind'> = {
    ownerId: `user-${rng.integer(0, 9_999)}`,
    deviceId: `device-${device}`,
    eventId: `event-of-device-${device}-${rng.integer(1, 400)}`,
    version: rng.integer(1, 9),
  };
  const pick = (names: readonly string[]): string => names[rng.integer(0, names.length - 1)] ?? '';
  return { stamp, ownerName: pick(OWNERS), deviceName: pick(CAMERAS), key };
}
