import { car, dog, parcel, person, plant, shadow } from './actors.ts';
import {
  type Canvas,
  type Colour,
  ellipse,
  everywhere,
  fading,
  fill,
  glow,
  grain,
  hex,
  line,
  mix,
  polygon,
  rectangle,
  rounded,
} from './canvas.ts';
import { along, type Scene, STRIDES } from './scene.ts';

export const frontDoor: Scene = (canvas, moment) => {
  fill(canvas, everywhere(), (x, y) => bricks(x, y, hex('4a3038'), hex('2b2029')));
  fill(canvas, rectangle(0, 190, 384, 34), fading(hex('4b4a55'), hex('2a2a33'), 190, 224));
  fill(canvas, polygon([84, 190], [236, 190], [250, 204], [70, 204]), hex('65636c'));
  fill(canvas, rounded([100, 34, 120, 158], 6), hex('e3dccf'));
  fill(canvas, rounded([110, 44, 100, 148], 3), fading(hex('2f6b66'), hex('1b423f'), 44, 190));
  for (const [left, top, height] of [
    [120, 104, 78],
    [166, 104, 78],
  ] as const) {
    fill(canvas, rectangle(left, top, 34, height), hex('173a37'));
    fill(canvas, rectangle(left + 3, top + 3, 28, height - 6), hex('2a605b'));
  }
  fill(canvas, rounded([122, 54, 76, 40], 4), fading(hex('ffdf94'), hex('d98e3c'), 54, 94));
  fill(canvas, rectangle(158, 54, 3, 40), hex('1b423f'));
  fill(canvas, ellipse(199, 118, 4, 4), hex('f0c860'));
  fill(canvas, rounded([258, 60, 40, 26], 3), hex('1d1b22'));
  fill(canvas, line(3, [270, 66], [270, 80]), hex('e9d9b0'));
  fill(canvas, line(3, [279, 66], [286, 66], [280, 80]), hex('e9d9b0'));
  plant(canvas, { x: 62, y: 202, height: 78 }, { leaf: hex('3f7a45'), pot: hex('b5643c') });
  fill(canvas, line(4, [266, 30], [246, 30]), hex('15141a'));
  fill(canvas, polygon([238, 26], [254, 26], [259, 48], [233, 48]), hex('fff0b8'));
  glow(canvas, [246, 42], { radius: 150, colour: hex('ffcf7a'), strength: 0.7 });
  const x = along(352, -26, moment);
  person(
    canvas,
    { x, y: 214, height: 128, facing: -1 },
    {
      coat: hex('27334f'),
      trousers: hex('1b1d29'),
      skin: hex('c99072'),
      hair: hex('20161a'),
      step: STRIDES[moment] ?? 0,
    },
  );
  parcel(canvas, x - 34, 134, 32);
};

export const driveway: Scene = (canvas, moment) => {
  fill(canvas, rectangle(0, 0, 384, 110), fading(hex('34457a'), hex('f3a469'), 0, 108));
  glow(canvas, [300, 100], { radius: 120, colour: hex('ffe9a8'), strength: 0.8 });
  fill(
    canvas,
    polygon([0, 96], [70, 74], [150, 96], [230, 66], [320, 90], [384, 78], [384, 130], [0, 130]),
    hex('4b4f78'),
  );
  fill(canvas, rectangle(0, 112, 384, 112), fading(hex('56803f'), hex('35582a'), 112, 224));
  fill(
    canvas,
    polygon([150, 112], [262, 112], [384, 200], [384, 224], [40, 224]),
    fading(hex('8b8a92'), hex('66656d'), 112, 224),
  );
  house(canvas, 20, 30);
  fill(canvas, rectangle(296, 84, 9, 36), hex('4f3826'));
  for (const [x, y, radius] of [
    [300, 60, 28],
    [282, 76, 18],
    [320, 74, 20],
  ] as const) {
    fill(
      canvas,
      ellipse(x, y, radius, radius * 0.9),
      fading(hex('5d8a49'), hex('2f5733'), y - radius, y + radius),
    );
  }
  for (let x = 6; x < 150; x += 16) fill(canvas, rounded([x, 116, 9, 26], 3), hex('f2eee6'));
  fill(canvas, rectangle(0, 124, 152, 4), hex('e3ddd2'));
  car(
    canvas,
    { x: along(152, 44, moment), y: along(196, 4, moment), height: 66 },
    {
      paint: hex('b3262e'),
      lights: true,
    },
  );
};

