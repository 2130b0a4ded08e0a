import { cat, person, plant, shadow } from './actors.ts';
import {
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
  within,
} from './canvas.ts';
import { bicycle, kettle, mobile, picture, room, sofa, teddy, till } from './furniture.ts';
import { along, type Scene, STRIDES } from './scene.ts';

export const livingRoom: Scene = (canvas, moment) => {
  room(canvas, { wall: ['d8c9b0', 'efe3cd'], floor: ['a9794d', '7c5232'], from: 158 });
  fill(canvas, rounded([24, 20, 92, 84], 3), hex('fbf8f2'));
  fill(canvas, rectangle(30, 26, 80, 72), fading(hex('8cc4ee'), hex('dff1fb'), 26, 98));
  const outside = rectangle(30, 26, 80, 72);
  fill(canvas, within(outside, ellipse(56, 100, 34, 26)), hex('7fae6b'));
  fill(canvas, within(outside, ellipse(98, 104, 30, 24)), hex('5e9558'));
  fill(canvas, rectangle(30, 98, 80, 10), hex('fbf8f2'));
  fill(canvas, rectangle(68, 26, 4, 72), hex('fbf8f2'));
  for (const left of [12, 106]) {
    fill(canvas, rectangle(left, 14, 22, 104), (x) =>
      mix(hex('b8483f'), hex('8c2f30'), 0.5 + 0.5 * Math.sin(x * 0.9)),
    );
  }
  picture(canvas, [176, 24, 58, 44], hex('3d6e8c'));
  fill(canvas, ellipse(196, 198, 150, 20), hex('b9c9c4'));
  fill(canvas, ellipse(196, 198, 134, 16), hex('6f9690'));
  sofa(canvas);
  fill(canvas, line(4, [340, 196], [340, 96]), hex('4b4038'));
  fill(canvas, ellipse(340, 197, 18, 4), hex('4b4038'));
  fill(canvas, polygon([322, 98], [358, 98], [350, 66], [330, 66]), hex('fff0c4'));
  glow(canvas, [340, 88], { radius: 96, colour: hex('ffe3a0'), strength: 0.6 });
  cat(
    canvas,
    { x: along(118, 62, moment), y: 208, height: 52 },
    { fur: hex('4d4a52'), tail: moment - 1 },
  );
};

export const hallway: Scene = (canvas, moment) => {
  fill(canvas, everywhere(), hex('d6ccbc'));
  fill(
    canvas,
    polygon([0, 0], [384, 0], [250, 48], [134, 48]),
    fading(hex('f4efe6'), hex('d9d0c2'), 0, 48),
  );
  fill(canvas, polygon([0, 0], [134, 48], [134, 152], [0, 224]), (x) =>
    mix(hex('c3b59f'), hex('a89a85'), x / 134),
  );
  fill(canvas, polygon([384, 0], [250, 48], [250, 152], [384, 224]), (x) =>
    mix(hex('a89a85'), hex('cbbda7'), (x - 250) / 134),
  );
  fill(canvas, polygon([134, 152], [250, 152], [384, 224], [0, 224]), (_x, y) =>
    mix(hex('8a6a4b'), hex('a9825a'), (y - 152) / 72),
  );
  fill(
    canvas,
    polygon([166, 152], [218, 152], [284, 224], [100, 224]),
    fading(hex('7f2f3a'), hex('a5434d'), 152, 224),
  );
  fill(canvas, rectangle(164, 74, 56, 78), hex('f3ede2'));
  fill(canvas, rectangle(169, 79, 46, 73), fading(hex('7e9db0'), hex('55707f'), 79, 152));
  fill(canvas, rectangle(177, 86, 30, 28), fading(hex('fff6d8'), hex('ffe2a0'), 86, 114));
  fill(canvas, polygon([28, 66], [84, 70], [84, 182], [28, 210]), hex('f3ede2'));
  fill(
    canvas,
    polygon([34, 72], [79, 75], [79, 182], [34, 206]),
    fading(hex('b08c63'), hex('8a6742'), 70, 206),
  );
  fill(canvas, ellipse(72, 132, 3, 3.6), hex('f0cf7a'));
  fill(canvas, line(5, [282, 72], [352, 58]), hex('5b412b'));
  for (const [x, colour] of [
    [292, '3e5c76'],
    [314, 'c1883c'],
    [338, '7b3b4b'],
  ] as const) {
    fill(
      canvas,
      line(13, [x, 78], [x - 2, 122]),
      fading(mix(hex(colour), [255, 255, 255], 0.2), hex(colour), 72, 126),
    );
  }
  glow(canvas, [192, 30], { radius: 130, colour: hex('fff4cc'), strength: 0.7 });
  fill(canvas, ellipse(192, 28, 16, 7), hex('fffbea'));
  const size = [78, 104, 134] as const;
  person(
    canvas,
    { x: along(186, 8, moment), y: along(164, 20, moment), height: size[moment] ?? 78 },
    {
      coat: hex('d98f3a'),
      trousers: hex('3a4a63'),
      skin: hex('e0aa84'),
      hair: hex('5b3420'),
      step: STRIDES[moment] ?? 0,
    },
  );
};

