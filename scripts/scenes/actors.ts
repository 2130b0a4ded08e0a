import {
  type Canvas,
  type Colour,
  ellipse,
  fading,
  fill,
  glow,
  hex,
  line,
  mix,
  polygon,
  rectangle,
  rounded,
} from './canvas.ts';

/** Where somebody stands (the middle of the feet), how tall, and which way they look: 1 to the right, -1 to the left. */
export interface Stand {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly facing?: 1 | -1;
}

/** A person; `step` from -1 to 1 is how far the legs are apart. */
export function person(
  canvas: Canvas,
  { x, y, height, facing = 1 }: Stand,
  look: { coat: Colour; trousers: Colour; skin: Colour; hair: Colour; step: number },
): void {
  const unit = height / 100;
  const at = (dx: number, dy: number): readonly [number, number] => [
    x + dx * unit * facing,
    y - dy * unit,
  ];
  const stride = 9 * look.step;
  shadow(canvas, x, y, 20 * unit);
  fill(canvas, line(9 * unit, at(-3, 48), at(-3 - stride, 3)), look.trousers);
  fill(canvas, line(9 * unit, at(3, 48), at(3 + stride, 3)), look.trousers);
  fill(canvas, line(5 * unit, at(-4 - stride, 2), at(1 - stride, 2)), hex('1d1b20'));
  fill(canvas, line(5 * unit, at(3 + stride, 2), at(8 + stride, 2)), hex('1d1b20'));
  const coat = fading(
    mix(look.coat, [255, 255, 255], 0.15),
    look.coat,
    y - 80 * unit,
    y - 42 * unit,
  );
  fill(canvas, line(7 * unit, at(-10, 74), at(-13 + stride * 0.7, 50)), look.coat);
  fill(canvas, line(18 * unit, at(0, 72), at(0, 52)), coat);
  fill(
    canvas,
    line(7 * unit, at(9, 74), at(14 - stride * 0.7, 51)),
    mix(look.coat, [0, 0, 0], 0.15),
  );
  fill(canvas, line(6 * unit, at(0, 80), at(0, 85)), look.skin);
  const [headX, headY] = at(1, 91);
  fill(canvas, ellipse(headX, headY, 7.5 * unit, 9 * unit), look.skin);
  const [hairX, hairY] = at(-1, 95);
  fill(canvas, ellipse(hairX, hairY, 8 * unit, 6 * unit), look.hair);
}

/** A parcel as somebody carries it. */
export function parcel(canvas: Canvas, x: number, y: number, size: number): void {
  fill(
    canvas,
    rectangle(x, y, size, size * 0.75),
    fading(hex('c99a63'), hex('9c6f3f'), y, y + size),
  );
  fill(canvas, rectangle(x + size * 0.42, y, size * 0.16, size * 0.75), hex('e6cf9f'));
}

export function cat(
  canvas: Canvas,
  { x, y, height, facing = 1 }: Stand,
  look: { fur: Colour; tail: number },
): void {
  const unit = height / 40;
  const at = (dx: number, dy: number): readonly [number, number] => [
    x + dx * unit * facing,
    y - dy * unit,
  ];
  const dark = mix(look.fur, [0, 0, 0], 0.25);
  shadow(canvas, x, y, 22 * unit);
  fill(canvas, line(4 * unit, at(-14, 8), at(-24, 12), at(-26, 20 + 8 * look.tail)), dark);
  fill(canvas, line(17 * unit, at(-9, 10), at(-2, 12)), look.fur);
  fill(canvas, line(14 * unit, at(0, 12), at(7, 20)), look.fur);
  fill(canvas, line(5 * unit, at(6, 14), at(8, 2)), look.fur);
  fill(canvas, line(5 * unit, at(1, 10), at(2, 2)), dark);
  const [headX, headY] = at(11, 28);
  fill(canvas, polygon(at(4, 30), at(5, 40), at(11, 34)), look.fur);
  fill(canvas, polygon(at(12, 34), at(18, 40), at(18, 29)), look.fur);
  fill(canvas, ellipse(headX, headY, 8.5 * unit, 7.5 * unit), look.fur);
  for (const dx of [9, 15]) {
    const [eyeX, eyeY] = at(dx, 29);
    fill(canvas, ellipse(eyeX, eyeY, 1.4 * unit, 1.8 * unit), hex('e8f58a'));
    fill(canvas, ellipse(eyeX, eyeY, 0.6 * unit, 1.6 * unit), hex('16210a'));
  }
}

