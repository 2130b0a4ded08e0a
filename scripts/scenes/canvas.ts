/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];
/** What colour there is at a point, in picture pixels. */
export type Paint = Colour | ((x: number, y: number) => Colour);
/** How much of it covers what was there, 0 to 1. */
export type Cover = number | ((x: number, y: number) => number);
export type Point = readonly [number, number];

export interface Shape {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly contains: (x: number, y: number) => boolean;
}

/** The size on which scenes are drawn, whatever the size in pixels. All shapes are in these units. */
const DRAWN_WIDTH = 384;
const DRAWN_HEIGHT = 224;

/** Points in light, each pixel made of `SHARPNESS` by `SHARPNESS` of them, so that edges come out smooth. */
export interface Canvas {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly points: Float32Array;
}

const SHARPNESS = 2;

export function emptyCanvas(width: number, height: number): Canvas {
  return { width, height, points: new Float32Array(width * height * SHARPNESS * SHARPNESS * 3) };
}

/** Lays paint over a shape. */
export function fill(canvas: Canvas, shape: Shape, paint: Paint, cover: Cover = 1): void {
  const across = canvas.width * SHARPNESS;
  const down = canvas.height * SHARPNESS;
  const columnsPerUnit = across / DRAWN_WIDTH;
  const rowsPerUnit = down / DRAWN_HEIGHT;
  const firstRow = Math.max(0, Math.floor(shape.top * rowsPerUnit));
  const lastRow = Math.min(down - 1, Math.ceil(shape.bottom * rowsPerUnit));
  const firstColumn = Math.max(0, Math.floor(shape.left * columnsPerUnit));
  const lastColumn = Math.min(across - 1, Math.ceil(shape.right * columnsPerUnit));
  for (let row = firstRow; row <= lastRow; row += 1) {
    const y = (row + 0.5) / rowsPerUnit;
    for (let column = firstColumn; column <= lastColumn; column += 1) {
      const x = (column + 0.5) / columnsPerUnit;
      if (!shape.contains(x, y)) continue;
      const share = typeof cover === 'number' ? cover : cover(x, y);
      const colour = typeof paint === 'function' ? paint(x, y) : paint;
      blend(canvas.points, (row * across + column) * 3, colour, share);
    }
  }
}

function blend(points: Float32Array, at: number, colour: Colour, share: number): void {
  points[at] = (points[at] ?? 0) * (1 - share) + colour[0] * share;
  points[at + 1] = (points[at + 1] ?? 0) * (1 - share) + colour[1] * share;
  points[at + 2] = (points[at + 2] ?? 0) * (1 - share) + colour[2] * share;
}

/** A round light that fades to nothing at its radius. */
export function glow(
  canvas: Canvas,
  [x, y]: Point,
  { radius, colour, strength }: { radius: number; colour: Colour; strength: number },
): void {
  fill(canvas, ellipse(x, y, radius, radius), colour, (px, py) => {
    const fade = Math.max(0, 1 - Math.hypot(px - x, py - y) / radius);
    return strength * fade * fade;
  });
}

/** The whole canvas. */
export function everywhere(): Shape {
  return rectangle(0, 0, DRAWN_WIDTH, DRAWN_HEIGHT);
}

/** What two shapes have in common. */
export function within(frame: Shape, shape: Shape): Shape {
  return { ...shape, contains: (x, y) => frame.contains(x, y) && shape.contains(x, y) };
}

export function rectangle(left: number, top: number, width: number, height: number): Shape {
  const right = left + width;
  const bottom = top + height;
  return {
    left,
    top,
    right,
    bottom,
    contains: (x, y) => x >= left && x < right && y >= top && y < bottom,
  };
}

export function ellipse(x: number, y: number, radiusX: number, radiusY: number): Shape {
  return {
    left: x - radiusX,
    top: y - radiusY,
    right: x + radiusX,
    bottom: y + radiusY,
    contains: (px, py) => ((px - x) / radiusX) ** 2 + ((py - y) / radiusY) ** 2 <= 1,
  };
}

/** A rectangle whose corners are quarter circles. */
export function rounded(box: readonly [number, number, number, number], radius: number): Shape {
  const [left, top, width, height] = box;
  const whole = rectangle(left, top, width, height);
  return {
    ...whole,
    contains: (x, y) => {
      const dx = Math.max(left + radius - x, x - (whole.right - radius), 0);
      const dy = Math.max(top + radius - y, y - (whole.bottom - radius), 0);
      return dx * dx + dy * dy <= radius * radius;
    },
  };
}