/** By night, as the infrared light of a camera shows it. */
export const nursery: Scene = (canvas, moment) => {
  room(canvas, { wall: ['56706a', '7d968d'], floor: ['4c625c', '34463f'], from: 166 });
  for (let spot = 0; spot < 40; spot += 1) {
    const x = (spot % 10) * 42 + (Math.floor(spot / 10) % 2) * 21;
    fill(canvas, ellipse(x, 14 + Math.floor(spot / 10) * 38, 3, 3), hex('93aca2'));
  }
  fill(canvas, rounded([256, 22, 92, 76], 3), hex('a9bfb5'));
  fill(canvas, rectangle(262, 28, 80, 64), fading(hex('1c2b2b'), hex('3a5250'), 28, 92));
  fill(canvas, ellipse(318, 50, 12, 12), hex('dcece0'));
  fill(canvas, ellipse(312, 47, 11, 11), hex('22322f'));
  for (const [x, y] of [
    [276, 42],
    [290, 72],
    [334, 78],
    [272, 82],
  ] as const)
    fill(canvas, ellipse(x, y, 1.4, 1.4), hex('dcece0'));
  shadow(canvas, 150, 206, 118);
  fill(canvas, rounded([62, 146, 176, 36], 5), fading(hex('cfded4'), hex('98aea3'), 146, 182));
  fill(canvas, ellipse(100, 146, 15, 12), hex('dbe8dd'));
  fill(canvas, ellipse(96, 144, 11, 10), hex('b5c6ba'));
  fill(
    canvas,
    polygon([114, 148], [150, 136], [226, 142], [232, 160], [112, 162]),
    fading(hex('e4efe6'), hex('a3b8ac'), 134, 162),
  );
  for (let x = 60; x <= 240; x += 18) fill(canvas, line(4, [x, 118], [x, 196]), hex('e2ece2'));
  fill(canvas, line(7, [56, 116], [244, 116]), hex('eef5ec'));
  fill(canvas, line(7, [56, 194], [244, 194]), hex('c9d7cc'));
  for (const x of [58, 242]) fill(canvas, line(7, [x, 106], [x, 206]), hex('d9e5da'));
  mobile(canvas, 150, along(-0.5, 0.5, moment));
  plant(canvas, { x: 352, y: 212, height: 84 }, { leaf: hex('6f8d7f'), pot: hex('93a79b') });
  teddy(canvas, 292, 202);
};

