import { type Canvas, type Colour, develop, emptyCanvas, hex, mix } from './canvas.ts';
import { encodeTiles, TILE_HEIGHT, TILE_WIDTH } from './encoder.ts';
import { CHARACTERS, glyphInk } from './glyphs.ts';
import { garage, hallway, kitchen, livingRoom, nursery, shop } from './indoors.ts';
import { driveway, frontDoor, garden, snowyYard } from './outdoors.ts';
import type { Scene } from './scene.ts';

const WIDTH = 320;
const HEIGHT = 256;
/** Scenes are drawn this high, and a strip is cut off above and below: code and caption stand there. */
const DRAWN_HEIGHT = 192;
const SCENE_TOP = 29;
const SCENE_HEIGHT = 160;
const QUALITY = 62;
/** How far the grain of the sensor goes up and down, of 255. */
const NOISE = 1;
/** Share that a pixel takes from its neighbours. */
const SOFTNESS = 0.5;
const MOMENTS = 3;

/** By the camera names that they suit: a camera of that name shows that scene. */
const SCENES: readonly (readonly [string, Scene])[] = [
  ['Front door', frontDoor],
  ['Driveway', driveway],
  ['Garden', garden],
  ['Back yard', snowyYard],
  ['Living room', livingRoom],
  ['Hallway', hallway],
  ['Nursery', nursery],
  ['Garage', garage],
  ['Shop counter', shop],
  ['Kitchen', kitchen],
];

const PAPER = hex('1b2430');
const NAME_INK = hex('ffffff');
const LINE_INK = hex('c6d3e2');
/** The stripes' hues, one a clearly different colour. */
const STRIPES: readonly Colour[] = [
  'e6194b',
  '3cb44b',
  'ffe119',
  '4f7bff',
  'f58231',
  'a84fd0',
  '46d9e8',
  'f04fd8',
  'b8e04a',
  'fabed4',
  '2a9d8f',
  'c9a7ff',
  '9a6324',
  'fffac8',
  'a02c3c',
  '8fe3b4',
].map(hex);

/** The text of `harness/thumbnail/scenes.ts`. */
export function drawnModule(): string {
  const scenes = SCENES.map(([name, draw]) => ({ name, moments: momentsOf(draw) }));
  const glyphs = glyphTiles();
  const drawn = scenes.flatMap(({ moments }) => moments.flat());
  const { prefix, setup, pieces } = encodeTiles([...drawn, ...glyphs], {
    width: WIDTH,
    height: HEIGHT,
    quality: QUALITY,
  });
  const perMoment = drawn.length / (scenes.length * MOMENTS);
  const written = scenes.flatMap(({ name }, index) => {
    const first = index * MOMENTS * perMoment;
    const cut = (moment: number): readonly Uint8Array[] =>
      pieces.slice(first + moment * perMoment, first + (moment + 1) * perMoment);
    return sceneLines(name, cut(0), [cut(1), cut(2)]);
  });
  return [
    '/** Written by `node scripts/draw-scenes.ts`; change the drawings, not this. Each piece ends in a restart marker. */',
    `export const PREFIX_TEXT = '${base64([prefix])}';`,
    '',
    'export const SETUP_TEXT =',
    `  '${base64([setup])}';`,
    '',
    'export const GLYPHS_TEXT = {',
    '  characters:',
    `    '${CHARACTERS.replaceAll(/['\\]/g, '\\$&')}',`,
    `  stripes: ${STRIPES.length},`,
    '  pieces:',
    `    '${joined(pieces.slice(drawn.length))}',`,
    '} as const;',
    '',
    'export interface DrawnScene {',
    '  /** A camera whose name begins like this shows it. */',
    '  readonly name: string;',
    '  readonly pieces: string;',
    '  /** Later moments: runs of tiles (`first+count`) that differ from the scene, and what is there instead. */',
    '  readonly moments: readonly { readonly runs: string; readonly pieces: string }[];',
    '}',
    '',
    'export const SCENES: readonly DrawnScene[] = [',
    ...written,
    '];',
    '',
  ].join('\n');
}

