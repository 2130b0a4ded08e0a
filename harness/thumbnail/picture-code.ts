/**
 * The coarse code between scene and caption, for pictures whose segments a transcoding backend has thrown away. It does not spell ids,
 * which would need too many cells: it carries a tag of 48 bits, a keyed checksum of everything the stamp says, and whoever knows the run's events finds
 * the one with that tag. Cells are 8 by 8 pixels in 34 columns and 4 rows, light or dark:
 *
 *     columns 0, 1, 32, 33   the finder, always the same
 *     columns 2 to 31        120 cells of 40 triples, column by column: cell n, n + 40 and n + 80 are a triple
 *
 * A triple is two bits of the word and their parity. The word is the tag and a keyed CRC-32 of the tag, 80 bits. Parity repairs the
 * least certain cell of a triple (Wagner decoding), and the CRC decides whether anything was read at all: it sees every
 * mistake of up to seven bits in 80, and lets one in 2^32 of the others pass. The key goes in, so no picture of another run verifies.
 */
import type { Stamp } from '../model/stamp.ts';
import { crc32, wordSum } from './checksum.ts';
import { type Check, type EncodedIds, encodeIds, KIND_CODES } from './mark.ts';

export const CODE_COLUMNS = 34;
export const CODE_ROWS = 4;
const FINDER_COLUMNS = 2;
/** Column by column, from the top down. */
const LEFT_FINDER = [1, 0, 1, 1, 0, 1, 0, 0];
const RIGHT_FINDER = [0, 0, 1, 0, 1, 1, 0, 1];
const TRIPLES = 40;
const TAG_BYTES = 6;

/** One cell of the code that is the same in every picture. */
export interface FinderCell {
  readonly column: number;
  readonly row: number;
  readonly light: boolean;
}

export const FINDER: readonly FinderCell[] = [
  ...finderOf(LEFT_FINDER, 0),
  ...finderOf(RIGHT_FINDER, CODE_COLUMNS - FINDER_COLUMNS),
];

/** Where data cell `index`, 0 to 119, stands. */
export function dataCell(index: number): { readonly column: number; readonly row: number } {
  return { column: FINDER_COLUMNS + Math.floor(index / CODE_ROWS), row: index % CODE_ROWS };
}

export const DATA_CELLS: number = TRIPLES * 3;

/** The tag that the code of this picture carries: a whole number below 2^48. Throws as `encodeIds` does. */
export function tagOf(stamp: Stamp, check: Check): number {
  return tagOfIds(encodeIds(stamp), check);
}

export function tagOfIds({ stamp, ids, bytes }: EncodedIds, { key }: Check): number {
  const all = new Uint8Array(bytes + 5);
  let at = 0;
  for (const id of ids) {
    all[at] = id.length;
    all.set(id, at + 1);
    at += 1 + id.length;
  }
  new DataView(all.buffer).setUint32(at, stamp.version);
  all[at + 4] = KIND_CODES[stamp.kind];
  return (crc32(all, key) & 0xffff) * 0x1_0000_0000 + wordSum(all, key);
}

/** 1 for each cell that is light, row by row. */
export function codeCells(tag: number, key: number): Uint8Array {
  const cells = Uint8Array.from(EMPTY_CODE);
  const word = wordOf(tag, key);
  for (let triple = 0; triple < TRIPLES; triple += 1) {
    const first = bitOf(word, triple);
    const second = bitOf(word, triple + TRIPLES);
    cells[DATA_PLACES[triple] ?? 0] = first;
    cells[DATA_PLACES[triple + TRIPLES] ?? 0] = second;
    cells[DATA_PLACES[triple + 2 * TRIPLES] ?? 0] = first ^ second;
  }
  return cells;
}

/**
 * The tag in the data cells, or null when the checksum says that it is not one.
 *
 * @param levels how light each data cell is: above zero is light, and further from zero is more certain
 */
export function readCells(levels: Float64Array, key: number): number | null {
  const word = new Uint8Array(TAG_BYTES + 4);
  for (let triple = 0; triple < TRIPLES; triple += 1) {
    const cells = [triple, triple + TRIPLES, triple + 2 * TRIPLES];
    const light = cells.map((cell) => (levels[cell] ?? 0) > 0);
    if (light.filter(Boolean).length % 2 === 1) {
      const doubt = cells.map((cell) => Math.abs(levels[cell] ?? 0));
      const least = doubt.indexOf(Math.min(...doubt));
      light[least] = light[least] !== true;
    }
    setBit(word, triple, light[0] === true);
    setBit(word, triple + TRIPLES, light[1] === true);
  }
  const view = new DataView(word.buffer);
  if (view.getUint32(TAG_BYTES) !== crc32(word.subarray(0, TAG_BYTES), key)) return null;
  return view.getUint16(0) * 0x1_0000_0000 + view.getUint32(2);
}

function wordOf(tag: number, key: number): Uint8Array {
  const word = new Uint8Array(TAG_BYTES + 4);
  const view = new DataView(word.buffer);
  view.setUint16(0, Math.floor(tag / 0x1_0000_0000));
  view.setUint32(2, tag >>> 0);
  view.setUint32(TAG_BYTES, crc32(word.subarray(0, TAG_BYTES), key));
  return word;
}

function bitOf(word: Uint8Array, index: number): number {
  return ((word[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
}

function setBit(word: Uint8Array, index: number, bit: boolean): void {
  if (bit) word[index >> 3] = (word[index >> 3] ?? 0) | (0x80 >> (index & 7));
}

function finderOf(pattern: readonly number[], firstColumn: number): readonly FinderCell[] {
  return pattern.map((light, index) => ({
    column: firstColumn + Math.floor(index / CODE_ROWS),
    row: index % CODE_ROWS,
    light: light === 1,
  }));
}

/** Where each data cell stands among all cells. */
const DATA_PLACES: Uint16Array = Uint16Array.from({ length: DATA_CELLS }, (_, index) => {
  const { column, row } = dataCell(index);
  return row * CODE_COLUMNS + column;
});

const EMPTY_CODE: Uint8Array = new Uint8Array(CODE_COLUMNS * CODE_ROWS);
for (const { column, row, light } of FINDER) {
  EMPTY_CODE[row * CODE_COLUMNS + column] = light ? 1 : 0;
}
