import { shadow } from './actors.ts';
import {
  type Canvas,
  type Colour,
  ellipse,
  everywhere,
  fading,
  fill,
  hex,
  line,
  mix,
  polygon,
  rectangle,
  rounded,
} from './canvas.ts';

export function room(
  canvas: Canvas,
  look: { wall: readonly [string, string]; floor: readonly [string, string]; from: number },
): void {
  const [wallTop, wallFoot] = look.wall;
  const [floorFar, floorNear] = look.floor;
  fill(canvas, everywhere(), fading(hex(wallTop), hex(wallFoot), 0, look.from));
  fill(
    canvas,
    rectangle(0, look.from, 384, 224 - look.from),
    fading(hex(floorFar), hex(floorNear), look.from, 224),
  );
  fill(canvas, rectangle(0, look.from - 5, 384, 6), mix(hex(wallFoot), [255, 255, 255], 0.5));
}

export function picture(
  canvas: Canvas,
  [x, y, width, height]: readonly [number, number, number, number],
  sky: Colour,
): void {
  fill(canvas, rectangle(x - 4, y - 4, width + 8, height + 8), hex('6b4a2f'));
  fill(canvas, rectangle(x, y, width, height), fading(sky, hex('f2d9b0'), y, y + height));
  fill(
    canvas,
    polygon([x, y + height], [x + width * 0.35, y + height * 0.35], [x + width * 0.7, y + height]),
    hex('4c5d57'),
  );
  fill(
    canvas,
    polygon(
      [x + width * 0.4, y + height],
      [x + width * 0.72, y + height * 0.5],
      [x + width, y + height],
    ),
    hex('6f8272'),
  );
}

export function sofa(canvas: Canvas): void {
  shadow(canvas, 230, 190, 100);
  fill(canvas, rounded([150, 108, 156, 62], 14), fading(hex('5f86ad'), hex('3f638a'), 108, 170));
  for (const left of [164, 230])
    fill(canvas, rounded([left, 140, 62, 28], 9), fading(hex('789fc4'), hex('547ba3'), 140, 168));
  fill(canvas, rounded([150, 164, 156, 22], 8), fading(hex('4f769e'), hex('34557a'), 164, 186));
  for (const left of [140, 290])
    fill(canvas, rounded([left, 130, 28, 58], 12), fading(hex('6a92ba'), hex('3c6087'), 130, 188));
  fill(canvas, rounded([176, 122, 32, 30], 6), hex('e9b44c'));
}

export function mobile(canvas: Canvas, x: number, turn: number): void {
  fill(canvas, line(2, [x, 0], [x, 34]), hex('c9d7cc'));
  fill(canvas, line(3, [x - 56, 34 + 12 * turn], [x + 56, 34 - 12 * turn]), hex('dfe9df'));
  for (const side of [-1, -0.35, 0.35, 1]) {
    const hangX = x + 54 * side;
    const hangY = 34 - 12 * turn * side;
    fill(canvas, line(1.2, [hangX, hangY], [hangX, hangY + 22]), hex('c9d7cc'));
    fill(canvas, ellipse(hangX, hangY + 28, 8, 8), hex('eaf3ea'));
    if (Math.abs(side) === 1) fill(canvas, ellipse(hangX + 4, hangY + 26, 7, 7), hex('6d867d'));
  }
}

export function teddy(canvas: Canvas, x: number, y: number): void {
  shadow(canvas, x, y, 30);
  const fur = hex('a8bdb0');
  for (const side of [-1, 1]) {
    fill(canvas, ellipse(x + 12 * side, y - 62, 7, 7), fur);
    fill(canvas, ellipse(x + 20 * side, y - 28, 7, 12), fur);
    fill(canvas, ellipse(x + 14 * side, y - 5, 11, 8), mix(fur, [255, 255, 255], 0.15));
  }
  fill(canvas, ellipse(x, y - 22, 20, 22), fur);
  fill(canvas, ellipse(x, y - 50, 17, 15), mix(fur, [255, 255, 255], 0.1));
  fill(canvas, ellipse(x, y - 45, 7, 5.5), hex('dce8dd'));
  fill(canvas, ellipse(x, y - 47, 2.4, 1.8), hex('26332e'));
  for (const side of [-1, 1])
    fill(canvas, ellipse(x + 6.5 * side, y - 54, 1.9, 2.2), hex('26332e'));
}

export function bicycle(canvas: Canvas, x: number, y: number): void {
  shadow(canvas, x, y + 2, 56);
  for (const dx of [-30, 30]) {
    const inner = ellipse(x + dx, y - 20, 17, 17);
    const outer = ellipse(x + dx, y - 20, 20.5, 20.5);
    fill(
      canvas,
      { ...outer, contains: (px, py) => outer.contains(px, py) && !inner.contains(px, py) },
      hex('1f2126'),
    );
    for (const angle of [0.3, 1.35, 2.4]) {
      const [across, up] = [17 * Math.cos(angle), 17 * Math.sin(angle)];
      fill(
        canvas,
        line(1, [x + dx - across, y - 20 - up], [x + dx + across, y - 20 + up]),
        hex('c4c8cd'),
      );
    }
  }
  const frame = hex('d64545');
  fill(
    canvas,
    line(
      3.6,
      [x - 30, y - 20],
      [x - 12, y - 46],
      [x + 20, y - 46],
      [x - 2, y - 20],
      [x - 30, y - 20],
    ),
    frame,
  );
  fill(canvas, line(3.6, [x - 2, y - 20], [x - 14, y - 52]), frame);
  fill(canvas, line(3.6, [x + 30, y - 20], [x + 18, y - 56]), frame);
  fill(canvas, line(4, [x - 22, y - 53], [x - 7, y - 53]), hex('2a2320'));
  fill(canvas, line(3, [x + 12, y - 60], [x + 22, y - 57], [x + 28, y - 62]), hex('2a2320'));
}

export function till(canvas: Canvas): void {
  fill(
    canvas,
    polygon([282, 112], [340, 112], [350, 148], [272, 148]),
    fading(hex('7b828c'), hex('464c55'), 112, 148),
  );
  fill(canvas, rounded([290, 92, 44, 20], 3), hex('363b43'));
  fill(canvas, rectangle(294, 96, 36, 12), fading(hex('c7f0c4'), hex('8fd08b'), 96, 108));
  for (let key = 0; key < 12; key += 1) {
    fill(
      canvas,
      rounded([288 + (key % 4) * 12, 118 + Math.floor(key / 4) * 9, 9, 6], 1.5),
      hex('e8eaec'),
    );
  }
}

export function kettle(canvas: Canvas, x: number, y: number, moment: number): void {
  fill(
    canvas,
    polygon([x - 16, y], [x + 16, y], [x + 11, y - 26], [x - 11, y - 26]),
    fading(hex('e9ecef'), hex('9aa1a9'), y - 26, y),
  );
  fill(canvas, line(4, [x + 12, y - 10], [x + 24, y - 22]), hex('aab1b8'));
  fill(
    canvas,
    line(3, [x - 10, y - 27], [x - 6, y - 38], [x + 6, y - 38], [x + 10, y - 27]),
    hex('2e3238'),
  );
  for (let puff = 0; puff < 3; puff += 1) {
    const sway = 4 * Math.sin(puff * 2 + moment * 2);
    fill(canvas, ellipse(x + 28 + sway, y - 30 - puff * 11, 5 + puff, 6), hex('ffffff'), 0.5);
  }
}
