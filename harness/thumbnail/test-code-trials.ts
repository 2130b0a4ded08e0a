import type { Stamp } from '../model/stamp.ts';
import type { Rng } from '../model/world.ts';
import { type Pixels, readCode } from './code-reading.ts';
import { renderClip, renderThumbnail } from './picture.ts';
import { tagOf } from './picture-code.ts';
import { pixelsOf, sampleInput, type Transcoding, transcoded } from './test-transcoder.ts';

export interface Counts {
  readonly pictures: number;
  readonly read: number;
  /** Named another picture than the one, or those, that went in. */
  readonly wrong: number;
}

/** Reads the codes of `pictures` sampled pictures, one in four a clip, each after a transcoding. */
export function readAfter(
  rng: Rng,
  { pictures, key }: { readonly pictures: number; readonly key: number },
  transcodingOf: (rng: Rng) => Transcoding,
): Counts {
  let read = 0;
  let wrong = 0;
  for (let index = 0; index < pictures; index += 1) {
    const { bytes, tag } = samplePicture(rng, key);
    const found = readCode(pixelsOf(transcoded(bytes, transcodingOf(rng))), key);
    if (found === tag) read += 1;
    else if (found !== null) wrong += 1;
  }
  return { pictures, read, wrong };
}

/** Reads `pictures` pictures that were spoilt, made of the given originals: what is read must be the tag of one of them. */
export function readSpoilt(
  rng: Rng,
  { pictures, key }: { readonly pictures: number; readonly key: number },
  spoil: Spoil,
): Counts {
  const originals = Array.from({ length: Math.min(pictures, 24) }, () => {
    const { bytes, tag } = samplePicture(rng, key);
    return { tag, pixels: pixelsOf(bytes) };
  });
  const pick = (): (typeof originals)[number] => {
    const found = originals[rng.integer(0, originals.length - 1)];
    if (found === undefined) throw new Error('no pictures to spoil');
    return found;
  };
  let read = 0;
  let wrong = 0;
  for (let index = 0; index < pictures; index += 1) {
    const [one, other] = [pick(), pick()];
    const found = readCode(spoil(one.pixels, other.pixels, rng), key);
    if (found === one.tag || found === other.tag) read += 1;
    else if (found !== null) wrong += 1;
  }
  return { pictures, read, wrong };
}

/** Makes one spoilt picture of two whole ones. */
export type Spoil = (one: Pixels, other: Pixels, rng: Rng) => Pixels;

/** Where the code stands in the picture as it is drawn. */
const CODE = { left: 24, right: 296, top: 160, bottom: 192 };
const CELL = 8;

export const spoils: Readonly<Record<string, Spoil>> = {
  /** Every pixel is drawn by lot. */
  'random pixels': (one, _other, rng) =>
    changed(one, () => {
      const level = rng.integer(0, 255);
      return [level, level, level];
    }),
  /** The finder is whole, and every data cell is drawn by lot: the hardest thing to refuse. */
  'random cells between whole finders': (one, _other, rng) => {
    const cells = Array.from({ length: 34 * 4 }, () => (rng.chance(0.5) ? 30 : 210));
    return changed(one, (x, y) => {
      const isData =
        x >= CODE.left + 2 * CELL && x < CODE.right - 2 * CELL && y >= CODE.top && y < CODE.bottom;
      if (!isData) return null;
      const cell = Math.floor((x - CODE.left) / CELL) + 34 * Math.floor((y - CODE.top) / CELL);
      const level = cells[cell] ?? 0;
      return [level, level, level];
    });
  },
  /** The upper part of one picture on the lower part of another, cut in or near the code. */
  'one above the other': (one, other, rng) => {
    const cut = rng.integer(CODE.top - 4, CODE.bottom + 4);
    return changed(one, (x, y) => (y < cut ? null : colourOf(other, x, y)));
  },
  'one beside the other': (one, other, rng) => {
    const cut = rng.integer(CODE.left, CODE.right);
    return changed(one, (x, y) => (x < cut ? null : colourOf(other, x, y)));
  },
  /** Both shine through, in any proportion. */
  'one through the other': (one, other, rng) => {
    const share = rng.unit();
    return changed(one, (x, y) => {
      const [own, strange] = [colourOf(one, x, y), colourOf(other, x, y)];
      return own.map((level, at) => level * (1 - share) + (strange[at] ?? 0) * share);
    });
  },
  /** So much noise that many cells flip. */
  'heavy noise': (one, _other, rng) => {
    const reach = rng.integer(100, 1_500);
    return changed(one, (x, y) => {
      const noise = rng.integer(-reach, reach);
      return colourOf(one, x, y).map((level) => Math.max(0, Math.min(255, level + noise)));
    });
  },
  /** Some cells are inverted, as a logo or a smear over the code would. */
  'inverted cells': (one, _other, rng) => {
    const flips = new Set(
      Array.from({ length: rng.integer(1, 30) }, () => rng.integer(0, 34 * 4 - 1)),
    );
    return changed(one, (x, y) => {
      const cell = Math.floor((x - CODE.left) / CELL) + 34 * Math.floor((y - CODE.top) / CELL);
      const isCode = x >= CODE.left && x < CODE.right && y >= CODE.top && y < CODE.bottom;
      return isCode && flips.has(cell) ? colourOf(one, x, y).map((level) => 255 - level) : null;
    });
  },
};

function samplePicture(
  rng: Rng,
  key: number,
): { readonly bytes: Uint8Array; readonly tag: number } {
  const input = sampleInput(rng, key);
  const kind: Stamp['kind'] = rng.chance(0.25) ? 'clip' : 'thumbnail';
  const bytes = kind === 'clip' ? renderClip(input) : renderThumbnail(input);
  return { bytes, tag: tagOf({ ...input.stamp, kind }, { key }) };
}

/** A copy with other colours where `colourAt` gives any. */
function changed(
  { width, height, data }: Pixels,
  colourAt: (x: number, y: number) => readonly number[] | null,
): Pixels {
  const copy = Uint8Array.from(data);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = colourAt(x, y);
      if (colour !== null) copy.set(colour, (y * width + x) * 4);
    }
  }
  return { width, height, data: copy };
}

function colourOf({ width, data }: Pixels, x: number, y: number): readonly number[] {
  const at = (y * width + x) * 4;
  return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
}
