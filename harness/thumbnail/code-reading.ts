import {
  CODE_COLUMNS,
  DATA_CELLS,
  dataCell,
  FINDER,
  type FinderCell,
  readCells,
} from './picture-code.ts';

/** A decoded picture: four bytes a pixel, red, green, blue and one that is not looked at, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Gives the pixels of a JPEG, or null for bytes that it cannot decode. Libraries do this; they arrive as a value, as k6 has none. */
export type JpegDecoder = (bytes: Uint8Array) => Pixels | null;

/** The picture as it was drawn, in pixels. */
const WIDTH = 320;
const HEIGHT = 256;
const CELL = 8;
const CODE_LEFT = 24;
const CODE_TOP = 160;
/** At most this much may have been cropped at left and right, and at top and bottom, in pixels as drawn: 7 % of the picture. */
const CROP_ACROSS_MAX = 22.5;
const CROP_DOWN_MAX = 18;
/** Steps of the first search, in pixels as drawn: half the diagonal of a step is less than half a cell. */
const STEP = 3;
const FINE_STEPS = [1.5, 0.75, 0.375];
/** How many of the best places are tried. Each try is one more chance to read nonsense, so they are few. */
const TRIES_MAX = 3;
/** Levels, of 255, by which the darkest light cell of the finder must be lighter than its lightest dark one. */
const MARGIN_MIN = 24;
/** The share of a cell's side that is looked at for its value: its edges are blurred. */
const INNER_SHARE = 0.6;
/** A smaller picture has less than two pixels a cell, a larger one is none of ours. */
const SIDE_MIN = 64;
const SIDE_MAX = 4_096;

/**
 * The tag in the picture's code, or null when there is none that can be read for certain. The picture may have been encoded again, made
 * smaller or larger, and cropped by up to 7 % a side; not turned, and not set into a frame. Never throws.
 * One put together of two pictures is named by the one whose code it has: that there is another in it cannot be known from one code.
 *
 * First the finder is searched: for each way to crop, its cells are where they would be then, and the best place is where the darkest of
 * its light cells stands out most from the lightest of its dark ones. That place is then made finer, and the cells in between are read.
 */
export function readCode(pixels: Pixels, key: number): number | null {
  const { width, height, data } = pixels;
  const isOurs = [width, height].every((side) => side >= SIDE_MIN && side <= SIDE_MAX);
  if (!isOurs || data.length < width * height * 4) return null;
  const sums = brightnessSums(pixels);
  for (const crop of placesOf(sums)) {
    const tag = readCells(levelsAt(sums, crop), key);
    if (tag !== null) return tag;
  }
  return null;
}

