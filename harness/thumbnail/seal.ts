/**
 * The checks over a whole frame. What they see and what they do not:
 *
 * - Two unlike sums, a CRC-32 and a sum of mixed words, must both be right: 64 bits. The CRC alone sees every burst of up to 32 bits and
 *   every one, two or three flipped bits at these lengths; what it lets pass (a difference that is a multiple of its polynomial, one
 *   in 2^32 of random ones, and the same for every key, as it is linear) is left to the word sum, which is not linear and depends on the key.
 * - They find accidents, not forgers: 32 bits of key derived from a printed seed keep no secret.
 * - A blend of two pictures is known by its two stamps alone, with no luck involved; sums are needed only where head and tail are
 *   of one picture and something happened between them.
 */
import { type Crc32, crc32 as ownCrc32, wordSum } from './checksum.ts';
import { type Check, UNCHECKED_END_BYTES } from './mark.ts';

/** Writes both sums and the end-of-image marker into a frame whose tail mark is already in place. */
export function seal(frame: Uint8Array, check: Check): void {
  const at = frame.length - UNCHECKED_END_BYTES;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const { crc, sum } = sumsOf(frame.subarray(0, at), check);
  view.setUint32(at, crc);
  view.setUint32(at + 4, sum);
  view.setUint16(frame.length - 2, END_OF_IMAGE);
}

/** Whether both sums of a frame are right and it ends as a JPEG does. The caller has found its tail mark. */
export function isSealed(frame: Uint8Array, check: Check): boolean {
  const at = frame.length - UNCHECKED_END_BYTES;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (at < 0 || view.getUint16(frame.length - 2) !== END_OF_IMAGE) return false;
  const { crc, sum } = sumsOf(frame.subarray(0, at), check);
  return view.getUint32(at) === crc && view.getUint32(at + 4) === sum;
}

const END_OF_IMAGE = 0xffd9;

function sumsOf(
  bytes: Uint8Array,
  { key, crc32 = ownCrc32 }: { readonly key: number; readonly crc32?: Crc32 },
): { readonly crc: number; readonly sum: number } {
  return { crc: crc32(bytes, key), sum: wordSum(bytes, key) };
}
