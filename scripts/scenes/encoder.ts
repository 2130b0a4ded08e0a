/**
 * Baseline JPEG (ITU-T T.81) for tiles that stand alone: one tile of 8 by 16 pixels is one minimum coded unit (two blocks of
 * luminance, one each of the colour differences, which are halved vertically) and one restart interval.
 */
import { codeList, type HuffmanCodes, shortestCodes } from './huffman.ts';

export const TILE_WIDTH = 8;
export const TILE_HEIGHT = 16;

export interface Encoded {
  /** Start of image and JFIF segment. */
  readonly prefix: Uint8Array;
  /** Everything from the quantisation tables to the start of the scan. */
  readonly setup: Uint8Array;
  /** The entropy-coded bytes of each tile, padded with ones. */
  readonly pieces: readonly Uint8Array[];
}

/**
 * Encodes all tiles that pictures of that size will be put together from, with Huffman codes that are the best for just these.
 *
 * @param tiles red, green, blue by rows, 8 by 16 pixels each
 * @param quality 1 to 100, on the scale that the Independent JPEG Group made customary
 */
export function encodeTiles(
  tiles: readonly Float32Array[],
  size: { readonly width: number; readonly height: number; readonly quality: number },
): Encoded {
  const quantisers = [scaled(LUMINANCE, size.quality), scaled(CHROMINANCE, size.quality)] as const;
  const words = tiles.map((tile) => wordsOf(tile, quantisers));
  const codes = TABLES.map((table) => shortestCodes(symbolsOf(words, table)));
  return {
    prefix: Uint8Array.from([
      0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0,
    ]),
    setup: setupOf(size, quantisers, codes),
    pieces: words.map((tile) => bitsOf(tile, codes)),
  };
}

/** A symbol for the Huffman coder, and the bits that follow it as they are. */
interface Word {
  readonly table: number;
  readonly symbol: number;
  readonly extra: number;
  readonly extraBits: number;
}

/** Luminance and chrominance, first coefficients and others. */
const TABLES = [0, 1, 2, 3] as const;

function wordsOf(
  pixels: Float32Array,
  [luminance, chrominance]: readonly [readonly number[], readonly number[]],
): readonly Word[] {
  const { upper, lower, blue, red } = planes(pixels);
  const first = coefficients(upper, luminance);
  return [
    ...blockWords(first, 0, 0),
    ...blockWords(coefficients(lower, luminance), first[0] ?? 0, 0),
    ...blockWords(coefficients(blue, chrominance), 0, 2),
    ...blockWords(coefficients(red, chrominance), 0, 2),
  ];
}

function symbolsOf(tiles: readonly (readonly Word[])[], table: number): readonly number[] {
  return tiles.flatMap((words) =>
    words.filter((word) => word.table === table).map((word) => word.symbol),
  );
}

/** Luminance of the upper and lower half, and the two colour differences (JFIF 1.02, from BT.601). */
function planes(pixels: Float32Array): {
  readonly upper: Float32Array;
  readonly lower: Float32Array;
  readonly blue: Float32Array;
  readonly red: Float32Array;
} {
  const upper = new Float32Array(64);
  const lower = new Float32Array(64);
  const blue = new Float32Array(64);
  const red = new Float32Array(64);
  for (let y = 0; y < TILE_HEIGHT; y += 1) {
    for (let x = 0; x < TILE_WIDTH; x += 1) {
      const at = (y * TILE_WIDTH + x) * 3;
      const [r, g, b] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
      const light = 0.299 * r + 0.587 * g + 0.114 * b;
      const half = y < 8 ? upper : lower;
      half[(y & 7) * 8 + x] = light - 128;
      const shared = (y >> 1) * 8 + x;
      blue[shared] = (blue[shared] ?? 0) + (b - light) / 1.772 / 2;
      red[shared] = (red[shared] ?? 0) + (r - light) / 1.402 / 2;
    }
  }
  return { upper, lower, blue, red };
}

/** The quantised coefficients in zigzag order (T.81, A.3.3 and A.3.4). */
function coefficients(block: Float32Array, quantiser: readonly number[]): Int16Array {
  const rows = new Float64Array(64);
  for (let y = 0; y < 8; y += 1) {
    for (let u = 0; u < 8; u += 1) {
      let sum = 0;
      for (let x = 0; x < 8; x += 1) sum += (block[y * 8 + x] ?? 0) * (COSINES[u * 8 + x] ?? 0);
      rows[y * 8 + u] = sum;
    }
  }
  const result = new Int16Array(64);
  for (const [place, natural] of ZIGZAG.entries()) {
    const u = natural & 7;
    const v = natural >> 3;
    let sum = 0;
    for (let y = 0; y < 8; y += 1) sum += (rows[y * 8 + u] ?? 0) * (COSINES[v * 8 + y] ?? 0);
    result[place] = Math.round(sum / (quantiser[natural] ?? 1));
  }
  return result;
}