/** How much of the drawn picture is missing at each side, in pixels as drawn. */
interface Crop {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Sums of brightness over all pixels above and left: a box of any size then costs four look-ups. */
interface Sums {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

interface Place {
  readonly crop: Crop;
  readonly margin: number;
}

function brightnessSums({ width, height, data }: Pixels): Sums {
  const across = width + 1;
  const values = new Float64Array(across * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      row += 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
      values[(y + 1) * across + x + 1] = (values[y * across + x + 1] ?? 0) + row;
    }
  }
  return { width, height, values };
}

/** The best places of the finder, best first; none when it stands out nowhere. */
function placesOf(sums: Sums): readonly Crop[] {
  const found: Place[] = [];
  for (let left = 0; left <= CROP_ACROSS_MAX; left += STEP) {
    for (let right = 0; right <= CROP_ACROSS_MAX; right += STEP) {
      for (let top = 0; top <= CROP_DOWN_MAX; top += STEP) {
        for (let bottom = 0; bottom <= CROP_DOWN_MAX; bottom += STEP) {
          const crop = { left, right, top, bottom };
          const margin = marginAt(sums, crop);
          if (margin > 0) found.push({ crop, margin });
        }
      }
    }
  }
  return found
    .toSorted((one, other) => other.margin - one.margin)
    .slice(0, TRIES_MAX)
    .map((place) => refined(sums, place))
    .filter(({ margin }) => margin >= MARGIN_MIN)
    .map(({ crop }) => crop);
}

/** Climbs from a place to the best one near it, side by side, with ever smaller steps. */
function refined(sums: Sums, start: Place): Place {
  let best = start;
  for (const step of FINE_STEPS) {
    for (const side of ['left', 'right', 'top', 'bottom'] as const) {
      for (const change of [-step, step]) {
        const crop = { ...best.crop, [side]: best.crop[side] + change };
        const margin = marginAt(sums, crop);
        if (margin > best.margin) best = { crop, margin };
      }
    }
  }
  return best;
}

/** By how much the finder stands out there; zero or less is not at all, and then the rest is not looked at. */
function marginAt(sums: Sums, crop: Crop): number {
  let lightest = 0;
  let darkest = 255;
  for (const cell of FINDER) {
    const level = levelOf(sums, crop, { ...cell, share: 1 });
    if (cell.light) darkest = Math.min(darkest, level);
    else lightest = Math.max(lightest, level);
    if (darkest <= lightest) return 0;
  }
  return darkest - lightest;
}

/** How much lighter or darker each data cell is than the middle between light and dark, which is taken from the finder at both ends. */
function levelsAt(sums: Sums, crop: Crop): Float64Array {
  const middles = [0, 1].map((end) => {
    const cells = FINDER.filter(({ column }) => (column < CODE_COLUMNS / 2 ? 0 : 1) === end);
    return (meanOf(sums, crop, cells, true) + meanOf(sums, crop, cells, false)) / 2;
  });
  const [left = 0, right = 0] = middles;
  return Float64Array.from({ length: DATA_CELLS }, (_, index) => {
    const cell = dataCell(index);
    const middle = left + ((right - left) * cell.column) / (CODE_COLUMNS - 1);
    return levelOf(sums, crop, { ...cell, share: INNER_SHARE }) - middle;
  });
}

function meanOf(sums: Sums, crop: Crop, cells: readonly FinderCell[], light: boolean): number {
  const levels = cells
    .filter((cell) => cell.light === light)
    .map((cell) => levelOf(sums, crop, { ...cell, share: 1 }));
  return levels.reduce((sum, level) => sum + level, 0) / levels.length;
}

/** The mean brightness, 0 to 255, of the middle `share` of a cell. */
function levelOf(
  sums: Sums,
  crop: Crop,
  { column, row, share }: { readonly column: number; readonly row: number; readonly share: number },
): number {
  const across = sums.width / (WIDTH - crop.left - crop.right);
  const down = sums.height / (HEIGHT - crop.top - crop.bottom);
  const margin = (1 - share) / 2;
  const left = (CODE_LEFT + (column + margin) * CELL - crop.left) * across;
  const top = (CODE_TOP + (row + margin) * CELL - crop.top) * down;
  const right = left + share * CELL * across;
  const bottom = top + share * CELL * down;
  const sum =
    sumAt(sums, right, bottom) -
    sumAt(sums, left, bottom) -
    sumAt(sums, right, top) +
    sumAt(sums, left, top);
  return sum / ((right - left) * (bottom - top));
}

/** The sum over everything above and left of a point, parts of pixels included. */
function sumAt({ width, height, values }: Sums, x: number, y: number): number {
  const column = Math.max(0, Math.min(width - 1, Math.floor(x)));
  const row = Math.max(0, Math.min(height - 1, Math.floor(y)));
  const partX = Math.max(0, Math.min(1, x - column));
  const partY = Math.max(0, Math.min(1, y - row));
  const at = row * (width + 1) + column;
  const above = (values[at] ?? 0) * (1 - partX) + (values[at + 1] ?? 0) * partX;
  const next = at + width + 1;
  const below = (values[next] ?? 0) * (1 - partX) + (values[next + 1] ?? 0) * partX;
  return above * (1 - partY) + below * partY;
}
