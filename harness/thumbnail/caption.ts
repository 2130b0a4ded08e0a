import type { Stamp } from '../model/stamp.ts';
import type { Alphabet } from './artwork.ts';
import { CODE_COLUMNS, CODE_ROWS } from './picture-code.ts';

/** What is written under a scene. */
export interface CaptionText {
  readonly ownerName: string;
  readonly deviceName: string;
  readonly stamp: Stamp;
  /** The caption's last word, for example `2/3` in a clip; empty for none. */
  readonly remark: string;
  /** Picks the colour of the stripe at the left, so that two owners' pictures differ at a glance. */
  readonly hue: number;
  /** 1 for each cell of the picture code that is light, row by row. */
  readonly code: Uint8Array;
}

/** The band under the scene, in tiles of 8 by 16 pixels: two rows of the picture code, then four of text. */
const CAPTION_COLUMNS = 40;
const CAPTION_ROWS = 6;
const TEXT_ROW = 2;
/** The code keeps off the sides: a crop of 5 % takes two columns. */
const CODE_COLUMN = 3;
/** Left of this are the owner's stripe and a gap; the last column stays empty. */
const TEXT_COLUMN = 3;
const TEXT_COLUMNS: number = CAPTION_COLUMNS - TEXT_COLUMN - 1;
const STRIPE_COLUMNS = 2;

/**
 * The tiles of code and caption, row by row, as indexes into the alphabet. The owner's name is written large where it fits and small
 * over two lines where it does not; a line that is too long loses its beginning, as ids differ at their ends. A character without a
 * glyph is drawn as `?`.
 */
export function captionTiles(text: CaptionText, alphabet: Alphabet): Uint16Array {
  const tiles = new Uint16Array(CAPTION_COLUMNS * CAPTION_ROWS).fill(alphabet.small(' '));
  putCode(tiles, text.code, alphabet);
  for (let row = TEXT_ROW; row < CAPTION_ROWS; row += 1) {
    for (let column = 0; column < STRIPE_COLUMNS; column += 1) {
      tiles[row * CAPTION_COLUMNS + column] = alphabet.stripe(text.hue);
    }
  }
  const { stamp, remark } = text;
  putName(tiles, text.ownerName, alphabet);
  putLine(tiles, 2, shortened(lettersOf(text.deviceName), TEXT_COLUMNS), alphabet);
  const version = ` v${stamp.version}${remark === '' ? '' : `  ${remark}`}`;
  putLine(tiles, 3, lineOf(stamp.eventId, version), alphabet);
  return tiles;
}

function putCode(tiles: Uint16Array, code: Uint8Array, alphabet: Alphabet): void {
  for (let row = 0; row < CODE_ROWS; row += 2) {
    const upper = row * CODE_COLUMNS;
    const lower = upper + CODE_COLUMNS;
    const start = (row / 2) * CAPTION_COLUMNS + CODE_COLUMN;
    for (let column = 0; column < CODE_COLUMNS; column += 1) {
      tiles[start + column] = alphabet.code(code[upper + column] ?? 0, code[lower + column] ?? 0);
    }
  }
}

function putName(tiles: Uint16Array, name: string, alphabet: Alphabet): void {
  const letters = lettersOf(name);
  if (letters.length * 2 > TEXT_COLUMNS) {
    const rest = letters.slice(TEXT_COLUMNS);
    putLine(tiles, rest.length === 0 ? 1 : 0, letters.slice(0, TEXT_COLUMNS), alphabet);
    putLine(tiles, 1, shortened(rest, TEXT_COLUMNS), alphabet);
    return;
  }
  let index = TEXT_ROW * CAPTION_COLUMNS + TEXT_COLUMN;
  for (const letter of letters) {
    const large = alphabet.large(letter);
    tiles[index] = large;
    tiles[index + 1] = large + 1;
    tiles[index + CAPTION_COLUMNS] = large + 2;
    tiles[index + CAPTION_COLUMNS + 1] = large + 3;
    index += 2;
  }
}

function putLine(
  tiles: Uint16Array,
  row: number,
  letters: readonly string[],
  alphabet: Alphabet,
): void {
  let index = (TEXT_ROW + row) * CAPTION_COLUMNS + TEXT_COLUMN;
  for (const letter of letters) {
    tiles[index] = alphabet.small(letter);
    index += 1;
  }
}

/** One line: a beginning that may be shortened, and an end that is kept as far as the line reaches. */
function lineOf(beginning: string, end: string): readonly string[] {
  const kept = shortened(lettersOf(end), TEXT_COLUMNS);
  return [...shortened(lettersOf(beginning), TEXT_COLUMNS - kept.length), ...kept];
}

function shortened(letters: readonly string[], columns: number): readonly string[] {
  if (letters.length <= columns) return letters;
  return columns === 0 ? [] : ['…', ...letters.slice(letters.length - columns + 1)];
}

/** The characters of a text, with accents joined to their letters where Unicode has the joined form. */
function lettersOf(text: string): readonly string[] {
  return Array.from(text.normalize('NFC'));
}
