import { base64Bytes } from './base64.ts';
import { type DrawnScene, GLYPHS_TEXT, PREFIX_TEXT, SCENES, SETUP_TEXT } from './scenes.ts';

/**
 * Entropy-coded pieces of JPEG, one a tile of 8 by 16 pixels. The restart interval is one tile, so that each piece stands alone and any
 * sequence of them, joined by restart markers that count on, is a picture.
 */
export interface Pieces {
  readonly bytes: Uint8Array;
  /** Piece n is from `starts[n]` to `starts[n + 1]`. */
  readonly starts: Uint32Array;
}

/** Finds the tiles of characters. Unknown characters give the tiles of `?`. */
export interface Alphabet {
  readonly small: (letter: string) => number;
  /** The first of four tiles: upper left, upper right, lower left, lower right. */
  readonly large: (letter: string) => number;
  readonly stripe: (hue: number) => number;
  /** Two cells of the picture code above one another, 1 for a light one. */
  readonly code: (upper: number, lower: number) => number;
}

/** Start of image and JFIF segment, before the head stamp. */
export const PREFIX: Uint8Array = base64Bytes(PREFIX_TEXT);
/** Quantisation, frame, Huffman codes, restart interval and start of scan, behind the head stamp. */
export const SETUP: Uint8Array = base64Bytes(SETUP_TEXT);
/** The tiles of all glyphs, stripes and cells. */
export const GLYPHS: Pieces = splitPieces(base64Bytes(GLYPHS_TEXT.pieces));
export const ALPHABET: Alphabet = alphabetOf(GLYPHS_TEXT.characters, GLYPHS_TEXT.stripes);
/** Scene by scene, its moments: each ready to be copied, restart markers included, also the one after its last tile. */
export const MOMENTS: readonly (readonly Uint8Array[])[] = SCENES.map(momentsOf);

/** The place of the scene that suits a camera of this name, for example `Front door 2`, or -1. */
export function sceneNamed(deviceName: string): number {
  const name = deviceName.toLowerCase();
  return SCENE_NAMES.findIndex((scene) => name.startsWith(scene));
}

const SCENE_NAMES: readonly string[] = SCENES.map(({ name }) => name.toLowerCase());

function alphabetOf(characters: string, stripes: number): Alphabet {
  const letters = Array.from(characters);
  const places = new Map(letters.map((letter, index) => [letter, index]));
  const unknown = places.get('?') ?? 0;
  const firstStripe = letters.length * 5;
  return {
    small: (letter) => places.get(letter) ?? unknown,
    large: (letter) => letters.length + 4 * (places.get(letter) ?? unknown),
    stripe: (hue) => firstStripe + (hue % stripes),
    code: (upper, lower) => firstStripe + stripes + 2 * upper + lower,
  };
}

/** A scene's first moment is whole; later ones name only the tiles that differ from it. */
function momentsOf(scene: DrawnScene): readonly Uint8Array[] {
  const whole = base64Bytes(scene.pieces);
  const base = piecesAsList(splitPieces(whole));
  const later = scene.moments.map((moment) => {
    const changed = [...base];
    const pieces = piecesAsList(splitPieces(base64Bytes(moment.pieces)));
    let next = 0;
    for (const run of moment.runs.split(' ')) {
      const [start = 0, count = 0] = run.split('+').map(Number);
      for (let tile = start; tile < start + count; tile += 1) {
        changed[tile] = pieces[next] ?? new Uint8Array(0);
        next += 1;
      }
    }
    return changed;
  });
  return [base, ...later].map(joinPieces);
}

/** Cuts behind every marker FF D0 to FF D7. Within entropy-coded data FF is followed by 00, so nothing else looks like one. */
function splitPieces(joined: Uint8Array): Pieces {
  const starts = [0];
  const bytes = new Uint8Array(joined.length);
  let length = 0;
  for (let index = 0; index < joined.length; index += 1) {
    if (joined[index] === 0xff && ((joined[index + 1] ?? 0) & 0xf8) === 0xd0) {
      starts.push(length);
      index += 1;
    } else {
      bytes[length] = joined[index] ?? 0;
      length += 1;
    }
  }
  return { bytes, starts: Uint32Array.from(starts) };
}

function piecesAsList({ bytes, starts }: Pieces): readonly Uint8Array[] {
  return Array.from({ length: starts.length - 1 }, (_, index) =>
    bytes.subarray(starts[index], starts[index + 1]),
  );
}

function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length + 2, 0));
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    joined.set(piece, at);
    at += piece.length;
    joined[at] = 0xff;
    joined[at + 1] = 0xd0 | (index & 7);
    at += 2;
  }
  return joined;
}