export const garage: Scene = (canvas, moment) => {
  room(canvas, { wall: ['8d929b', 'a9aeb6'], floor: ['74767b', '54565b'], from: 168 });
  fill(canvas, rectangle(118, 24, 156, 146), hex('6e737c'));
  for (let y = 28; y < 166; y += 20) {
    fill(canvas, rectangle(122, y, 148, 17), fading(hex('e6e8ea'), hex('bcc1c7'), y, y + 17));
  }
  for (const [y, goods] of [
    [62, 0],
    [104, 3],
    [146, 6],
  ] as const) {
    for (let box = 0; box < 4; box += 1) {
      const height = 16 + 8 * Math.abs(grain(box + goods, 5));
      const colour = BOXES[(box + goods) % BOXES.length] ?? 'c49a6c';
      fill(
        canvas,
        rectangle(10 + box * 25, y - height, 21, height),
        fading(mix(hex(colour), [255, 255, 255], 0.2), hex(colour), y - height, y),
      );
    }
    fill(canvas, rectangle(4, y, 104, 5), hex('5b4634'));
  }
  fill(canvas, rectangle(6, 40, 4, 140), hex('4a3828'));
  fill(canvas, rectangle(104, 40, 4, 140), hex('4a3828'));
  for (const [x, length] of [
    [300, 34],
    [318, 44],
    [336, 30],
    [354, 40],
  ] as const) {
    fill(canvas, line(3, [x, 40], [x, 40 + length]), hex('6b4a2c'));
    fill(canvas, rounded([x - 6, 34 + length, 12, 12], 3), hex('4a4f58'));
  }
  fill(canvas, rectangle(288, 36, 80, 4), hex('5b4634'));
  bicycle(canvas, 326, 196);
  glow(canvas, [196, 0], { radius: 170, colour: hex('f4f6ff'), strength: 0.5 });
  person(
    canvas,
    { x: along(146, 36, moment), y: 210, height: 118 },
    {
      coat: hex('3f7d5a'),
      trousers: hex('2d3e5c'),
      skin: hex('8d5a3c'),
      hair: hex('1c1512'),
      step: STRIDES[moment] ?? 0,
    },
  );
};

const BOXES = ['c49a6c', '4f7ea8', 'b8443c', '7a9a4a', 'd8b23e', '7c5a8c', 'c9743a'] as const;

export const shop: Scene = (canvas, moment) => {
  fill(canvas, everywhere(), fading(hex('f1e2c6'), hex('d9c19a'), 0, 170));
  for (const y of [50, 92]) {
    for (let place = 0; place < 14; place += 1) {
      const colour = BOXES[(place * 3 + y) % BOXES.length] ?? 'c49a6c';
      const height = 20 + 6 * grain(place, y);
      const x = 16 + place * 26;
      if (place % 3 === 0) {
        fill(
          canvas,
          rounded([x + 3, y - height - 4, 11, height + 4], 4),
          fading(mix(hex(colour), [255, 255, 255], 0.4), hex(colour), y - 30, y),
        );
      } else {
        fill(
          canvas,
          rectangle(x, y - height, 19, height),
          fading(mix(hex(colour), [255, 255, 255], 0.25), hex(colour), y - 26, y),
        );
      }
    }
    fill(canvas, rectangle(8, y, 368, 5), hex('7d5635'));
  }
  for (const x of [92, 192, 292]) {
    fill(canvas, line(2, [x, 0], [x, 12]), hex('3a3230'));
    fill(canvas, polygon([x - 13, 22], [x + 13, 22], [x + 6, 11], [x - 6, 11]), hex('2f4f4b'));
    glow(canvas, [x, 24], { radius: 58, colour: hex('fff0b4'), strength: 0.55 });
  }
  person(
    canvas,
    { x: along(120, 34, moment), y: 222, height: 146, facing: moment === 2 ? -1 : 1 },
    {
      coat: hex('8c3346'),
      trousers: hex('2b2b33'),
      skin: hex('d9a27c'),
      hair: hex('7a4a22'),
      step: 0.2,
    },
  );
  fill(canvas, rectangle(0, 152, 384, 72), fading(hex('9b6a3f'), hex('6d4526'), 152, 224));
  fill(canvas, rectangle(0, 148, 384, 9), fading(hex('d7ae78'), hex('b58650'), 148, 157));
  for (let x = 14; x < 384; x += 62)
    fill(canvas, rounded([x, 168, 48, 46], 3), fading(hex('86592f'), hex('7a4f2c'), 168, 214));
  till(canvas);
  fill(canvas, rounded([24, 124, 50, 26], 3), hex('cfe4ea'), 0.75);
  for (const [x, y] of [
    [34, 142],
    [48, 143],
    [62, 141],
    [41, 134],
    [55, 134],
  ] as const)
    fill(canvas, ellipse(x, y, 7, 5), hex('cf9248'));
};