/** A dog, or with a long tail and another coat a fox. */
export function dog(
  canvas: Canvas,
  { x, y, height, facing = 1 }: Stand,
  look: { coat: Colour; chest: Colour; step: number },
): void {
  const unit = height / 40;
  const at = (dx: number, dy: number): readonly [number, number] => [
    x + dx * unit * facing,
    y - dy * unit,
  ];
  const dark = mix(look.coat, [0, 0, 0], 0.2);
  shadow(canvas, x, y, 26 * unit);
  const swing = 5 * look.step;
  fill(canvas, line(5 * unit, at(-16, 22), at(-27, 26), at(-32, 34)), dark);
  for (const [dx, turn] of [
    [-13, -swing],
    [11, swing],
  ] as const) {
    fill(canvas, line(4.5 * unit, at(dx, 16), at(dx + turn, 2)), dark);
    fill(canvas, line(4.5 * unit, at(dx + 3, 16), at(dx + 3 - turn, 2)), look.coat);
  }
  fill(canvas, line(14 * unit, at(-12, 20), at(11, 21)), look.coat);
  fill(canvas, line(9 * unit, at(12, 22), at(18, 31)), look.coat);
  fill(canvas, ellipse(...at(15, 21), 5 * unit, 6 * unit), look.chest);
  fill(canvas, ellipse(...at(20, 33), 7 * unit, 6 * unit), look.coat);
  fill(canvas, line(5 * unit, at(22, 31), at(29, 30)), look.chest);
  fill(canvas, ellipse(...at(30.5, 31), 1.8 * unit, 1.6 * unit), hex('16130f'));
  fill(canvas, polygon(at(14, 36), at(15, 45), at(20, 38)), dark);
  fill(canvas, ellipse(...at(22, 35), 1.1 * unit, 1.3 * unit), hex('16130f'));
}

/** A car from the side, its front to the right; `x` and `y` are the middle of its ground line. */
export function car(
  canvas: Canvas,
  { x, y, height: size }: Stand,
  look: { paint: Colour; lights: boolean },
): void {
  const unit = size / 50;
  const at = (dx: number, dy: number): readonly [number, number] => [x + dx * unit, y - dy * unit];
  shadow(canvas, x, y, 74 * unit);
  const body = fading(
    mix(look.paint, [255, 255, 255], 0.35),
    look.paint,
    y - 50 * unit,
    y - 12 * unit,
  );
  fill(
    canvas,
    polygon(
      at(-44, 30),
      at(-30, 49),
      at(12, 49),
      at(34, 30),
      at(60, 26),
      at(66, 20),
      at(66, 9),
      at(-66, 9),
      at(-66, 28),
    ),
    body,
  );
  const glass = fading(hex('dcecf4'), hex('5d7a8c'), y - 48 * unit, y - 28 * unit);
  fill(canvas, polygon(at(-36, 31), at(-26, 45), at(-8, 45), at(-8, 31)), glass);
  fill(canvas, polygon(at(-4, 31), at(-4, 45), at(10, 45), at(25, 31)), glass);
  fill(
    canvas,
    rectangle(x - 66 * unit, y - 13 * unit, 132 * unit, 4 * unit),
    mix(look.paint, [0, 0, 0], 0.55),
  );
  fill(canvas, line(1.6 * unit, at(2, 25), at(9, 25)), mix(look.paint, [0, 0, 0], 0.5));
  for (const dx of [-40, 40]) {
    fill(canvas, ellipse(x + dx * unit, y - 10 * unit, 13 * unit, 13 * unit), hex('15161a'));
    fill(canvas, ellipse(x + dx * unit, y - 10 * unit, 7 * unit, 7 * unit), hex('b9c0c6'));
    fill(canvas, ellipse(x + dx * unit, y - 10 * unit, 2.5 * unit, 2.5 * unit), hex('5a6068'));
  }
  fill(canvas, ellipse(x + 62 * unit, y - 22 * unit, 4 * unit, 3.4 * unit), hex('fff6d2'));
  fill(
    canvas,
    rounded([x - 67 * unit, y - 26 * unit, 5 * unit, 7 * unit], 2 * unit),
    hex('d8342c'),
  );
  if (!look.lights) return;
  glow(canvas, at(66, 22), { radius: 60 * unit, colour: hex('fff2c0'), strength: 0.85 });
}

/** The dark that anything leaves on the ground below it. */
export function shadow(canvas: Canvas, x: number, y: number, reach: number): void {
  fill(canvas, ellipse(x, y, reach, reach * 0.22), hex('000000'), (px, py) => {
    const away = Math.hypot((px - x) / reach, (py - y) / (reach * 0.22));
    return 0.4 * (1 - away);
  });
}

/** A potted plant; `x` and `y` are the middle of the pot's foot. */
export function plant(
  canvas: Canvas,
  { x, y, height }: Stand,
  look: { leaf: Colour; pot: Colour },
): void {
  shadow(canvas, x, y, height * 0.35);
  for (const [index, lean] of [-28, -18, -8, 3, 13, 22, 30].entries()) {
    const tip = [x + (lean * height) / 60, y - height * (index % 2 === 0 ? 0.85 : 1)] as const;
    const shade = mix(look.leaf, index % 2 === 0 ? [0, 0, 0] : [255, 255, 200], 0.18);
    fill(
      canvas,
      line(height * 0.09, [x, y - height * 0.3], [(x + tip[0]) / 2, y - height * 0.62], tip),
      shade,
    );
  }
  const rim = height * 0.2;
  fill(
    canvas,
    polygon(
      [x - rim, y - height * 0.38],
      [x + rim, y - height * 0.38],
      [x + rim * 0.7, y],
      [x - rim * 0.7, y],
    ),
    fading(
      mix(look.pot, [255, 255, 255], 0.15),
      mix(look.pot, [0, 0, 0], 0.25),
      y - height * 0.38,
      y,
    ),
  );
}
