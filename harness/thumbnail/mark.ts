/**
 * The metadata segment that carries a stamp, at the head and at the tail of every frame. All numbers are big-endian, as in JPEG.
 *
 *     FF E9  length:2  "CROSSWIRE\0"  format:1  place:1  kind:1  frame:1  frames:1
 *     frameBytes:4  totalBytes:4  version:4  owner  device  event  segmentCheck:4        ids are length:1 and UTF-8
 *     and at the tail only:  pictureCrc:4  pictureSum:4  length:2
 *
 * The segment check is a keyed CRC-32 over the segment alone, so that each stamp can be trusted without the other end. The two picture
 * checks cover every byte of the frame before them, the head stamp included; they sit at the tail because where the tail
 * is missing they could not be verified anyway. The length is repeated last, so that the tail is found from the end without a scan.
 */
import type { Stamp } from '../model/stamp.ts';
import { type Crc32, crc32 as ownCrc32 } from './checksum.ts';
import { utf8Bytes, utf8Text } from './text.ts';

/** What pictures are checked with: the run's key (see `stampKey`), and a faster CRC-32 where the runtime has one. */
export interface Check {
  readonly key: number;
  readonly crc32?: Crc32;
}

export type Place = 'head' | 'tail';

/** A stamp with what a reader needs to walk from frame to frame. */
export interface Mark {
  readonly stamp: Stamp;
  /** Ordinal of this frame, from 0. */
  readonly frame: number;
  readonly frames: number;
  readonly frameBytes: number;
  /** Of all frames together. */
  readonly totalBytes: number;
}

/** The stamp's ids as they are written, encoded once for both ends. */
export interface EncodedIds {
  readonly stamp: Stamp;
  readonly ids: readonly Uint8Array[];
  readonly bytes: number;
}

/** Each id may have this many bytes of UTF-8. */
const ID_BYTES_MAX = 255;
/** The head mark begins behind the start of the image and the JFIF segment. */
export const HEAD_OFFSET = 20;
const IDENTIFIER = Uint8Array.from('CROSSWIRE\0', (letter) => letter.charCodeAt(0));
const FORMAT = 1;
const PLACE_CODE = { head: 0x48, tail: 0x54 } as const;
const FIXED_BYTES = 4 + IDENTIFIER.length + 5 + 12;
const SEGMENT_CHECK_BYTES = 4;
/** The two picture checks and the repeated length. */
const TAIL_EXTRA_BYTES = 10;
/** The end-of-image marker, and the tail's last ten bytes before it. */
export const UNCHECKED_END_BYTES: number = TAIL_EXTRA_BYTES + 2;

/** Throws RangeError for an empty id, one over 255 bytes of UTF-8, or a version that is no unsigned 32-bit number. */
export function encodeIds(stamp: Stamp): EncodedIds {
  const { ownerId, deviceId, eventId, version } = stamp;
  if (!Number.isInteger(version) || version < 0 || version > 0xffff_ffff) {
    throw new RangeError(
      `a stamp's version is a whole number from 0 to 4294967295, got ${version}`,
    );
  }
  const ids = [
    encodeId('ownerId', ownerId),
    encodeId('deviceId', deviceId),
    encodeId('eventId', eventId),
  ];
  return { stamp, ids, bytes: ids.reduce((sum, id) => sum + 1 + id.length, 0) };
}

function encodeId(name: string, id: string): Uint8Array {
  const bytes = utf8Bytes(id);
  if (bytes.length === 0 || bytes.length > ID_BYTES_MAX) {
    throw new RangeError(
      `a stamp's ${name} has 1 to ${ID_BYTES_MAX} bytes of UTF-8, got ${bytes.length} (${JSON.stringify(id.slice(0, 40))}); use shorter ids`,
    );
  }
  return bytes;
}

/** Bytes that a mark takes at that place. */
export function markBytes(encoded: EncodedIds, place: Place): number {
  const extra = place === 'tail' ? TAIL_EXTRA_BYTES : 0;
  return FIXED_BYTES + encoded.bytes + SEGMENT_CHECK_BYTES + extra;
}

export interface MarkLayout {
  readonly place: Place;
  readonly at: number;
  readonly frame: number;
  readonly frames: number;
  readonly frameBytes: number;
  readonly totalBytes: number;
}

const KINDS = ['thumbnail', 'clip', 'live'] as const satisfies readonly Stamp['kind'][];
/** How a kind is written in a mark. */
export const KIND_CODES: Readonly<Record<Stamp['kind'], number>> = {
  thumbnail: 0,
  clip: 1,
  live: 2,
};