export const kitchen: Scene = (canvas, moment) => {
  room(canvas, { wall: ['cfe0dc', 'e6efe9'], floor: ['c9c2b6', 'a39b8e'], from: 196 });
  for (const [left, width] of [
    [6, 54],
    [64, 54],
    [266, 54],
    [324, 54],
  ] as const) {
    fill(canvas, rounded([left, 10, width, 68], 3), fading(hex('3f6f78'), hex('2d535b'), 10, 78));
    fill(canvas, rounded([left + 6, 16, width - 12, 56], 2), hex('4a808a'));
    fill(canvas, line(2.4, [left + width - 11, 56], [left + width - 11, 66]), hex('e4d6ae'));
  }
  fill(canvas, rounded([136, 14, 112, 84], 3), hex('fdfdfb'));
  fill(canvas, rectangle(142, 20, 100, 72), fading(hex('ffd9a0'), hex('fbeecb'), 20, 92));
  fill(canvas, ellipse(216, 44, 12, 12), hex('fffbe4'));
  fill(canvas, within(rectangle(142, 20, 100, 72), ellipse(166, 96, 46, 26)), hex('8fb37a'));
  fill(canvas, rectangle(142, 92, 100, 8), hex('fdfdfb'));
  fill(canvas, rectangle(190, 20, 4, 72), hex('fdfdfb'));
  for (let x = 0; x < 384; x += 16) {
    for (const y of [100, 116])
      fill(
        canvas,
        rectangle(x + 1, y + 1, 14, 14),
        mix(hex('f7f5ee'), hex('d5e4df'), 0.5 + 0.5 * grain(x, y)),
      );
  }
  fill(canvas, rectangle(0, 132, 384, 7), fading(hex('5a4a40'), hex('3d312a'), 132, 139));
  for (let x = 2; x < 384; x += 64) {
    fill(canvas, rounded([x, 142, 60, 54], 3), fading(hex('f4f1e9'), hex('d6d1c5'), 142, 196));
    fill(canvas, line(2.4, [x + 22, 149], [x + 38, 149]), hex('8d8577'));
  }
  fill(canvas, rounded([262, 142, 62, 54], 3), hex('3b3f45'));
  fill(canvas, rounded([270, 154, 46, 34], 3), fading(hex('7a4a24'), hex('2a1e18'), 154, 188));
  kettle(canvas, 292, 132, moment);
  for (const [x, colour] of [
    [36, 'd8443c'],
    [50, 'e0a032'],
    [44, '7fae3c'],
  ] as const)
    fill(canvas, ellipse(x, colour === '7fae3c' ? 116 : 123, 7, 7), hex(colour));
  fill(canvas, polygon([20, 124], [66, 124], [58, 133], [28, 133]), hex('5f86a8'));
  plant(canvas, { x: 226, y: 92, height: 34 }, { leaf: hex('3f8a4b'), pot: hex('b5643c') });
  cat(
    canvas,
    { x: along(74, 44, moment), y: 214, height: 46 },
    { fur: hex('d98a3d'), tail: 1 - moment },
  );
};
