import type { Reading, Stamp } from '../model/stamp.ts';
import { type Check, type Found, type Mark, readHead, readTail } from './mark.ts';
import { isSealed } from './seal.ts';

/**
 * Says whose picture these bytes are, for thumbnails and clips alike. Reads the stamps at both ends, and every byte once for the checks.
 * Never throws, whatever the bytes. A picture of another run (another key) is `damaged` with no stamps: it may name a user whom this
 * run has too, and must not be blamed on them.
 *
 * - `intact`: both ends agree, every frame is there, and all sums are right.
 * - `blended`: stamps of two different pictures were found: at head and tail, in a later frame, or in a second picture behind the first.
 * - `truncated`: shorter than its head says, and no tail. Bytes of another picture without any of its stamps would look the same.
 * - `damaged`: something is ours, and it is not whole. Stamps are those that verify.
 */
export function readPicture(bytes: Uint8Array, check: Check): Reading {
  const head = markOrNull(readHead(bytes, 0, check));
  const tail = markOrNull(readTail(bytes, bytes.length, check));
  if (head === null && tail === null) {
    return bearsOurName(bytes)
      ? { state: 'damaged', head: null, tail: null }
      : { state: 'unstamped' };
  }
  if (head === null) return { state: 'damaged', head: null, tail: tail?.stamp ?? null };
  if (tail !== null && !sameStamp(head.stamp, tail.stamp)) {
    return { state: 'blended', head: head.stamp, tail: tail.stamp };
  }
  const walk = walkFrames(bytes, head, check);
  if (walk.foreign !== null) return { state: 'blended', head: head.stamp, tail: walk.foreign };
  if (walk.whole) return { state: 'intact', stamp: head.stamp };
  const endMissing = tail === null || tail.frame !== head.frames - 1;
  if (endMissing && bytes.length < head.totalBytes) {
    return { state: 'truncated', head: head.stamp };
  }
  return { state: 'damaged', head: head.stamp, tail: tail?.stamp ?? null };
}

/** What was read of head and tail; for a whole picture the head says it all. */
export function stampsOf(reading: Reading): readonly [Stamp | null, Stamp | null] {
  switch (reading.state) {
    case 'intact':
    case 'recoded':
      return [reading.stamp, null];
    case 'blended':
    case 'damaged':
      return [reading.head, reading.tail];
    case 'truncated':
      return [reading.head, null];
    case 'unstamped':
      return [null, null];
    default:
      return reading satisfies never;
  }
}

/**
 * The stamp at the head, without any check: for taps that note in passing what a cache was given. A damaged stamp may be believed;
 * whoever accuses somebody reads with `readPicture`. Never throws.
 */
export function peekStamp(bytes: Uint8Array): Stamp | null {
  return markOrNull(readHead(bytes, 0, null))?.stamp ?? null;
}

/**
 * The frames of a clip, each a JPEG by itself, for showing them; a thumbnail is its one frame. Unchecked, and as far as they
 * can be found: the last one may be cut short, and bytes without a head stamp are one frame.
 */
export function framesOf(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length && frames.length < FRAMES_MAX) {
    const head = markOrNull(readHead(bytes, start, null));
    const size = head === null || head.frameBytes === 0 ? bytes.length : head.frameBytes;
    frames.push(bytes.subarray(start, start + size));
    start += size;
  }
  return frames;
}

/** A mark counts its frames in one byte. */
const FRAMES_MAX = 255;

interface Walk {
  /** Every frame is there, belongs to the first, is sealed, and nothing follows. */
  readonly whole: boolean;
  /** The first stamp on the way that is of another picture. */
  readonly foreign: Stamp | null;
}

function walkFrames(bytes: Uint8Array, first: Mark, check: Check): Walk {
  let start = 0;
  for (let frame = 0; frame < first.frames; frame += 1) {
    const head = frame === 0 ? first : markOrNull(readHead(bytes, start, check));
    if (head === null) return { whole: false, foreign: null };
    if (!sameStamp(head.stamp, first.stamp)) return { whole: false, foreign: head.stamp };
    const end = start + head.frameBytes;
    const tail = markOrNull(readTail(bytes, end, check));
    if (tail === null) return { whole: false, foreign: null };
    if (!sameStamp(tail.stamp, first.stamp)) return { whole: false, foreign: tail.stamp };
    const inPlace = isFrame(head, first, frame) && isFrame(tail, first, frame);
    if (!inPlace || !isSealed(bytes.subarray(start, end), check)) {
      return { whole: false, foreign: null };
    }
    start = end;
  }
  if (start === bytes.length) return { whole: true, foreign: null };
  // More follows than the first picture has. When a second one begins there, it is two pictures in one body.
  const next = markOrNull(readHead(bytes, start, check));
  const foreign = next !== null && !sameStamp(next.stamp, first.stamp) ? next.stamp : null;
  return { whole: false, foreign };
}

function isFrame(mark: Mark, first: Mark, frame: number): boolean {
  return (
    mark.frame === frame && mark.frames === first.frames && mark.totalBytes === first.totalBytes
  );
}

function bearsOurName(bytes: Uint8Array): boolean {
  return readHead(bytes, 0, null) !== 'absent' || readTail(bytes, bytes.length, null) !== 'absent';
}

function markOrNull(found: Found): Mark | null {
  return typeof found === 'string' ? null : found;
}

function sameStamp(one: Stamp, other: Stamp): boolean {
  return (
    one.eventId === other.eventId &&
    one.deviceId === other.deviceId &&
    one.ownerId === other.ownerId &&
    one.version === other.version &&
    one.kind === other.kind
  );
}
