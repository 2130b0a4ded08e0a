import type { Reading, Stamp } from '../model/stamp.ts';
import { type JpegDecoder, readCode } from '../thumbnail/code-reading.ts';
import type { Check } from '../thumbnail/mark.ts';
import { readPicture } from '../thumbnail/reading.ts';

export interface PictureReaderOptions extends Check {
  /** Without one, a picture whose stamps are gone says nothing. */
  readonly decodeJpeg?: JpegDecoder;
  /** Whose a tag is. */
  readonly named: (tag: number) => Stamp | null;
}

/** A longer body is not looked into: pictures of this house have 40 KB at most, and nothing makes them a hundred times that. */
const recodedBytesMax = 4_194_304;

/**
 * Says whose picture these bytes are: by their stamps, and only where nothing of them is left by the code in the picture itself, which
 * takes some hundred times as long. Never throws.
 */
export function pictureReader(options: PictureReaderOptions): (bytes: Uint8Array) => Reading {
  return (bytes) => {
    const reading = readPicture(bytes, options);
    if (reading.state !== 'unstamped') return reading;
    const stamp = stampInPicture(bytes, options);
    return stamp === null ? reading : { state: 'recoded', stamp };
  };
}

function stampInPicture(
  bytes: Uint8Array,
  { key, decodeJpeg, named }: PictureReaderOptions,
): Stamp | null {
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isJpeg || bytes.length > recodedBytesMax) return null;
  const pixels = decodeJpeg?.(bytes) ?? null;
  const tag = pixels === null ? null : readCode(pixels, key);
  return tag === null ? null : named(tag);
}