/** The inside of a closed line, by the even-odd rule. */
export function polygon(...corners: readonly Point[]): Shape {
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return {
    left: Math.min(...xs),
    top: Math.min(...ys),
    right: Math.max(...xs),
    bottom: Math.max(...ys),
    contains: (x, y) => {
      let inside = false;
      let [beforeX, beforeY] = corners.at(-1) ?? [0, 0];
      for (const [cornerX, cornerY] of corners) {
        const crosses = cornerY > y !== beforeY > y;
        if (crosses && x < ((beforeX - cornerX) * (y - cornerY)) / (beforeY - cornerY) + cornerX) {
          inside = !inside;
        }
        beforeX = cornerX;
        beforeY = cornerY;
      }
      return inside;
    },
  };
}

/** An open line with round ends. */
export function line(width: number, ...corners: readonly Point[]): Shape {
  const box = polygon(...corners);
  const reach = width / 2;
  return {
    left: box.left - reach,
    top: box.top - reach,
    right: box.right + reach,
    bottom: box.bottom + reach,
    contains: (x, y) => distanceToLine([x, y], corners) <= reach,
  };
}

/** From a point to the nearest place on an open line. */
export function distanceToLine([x, y]: Point, corners: readonly Point[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const [index, [startX, startY]] of corners.entries()) {
    const [endX, endY] = corners[index + 1] ?? [startX, startY];
    const alongX = endX - startX;
    const alongY = endY - startY;
    const length = alongX * alongX + alongY * alongY;
    const share = length === 0 ? 0 : ((x - startX) * alongX + (y - startY) * alongY) / length;
    const held = Math.min(1, Math.max(0, share));
    nearest = Math.min(nearest, Math.hypot(x - startX - held * alongX, y - startY - held * alongY));
  }
  return nearest;
}

/** A colour from six hexadecimal digits. */
export function hex(digits: string): Colour {
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function mix(from: Colour, to: Colour, share: number): Colour {
  const held = Math.min(1, Math.max(0, share));
  return [
    from[0] + (to[0] - from[0]) * held,
    from[1] + (to[1] - from[1]) * held,
    from[2] + (to[2] - from[2]) * held,
  ];
}

/** A paint that goes from one colour at `top` to another at `bottom`. */
export function fading(from: Colour, to: Colour, top: number, bottom: number): Paint {
  return (_x, y) => mix(from, to, (y - top) / (bottom - top));
}

/** A number from -1 to 1 that depends on the place alone: the same noise each time the scenes are drawn. */
export function grain(x: number, y: number): number {
  let word = Math.imul(Math.floor(x), 0x27d4eb2d) ^ Math.imul(Math.floor(y), 0x165667b1);
  word = Math.imul(word ^ (word >>> 15), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return ((word ^ (word >>> 16)) >>> 0) / 2_147_483_648 - 1;
}

/**
 * The picture's pixels: red, green, blue, row by row, 0 to 255, with the softness of a small lens and the grain of its sensor.
 * Softness is cheap to look at and saves a fifth of the bytes.
 */
export function develop(
  canvas: Canvas,
  { softness, noise }: { readonly softness: number; readonly noise: number },
): Float32Array {
  const { width, height } = canvas;
  const sharp = pixelsOf(canvas);
  const across = softened(sharp, { step: 3, length: width, softness });
  const pixels = softened(across, { step: width * 3, length: height, softness });
  for (let at = 0; at < pixels.length; at += 1) {
    const pixel = Math.floor(at / 3);
    const speck = noise * grain(pixel % width, pixel / width);
    pixels[at] = Math.min(255, Math.max(0, (pixels[at] ?? 0) + speck));
  }
  return pixels;
}

function pixelsOf({ width, height, points }: Canvas): Float32Array {
  const pixels = new Float32Array(width * height * 3);
  for (let row = 0; row < height * SHARPNESS; row += 1) {
    for (let column = 0; column < width * SHARPNESS; column += 1) {
      const from = (row * width * SHARPNESS + column) * 3;
      const pixel = Math.floor(row / SHARPNESS) * width + Math.floor(column / SHARPNESS);
      for (let channel = 0; channel < 3; channel += 1) {
        const at = pixel * 3 + channel;
        pixels[at] = (pixels[at] ?? 0) + (points[from + channel] ?? 0) / SHARPNESS ** 2;
      }
    }
  }
  return pixels;
}

/** Each value with a share of its two neighbours, which are `step` apart; lines of `length` values end where they end. */
function softened(
  values: Float32Array,
  {
    step,
    length,
    softness,
  }: { readonly step: number; readonly length: number; readonly softness: number },
): Float32Array {
  return values.map((value, at) => {
    const place = Math.floor(at / step) % length;
    const before = place === 0 ? value : (values[at - step] ?? value);
    const after = place === length - 1 ? value : (values[at + step] ?? value);
    return value + softness * ((before + after) / 2 - value);
  });
}