export const garden: Scene = (canvas, moment) => {
  fill(canvas, rectangle(0, 0, 384, 120), fading(hex('58a5e4'), hex('cdeafa'), 0, 112));
  glow(canvas, [60, 34], { radius: 70, colour: hex('fffbe0'), strength: 0.95 });
  fill(canvas, ellipse(60, 34, 17, 17), hex('fff3a6'));
  cloud(canvas, 168, 34, 1);
  cloud(canvas, 306, 24, 0.8);
  for (let x = -8; x < 400; x += 52) {
    fill(
      canvas,
      ellipse(x, 108, 42, 30 + 6 * grain(x, 3)),
      fading(hex('4f9a4a'), hex('2c6634'), 76, 128),
    );
  }
  fill(canvas, rectangle(0, 116, 384, 108), fading(hex('8cc657'), hex('4b8f36'), 116, 224));
  for (let x = 6; x < 384; x += 31) {
    fill(canvas, rounded([x, 104, 22, 34], 4), fading(hex('f6efe0'), hex('c9c0ab'), 104, 138));
  }
  fill(canvas, rectangle(0, 114, 384, 6), hex('ded5c2'));
  fill(canvas, polygon([302, 168], [308, 96], [320, 96], [328, 168]), hex('75502f'));
  for (const [x, y, radius] of [
    [314, 62, 42],
    [282, 84, 27],
    [346, 84, 30],
  ] as const) {
    fill(
      canvas,
      ellipse(x, y, radius, radius * 0.88),
      fading(hex('6fb54f'), hex('357a35'), y - radius, y + radius),
    );
  }
  for (const [x, y] of [
    [290, 70],
    [314, 44],
    [334, 76],
    [350, 92],
    [302, 92],
  ] as const) {
    fill(canvas, ellipse(x, y, 4.5, 4.5), hex('e2483a'));
  }
  for (const [x, y, petal] of [
    [30, 166, 'f06292'],
    [48, 178, 'ffd54f'],
    [22, 188, 'ffffff'],
    [70, 168, 'ba68c8'],
  ] as const) {
    flower(canvas, x, y, hex(petal));
  }
  const x = along(110, 44, moment);
  fill(canvas, ellipse(x + 74, 196 - (moment === 1 ? 16 : 0), 8, 8), hex('e53935'));
  dog(
    canvas,
    { x, y: 204, height: 62 },
    { coat: hex('b5793f'), chest: hex('f3e3c8'), step: STRIDES[moment] ?? 0 },
  );
};

export const snowyYard: Scene = (canvas, moment) => {
  fill(canvas, everywhere(), fading(hex('0f1c3d'), hex('48608f'), 0, 140));
  for (let star = 0; star < 46; star += 1) {
    const x = 192 + 192 * grain(star, 7);
    const y = 50 + 50 * grain(star, 19);
    fill(canvas, ellipse(x, y, 1, 1), hex('dfe8ff'));
  }
  glow(canvas, [318, 38], { radius: 64, colour: hex('cfdcff'), strength: 0.7 });
  fill(canvas, ellipse(318, 38, 16, 16), hex('f4f2e4'));
  fill(canvas, ellipse(90, 176, 240, 50), hex('9fb4d8'));
  fill(canvas, ellipse(300, 196, 260, 58), hex('c2d1ea'));
  fill(canvas, rectangle(0, 176, 384, 48), fading(hex('d3dff2'), hex('a3b6d9'), 172, 224));
  for (const [x, y, size] of [
    [46, 168, 1.25],
    [104, 154, 0.85],
    [352, 160, 1.05],
  ] as const)
    fir(canvas, x, y, size);
  snowman(canvas, 262, 190);
  dog(
    canvas,
    { x: along(112, 34, moment), y: 206, height: 46 },
    {
      coat: hex('cf6a2c'),
      chest: hex('f6ead9'),
      step: STRIDES[moment] ?? 0,
    },
  );
  for (let flake = 0; flake < 60; flake += 1) {
    const x = 192 + 192 * grain(flake, 31);
    fill(canvas, ellipse(x, 100 + 100 * grain(flake, 47), 1.4, 1.4), hex('ffffff'), 0.8);
  }
};

