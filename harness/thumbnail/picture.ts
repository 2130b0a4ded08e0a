import type { Stamp } from '../model/stamp.ts';
import { ALPHABET, GLYPHS, MOMENTS, type Pieces, PREFIX, SETUP, sceneNamed } from './artwork.ts';
import { captionTiles } from './caption.ts';
import { crc32 } from './checksum.ts';
import {
  type Check,
  type EncodedIds,
  encodeIds,
  HEAD_OFFSET,
  type MarkLayout,
  markBytes,
  putMark,
} from './mark.ts';
import { codeCells, tagOfIds } from './picture-code.ts';
import { seal } from './seal.ts';

/** Everything a picture depends on: the same input gives the same bytes. */
export interface PictureInput extends Check {
  /** Which event it shows. Ids of 1 to 255 bytes of UTF-8; the kind is given by the function that is called. */
  readonly stamp: Omit<Stamp, 'kind'>;
  /** Drawn large into the caption, for example `Nadia Brandt`. */
  readonly ownerName: string;
  /** Drawn into the caption, for example `Front door`. */
  readonly deviceName: string;
}

/** A clip is this many frames. */
const CLIP_FRAMES = 3;

/**
 * A still picture: a baseline JPEG of 320 by 256 pixels, 5 to 20 KB, stamped at head and tail. The camera's name picks the
 * scene (a name that suits none gets one by its id), the event what happens in it, the owner the colour of the stripe at the caption. The picture code stands between scene and caption.
 *
 * Throws RangeError for ids, versions or keys outside their limits, and TypeError for ids that are not well-formed text.
 */
export function renderThumbnail(input: PictureInput): Uint8Array {
  const stamp: Stamp = { ...input.stamp, kind: 'thumbnail' };
  return renderFrames(stamp, input, { frames: 1, remark: () => '' });
}

/**
 * A clip as motion JPEG: three stamped frames of the same scene, one behind the other, less than 40 KB. A viewer that knows only JPEG
 * shows the first. Throws as `renderThumbnail` does.
 */
export function renderClip(input: PictureInput): Uint8Array {
  const stamp: Stamp = { ...input.stamp, kind: 'clip' };
  return renderFrames(stamp, input, {
    frames: CLIP_FRAMES,
    remark: (frame) => `${frame + 1}/${CLIP_FRAMES}`,
  });
}

/** What a camera sees now: a still picture as `renderThumbnail` draws it, stamped as a live view. Throws as that does. */
export function renderLive(input: PictureInput): Uint8Array {
  const stamp: Stamp = { ...input.stamp, kind: 'live' };
  return renderFrames(stamp, input, { frames: 1, remark: () => 'live' });
}

interface Sequence {
  readonly frames: number;
  readonly remark: (frame: number) => string;
}

/** What is the same in all frames. */
interface Subject {
  readonly encoded: EncodedIds;
  readonly code: Uint8Array;
}

interface Drawn {
  readonly scene: Uint8Array;
  readonly tiles: Uint16Array;
  readonly bytes: number;
}

function renderFrames(stamp: Stamp, input: PictureInput, sequence: Sequence): Uint8Array {
  if (!Number.isInteger(input.key) || input.key < 0 || input.key > 0xffff_ffff) {
    throw new RangeError(
      `a key is an unsigned 32-bit number, got ${input.key}; use stampKey(seed)`,
    );
  }
  const encoded = encodeIds(stamp);
  const subject = { encoded, code: codeCells(tagOfIds(encoded, input), input.key) };
  const drawn: Drawn[] = [];
  let totalBytes = 0;
  for (let frame = 0; frame < sequence.frames; frame += 1) {
    const next = draw(subject, input, { frame, remark: sequence.remark(frame) });
    totalBytes += next.bytes;
    drawn.push(next);
  }
  const picture = new Uint8Array(totalBytes);
  let start = 0;
  for (const [frame, next] of drawn.entries()) {
    const target = picture.subarray(start, start + next.bytes);
    const place = { frame, frames: sequence.frames, frameBytes: next.bytes, totalBytes };
    putFrame(target, next, { encoded, place, check: input });
    start += next.bytes;
  }
  return picture;
}

/** Chooses what is drawn, and says how many bytes the frame takes. */
function draw(
  { encoded, code }: Subject,
  input: PictureInput,
  { frame, remark }: { readonly frame: number; readonly remark: string },
): Drawn {
  const { stamp } = encoded;
  const suiting = sceneNamed(input.deviceName);
  const moments = pick(MOMENTS, suiting === -1 ? choice(encoded, 'device') : suiting);
  const scene = pick(moments, choice(encoded, 'event') + frame);
  const hue = choice(encoded, 'owner');
  const { ownerName, deviceName } = input;
  const tiles = captionTiles({ ownerName, deviceName, stamp, remark, hue, code }, ALPHABET);
  const bytes =
    PREFIX.length +
    markBytes(encoded, 'head') +
    SETUP.length +
    scene.length +
    piecesBytes(GLYPHS, tiles) +
    markBytes(encoded, 'tail') +
    2;
  return { scene, tiles, bytes };
}

function putFrame(
  target: Uint8Array,
  { scene, tiles }: Drawn,
  {
    encoded,
    place,
    check,
  }: {
    readonly encoded: EncodedIds;
    readonly place: Omit<MarkLayout, 'place' | 'at'>;
    readonly check: Check;
  },
): void {
  target.set(PREFIX);
  let at = putMark(target, encoded, { ...place, place: 'head', at: HEAD_OFFSET, check });
  target.set(SETUP, at);
  at += SETUP.length;
  target.set(scene, at);
  at = putPieces(target, { at: at + scene.length, tiles, pieces: GLYPHS });
  putMark(target, encoded, { ...place, place: 'tail', at, check });
  seal(target, check);
}

/** Restart markers stand between tiles, and none behind the last. */
function piecesBytes({ starts }: Pieces, tiles: Uint16Array): number {
  let sum = 2 * (tiles.length - 1);
  for (const tile of tiles) sum += (starts[tile + 1] ?? 0) - (starts[tile] ?? 0);
  return sum;
}

/** A scene has a multiple of eight tiles, so the restart markers of the caption count from 0 again. */
function putPieces(
  target: Uint8Array,
  {
    at,
    tiles,
    pieces: { bytes, starts },
  }: { readonly at: number; readonly tiles: Uint16Array; readonly pieces: Pieces },
): number {
  let index = at;
  for (let place = 0; place < tiles.length; place += 1) {
    if (place > 0) {
      target[index] = 0xff;
      target[index + 1] = 0xd0 | ((place - 1) & 7);
      index += 2;
    }
    const tile = tiles[place] ?? 0;
    const end = starts[tile + 1] ?? 0;
    // A loop and not `set`: for some ten bytes the view that `set` needs costs more than the copy.
    for (let from = starts[tile] ?? 0; from < end; from += 1) {
      target[index] = bytes[from] ?? 0;
      index += 1;
    }
  }
  return index;
}

const ID_PLACES = { owner: 0, device: 1, event: 2 } as const;

/** A number that depends on an id alone, the same in every run and runtime. */
function choice(encoded: EncodedIds, id: keyof typeof ID_PLACES): number {
  return crc32(encoded.ids[ID_PLACES[id]] ?? new Uint8Array(0));
}

function pick<T>(list: readonly T[], choice: number): T {
  const chosen = list[choice % list.length];
  if (chosen === undefined)
    throw new Error('scenes.ts holds no scenes; run scripts/draw-scenes.ts');
  return chosen;
}