/** One block as words (T.81, F.1.2). Its first coefficient is told as the difference from `before`. */
function blockWords(values: Int16Array, before: number, table: number): readonly Word[] {
  const words: Word[] = [wordOf(table, 0, (values[0] ?? 0) - before)];
  let zeros = 0;
  for (const value of values.subarray(1)) {
    if (value === 0) {
      zeros += 1;
      continue;
    }
    for (; zeros > 15; zeros -= 16) words.push(bareWord(table + 1, 0xf0));
    words.push(wordOf(table + 1, zeros, value));
    zeros = 0;
  }
  if (zeros > 0) words.push(bareWord(table + 1, 0));
  return words;
}

function bareWord(table: number, symbol: number): Word {
  return { table, symbol, extra: 0, extraBits: 0 };
}

function wordOf(table: number, zeros: number, value: number): Word {
  const size = 32 - Math.clz32(Math.abs(value));
  const extra = value < 0 ? value + (1 << size) - 1 : value;
  return { table, symbol: (zeros << 4) | size, extra, extraBits: size };
}

function bitsOf(words: readonly Word[], codes: readonly HuffmanCodes[]): Uint8Array {
  const bits = new BitWriter();
  for (const { table, symbol, extra, extraBits } of words) {
    const code = codes[table]?.get(symbol);
    if (code === undefined) throw new Error(`table ${table} has no code for symbol ${symbol}`);
    bits.put(code.bits, code.length);
    bits.put(extra, extraBits);
  }
  return bits.padded();
}

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  put(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      this.#held = (this.#held << 1) | ((value >> bit) & 1);
      this.#count += 1;
      if (this.#count < 8) continue;
      this.#bytes.push(this.#held);
      // A byte of ones is followed by zero, so that no data looks like a marker.
      if (this.#held === 0xff) this.#bytes.push(0);
      this.#held = 0;
      this.#count = 0;
    }
  }

  padded(): Uint8Array {
    if (this.#count > 0) this.put(0xff, 8 - this.#count);
    return Uint8Array.from(this.#bytes);
  }
}

function setupOf(
  { width, height }: { readonly width: number; readonly height: number },
  [luminance, chrominance]: readonly [readonly number[], readonly number[]],
  codes: readonly HuffmanCodes[],
): Uint8Array {
  const inZigzag = (table: readonly number[]): number[] => ZIGZAG.map((at) => table[at] ?? 1);
  const places = [0x00, 0x10, 0x01, 0x11];
  const huffman = codes.flatMap((table, index) => [places[index] ?? 0, ...codeList(table)]);
  const segment = (marker: number, body: readonly number[]): number[] => {
    const length = body.length + 2;
    return [0xff, marker, length >> 8, length & 255, ...body];
  };
  return Uint8Array.from([
    ...segment(0xdb, [0, ...inZigzag(luminance), 1, ...inZigzag(chrominance)]),
    ...segment(0xc0, [
      8,
      height >> 8,
      height & 255,
      width >> 8,
      width & 255,
      3,
      1,
      0x12,
      0,
      2,
      0x11,
      1,
      3,
      0x11,
      1,
    ]),
    ...segment(0xc4, huffman),
    ...segment(0xdd, [0, 1]),
    ...segment(0xda, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]),
  ]);
}

function scaled(table: readonly number[], quality: number): readonly number[] {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return table.map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
}

/** Row u holds the u-th cosine of the transform, with its scale. */
const COSINES: Float64Array = Float64Array.from({ length: 64 }, (_, index) => {
  const u = index >> 3;
  const x = index & 7;
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/** Natural index by zigzag place: diagonals, every second one upwards. */
const ZIGZAG: readonly number[] = Array.from({ length: 64 }, (_, index) => index).sort(
  (one, other) => zigzagOrder(one) - zigzagOrder(other),
);

function zigzagOrder(natural: number): number {
  const x = natural & 7;
  const y = natural >> 3;
  const diagonal = x + y;
  return diagonal * 8 + (diagonal % 2 === 0 ? x : y);
}

/** T.81, tables K.1 and K.2, in natural order. */
const LUMINANCE: readonly number[] = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
  92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMINANCE: readonly number[] = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];