/** Writes a mark into `target`, at the tail with room for the picture checks, and returns the offset behind it. */
export function putMark(
  target: Uint8Array,
  encoded: EncodedIds,
  layout: MarkLayout & { readonly check: Check },
): number {
  const { place, at, check } = layout;
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const length = markBytes(encoded, place) - 2;
  view.setUint16(at, 0xffe9);
  view.setUint16(at + 2, length);
  target.set(IDENTIFIER, at + 4);
  let index = at + 4 + IDENTIFIER.length;
  target[index] = FORMAT;
  target[index + 1] = PLACE_CODE[place];
  target[index + 2] = KIND_CODES[encoded.stamp.kind];
  target[index + 3] = layout.frame;
  target[index + 4] = layout.frames;
  view.setUint32(index + 5, layout.frameBytes);
  view.setUint32(index + 9, layout.totalBytes);
  view.setUint32(index + 13, encoded.stamp.version);
  index += 17;
  for (const id of encoded.ids) {
    target[index] = id.length;
    target.set(id, index + 1);
    index += 1 + id.length;
  }
  view.setUint32(index, checkOf(target.subarray(at, index), check));
  index += SEGMENT_CHECK_BYTES;
  if (place === 'head') return index;
  view.setUint16(index + 8, length);
  return index + TAIL_EXTRA_BYTES;
}

/** `absent`: nothing of ours is there. `broken`: our identifier is there, and the rest does not verify under this key. */
export type Found = Mark | 'absent' | 'broken';

/** The head mark of the frame that begins at `start`. Without `check` the segment check is skipped. Never throws. */
export function readHead(bytes: Uint8Array, start: number, check: Check | null): Found {
  return readMark(bytes, { at: start + HEAD_OFFSET, place: 'head' }, check);
}

/** The tail mark of the frame that ends before `end`. Never throws. */
export function readTail(bytes: Uint8Array, end: number, check: Check | null): Found {
  const lengthAt = end - 4;
  if (lengthAt < 0 || end > bytes.length) return 'absent';
  const length = ((bytes[lengthAt] ?? 0) << 8) | (bytes[lengthAt + 1] ?? 0);
  return readMark(bytes, { at: lengthAt - length, place: 'tail' }, check);
}

function readMark(
  bytes: Uint8Array,
  { at, place }: { readonly at: number; readonly place: Place },
  check: Check | null,
): Found {
  if (at < 0 || at + FIXED_BYTES > bytes.length) return 'absent';
  for (let index = 0; index < IDENTIFIER.length; index += 1) {
    if (bytes[at + 4 + index] !== IDENTIFIER[index]) return 'absent';
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extra = place === 'tail' ? TAIL_EXTRA_BYTES : 0;
  const end = at + 2 + view.getUint16(at + 2) - extra - SEGMENT_CHECK_BYTES;
  const fields = at + 4 + IDENTIFIER.length;
  if (
    view.getUint16(at) !== 0xffe9 ||
    end < at + FIXED_BYTES ||
    end + SEGMENT_CHECK_BYTES + extra > bytes.length ||
    bytes[fields] !== FORMAT ||
    bytes[fields + 1] !== PLACE_CODE[place]
  ) {
    return 'broken';
  }
  if (check !== null && view.getUint32(end) !== checkOf(bytes.subarray(at, end), check)) {
    return 'broken';
  }
  const ids = readIds(bytes, fields + 17, end);
  if (ids === null) return 'broken';
  const [ownerId, deviceId, eventId] = ids;
  return {
    stamp: {
      ownerId,
      deviceId,
      eventId,
      version: view.getUint32(fields + 13),
      kind: KINDS[bytes[fields + 2] ?? 0] ?? 'thumbnail',
    },
    frame: bytes[fields + 3] ?? 0,
    frames: bytes[fields + 4] ?? 0,
    frameBytes: view.getUint32(fields + 5),
    totalBytes: view.getUint32(fields + 9),
  };
}

function readIds(bytes: Uint8Array, start: number, end: number): [string, string, string] | null {
  const ids: string[] = [];
  let index = start;
  while (index < end && ids.length < 3) {
    const idEnd = index + 1 + (bytes[index] ?? 0);
    if (idEnd > end) return null;
    const id = utf8Text(bytes.subarray(index + 1, idEnd));
    if (id === null || id === '') return null;
    ids.push(id);
    index = idEnd;
  }
  const [ownerId, deviceId, eventId] = ids;
  if (index !== end || ownerId === undefined || deviceId === undefined || eventId === undefined) {
    return null;
  }
  return [ownerId, deviceId, eventId];
}

function checkOf(bytes: Uint8Array, { key, crc32 = ownCrc32 }: Check): number {
  return crc32(bytes, key);
}