function bricks(x: number, y: number, brick: Colour, mortar: Colour): Colour {
  const row = Math.floor(y / 12);
  const column = Math.floor((x + (row % 2) * 14) / 28);
  const inRow = y - row * 12;
  const inColumn = x + (row % 2) * 14 - column * 28;
  if (inRow < 1.5 || inColumn < 1.5) return mortar;
  return mix(brick, mortar, 0.25 + 0.22 * grain(column, row));
}

function house(canvas: Canvas, x: number, y: number): void {
  fill(canvas, rectangle(x, y + 34, 132, 56), fading(hex('f0dfc0'), hex('c9ab85'), y + 34, y + 90));
  fill(
    canvas,
    polygon([x - 10, y + 36], [x + 66, y - 4], [x + 142, y + 36]),
    fading(hex('8e4034'), hex('6a2d28'), y, y + 36),
  );
  for (const left of [14, 94]) {
    fill(canvas, rectangle(x + left, y + 46, 24, 22), hex('fdf6e3'));
    fill(canvas, rectangle(x + left + 2, y + 48, 20, 18), hex('ffd980'));
    fill(canvas, rectangle(x + left + 11, y + 48, 2, 18), hex('fdf6e3'));
  }
  fill(canvas, rounded([x + 54, y + 50, 24, 40], 3), hex('35597a'));
}

function cloud(canvas: Canvas, x: number, y: number, size: number): void {
  for (const [dx, dy, radius] of [
    [-22, 4, 14],
    [-4, -4, 18],
    [16, 0, 15],
    [30, 6, 10],
  ] as const) {
    fill(
      canvas,
      ellipse(x + dx * size, y + dy * size, radius * size * 1.2, radius * size * 0.8),
      hex('ffffff'),
      0.85,
    );
  }
}

function flower(canvas: Canvas, x: number, y: number, petal: Colour): void {
  fill(canvas, line(2, [x, y], [x, y + 16]), hex('2f6b2f'));
  for (let turn = 0; turn < 5; turn += 1) {
    const angle = (turn * 2 * Math.PI) / 5;
    fill(canvas, ellipse(x + 4.5 * Math.cos(angle), y + 4.5 * Math.sin(angle), 3.4, 3.4), petal);
  }
  fill(canvas, ellipse(x, y, 2.8, 2.8), hex('f9a825'));
}

function fir(canvas: Canvas, x: number, y: number, size: number): void {
  fill(canvas, rectangle(x - 4 * size, y - 6, 8 * size, 16 * size), hex('3d2b22'));
  for (const [up, half] of [
    [0, 32],
    [24, 26],
    [46, 19],
  ] as const) {
    const base = y - up * size;
    const tip = base - 44 * size;
    fill(
      canvas,
      polygon([x - half * size, base], [x, tip], [x + half * size, base]),
      fading(hex('2e5a4d'), hex('17352f'), tip, base),
    );
    fill(
      canvas,
      polygon(
        [x - half * size * 0.45, tip + 20 * size],
        [x, tip],
        [x + half * size * 0.45, tip + 20 * size],
        [x, tip + 15 * size],
      ),
      hex('e6eefb'),
    );
  }
}

function snowman(canvas: Canvas, x: number, y: number): void {
  shadow(canvas, x, y + 2, 34);
  for (const [up, radius] of [
    [18, 24],
    [50, 17],
    [76, 12],
  ] as const) {
    fill(
      canvas,
      ellipse(x, y - up, radius, radius),
      fading(hex('ffffff'), hex('b4c5e2'), y - up - radius, y - up + radius),
    );
  }
  for (const up of [44, 54]) fill(canvas, ellipse(x + 3, y - up, 2, 2), hex('24242c'));
  for (const dx of [0, 7]) fill(canvas, ellipse(x + dx, y - 79, 1.6, 1.8), hex('24242c'));
  fill(canvas, polygon([x + 4, y - 76], [x + 4, y - 72], [x + 19, y - 73]), hex('ee7b28'));
  fill(canvas, line(5, [x - 12, y - 63], [x + 12, y - 64], [x + 16, y - 48]), hex('c62f3a'));
  fill(canvas, rectangle(x - 14, y - 90, 28, 4), hex('24242c'));
  fill(canvas, rectangle(x - 9, y - 106, 18, 17), hex('24242c'));
  for (const side of [-1, 1])
    fill(canvas, line(2.4, [x + 15 * side, y - 54], [x + 36 * side, y - 68]), hex('4a3527'));
}