/** As the formatter lays them out, so that drawing again gives the committed text. */
function sceneLines(
  name: string,
  base: readonly Uint8Array[],
  later: readonly (readonly Uint8Array[])[],
): readonly string[] {
  const moments = later.flatMap((moment) => {
    const { runs, pieces } = changesOf(base, moment);
    return [
      '      {',
      `        runs: '${runs}',`,
      '        pieces:',
      `          '${joined(pieces)}',`,
      '      },',
    ];
  });
  return [
    '  {',
    `    name: '${name}',`,
    '    pieces:',
    `      '${joined(base)}',`,
    '    moments: [',
    ...moments,
    '    ],',
    '  },',
  ];
}

function momentsOf(draw: Scene): readonly (readonly Float32Array[])[] {
  return Array.from({ length: MOMENTS }, (_, moment) => {
    const canvas: Canvas = emptyCanvas(WIDTH, DRAWN_HEIGHT);
    draw(canvas, moment);
    const pixels = develop(canvas, { softness: SOFTNESS, noise: NOISE });
    return cutTiles(pixels.subarray(SCENE_TOP * WIDTH * 3), WIDTH, SCENE_HEIGHT);
  });
}

function cutTiles(pixels: Float32Array, width: number, height: number): readonly Float32Array[] {
  const tiles: Float32Array[] = [];
  for (let top = 0; top < height; top += TILE_HEIGHT) {
    for (let left = 0; left < width; left += TILE_WIDTH) {
      const tile = new Float32Array(TILE_WIDTH * TILE_HEIGHT * 3);
      for (let row = 0; row < TILE_HEIGHT; row += 1) {
        const from = ((top + row) * width + left) * 3;
        tile.set(pixels.subarray(from, from + TILE_WIDTH * 3), row * TILE_WIDTH * 3);
      }
      tiles.push(tile);
    }
  }
  return tiles;
}

/** All small letters, then four tiles for each large one, then the stripes, then the code's: the order that `harness/thumbnail/artwork.ts` counts on. */
function glyphTiles(): readonly Float32Array[] {
  const characters = Array.from(CHARACTERS);
  const small = characters.flatMap((letter) => letterTiles(letter, { size: 1, ink: LINE_INK }));
  const large = characters.flatMap((letter) => letterTiles(letter, { size: 2, ink: NAME_INK }));
  return [...small, ...large, ...STRIPES.map(flatTile), ...codeTiles()];
}

/** Two cells of the picture code above one another, a tile for each way to fill them: the upper cell counts two, the lower one. */
function codeTiles(): readonly Float32Array[] {
  const cells = TILE_WIDTH * (TILE_HEIGHT / 2);
  return [0, 1, 2, 3].map((filled) =>
    Float32Array.from({ length: cells * 2 * 3 }, (_, at) => {
      const isLight = at < cells * 3 ? filled >= 2 : filled % 2 === 1;
      return (isLight ? LINE_INK : PAPER)[at % 3] ?? 0;
    }),
  );
}

function letterTiles(
  letter: string,
  { size, ink }: { readonly size: number; readonly ink: Colour },
): readonly Float32Array[] {
  const inkAt = glyphInk(letter, { weight: size === 1 ? 1.25 : 1.2, pixel: 1 / size });
  const width = TILE_WIDTH * size;
  const height = TILE_HEIGHT * size;
  const pixels = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const share = inkAt((x + 0.5) / size, (y + 0.5) / size);
      pixels.set(mix(PAPER, ink, share), (y * width + x) * 3);
    }
  }
  return cutTiles(pixels, width, height);
}

function flatTile(colour: Colour): Float32Array {
  return Float32Array.from(
    { length: TILE_WIDTH * TILE_HEIGHT * 3 },
    (_, at) => colour[at % 3] ?? 0,
  );
}

function changesOf(
  base: readonly Uint8Array[],
  moment: readonly Uint8Array[],
): { readonly runs: string; readonly pieces: readonly Uint8Array[] } {
  const runs: [number, number][] = [];
  const pieces: Uint8Array[] = [];
  for (const [tile, piece] of moment.entries()) {
    if (Buffer.compare(piece, base[tile] ?? new Uint8Array(0)) === 0) continue;
    pieces.push(piece);
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === tile) last[1] += 1;
    else runs.push([tile, 1]);
  }
  return { runs: runs.map((run) => run.join('+')).join(' '), pieces };
}

function joined(pieces: readonly Uint8Array[]): string {
  return base64(pieces.flatMap((piece) => [piece, Uint8Array.of(0xff, 0xd0)]));
}

function base64(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('base64');
}
