/**
 * How well the code in the picture is read: `node bench/picture-code.ts [pictures]` prints, for each way to transcode, how many of that many
 * sampled pictures (300 unless given) are named rightly and wrongly, then the same for spoilt pictures, ten times as many, of which
 * none may be named wrongly, and what one reading costs. Ends with 1 when a figure is not good enough.
 */
import { crc32 } from 'node:zlib';
import type { Rng } from '../harness/model/world.ts';
import { seededRng } from '../harness/plan/rng.ts';
import { readCode } from '../harness/thumbnail/code-reading.ts';
import { renderThumbnail } from '../harness/thumbnail/picture.ts';
import { DATA_CELLS, readCells } from '../harness/thumbnail/picture-code.ts';
import { readPicture } from '../harness/thumbnail/reading.ts';
import {
  type Counts,
  readAfter,
  readSpoilt,
  spoils,
} from '../harness/thumbnail/test-code-trials.ts';
import {
  pixelsOf,
  sampleInput,
  type Transcoding,
  transcoded,
} from '../harness/thumbnail/test-transcoder.ts';

const KEY = 0x5eed;
const SHARE_MIN = 0.99;
const RANDOM_WORDS = 2_000_000;

const pictures = Number(process.argv[2] ?? 300);
const rng = seededRng(7);
const unevenCrop = (lot: Rng): Transcoding['crop'] => ({
  left: lot.unit() * 0.05,
  right: lot.unit() * 0.05,
  top: lot.unit() * 0.05,
  bottom: lot.unit() * 0.05,
});
const transcodings: Record<string, (lot: Rng) => Transcoding> = {
  'quality 90': () => ({ quality: 90 }),
  'quality 40': () => ({ quality: 40 }),
  'half size': () => ({ quality: 90, scale: 0.5 }),
  'crop of 5 % a side': () => ({ quality: 90, crop: 0.05 }),
  'crop, half size, quality 40': () => ({ quality: 40, scale: 0.5, crop: 0.05 }),
  'uneven crop up to 5 % a side, 0.5 to 1.5 times the size, quality 40 to 90': (lot) => ({
    quality: lot.integer(40, 90),
    scale: 0.5 + lot.unit(),
    crop: unevenCrop(lot) ?? 0,
  }),
};

for (const [name, transcodingOf] of Object.entries(transcodings)) {
  const counts = readAfter(rng.fork(name), { pictures, key: KEY }, transcodingOf);
  report(name, counts, counts.read / counts.pictures >= SHARE_MIN);
}
for (const [name, spoil] of Object.entries(spoils)) {
  report(name, readSpoilt(rng.fork(name), { pictures: pictures * 10, key: KEY }, spoil), true);
}
randomWords();
cost();

function report(name: string, { pictures: all, read, wrong }: Counts, isEnough: boolean): void {
  if (!isEnough || wrong > 0) process.exitCode = 1;
  const share = ((100 * read) / all).toFixed(1);
  console.log(`${name}: ${read} of ${all} read (${share} %), ${wrong} read wrong`);
}

/** Cells drawn by lot, without pictures around them: so many that a checksum of 16 bits would let some thirty pass. */
function randomWords(): void {
  const lot = rng.fork('random words');
  let wrong = 0;
  const levels = new Float64Array(DATA_CELLS);
  for (let word = 0; word < RANDOM_WORDS; word += 1) {
    for (let cell = 0; cell < DATA_CELLS; cell += 1) levels[cell] = lot.unit() - 0.5;
    if (readCells(levels, KEY) !== null) wrong += 1;
  }
  report('random words', { pictures: RANDOM_WORDS, read: 0, wrong }, true);
}

/** Mean milliseconds of processor time of a call. */
function milliseconds(calls: number, call: () => unknown): string {
  for (let index = 0; index < calls; index += 1) call();
  const started = process.cpuUsage();
  for (let index = 0; index < calls; index += 1) call();
  const { user, system } = process.cpuUsage(started);
  return ((user + system) / 1_000 / calls).toFixed(2);
}

function cost(): void {
  const picture = renderThumbnail(sampleInput(rng.fork('cost'), KEY));
  const recoded = transcoded(picture, { quality: 40 });
  const pixels = pixelsOf(recoded);
  const decode = milliseconds(200, () => pixelsOf(recoded));
  const find = milliseconds(200, () => readCode(pixels, KEY));
  const fast = milliseconds(2_000, () => readPicture(picture, { key: KEY, crc32 }));
  console.log(
    `cost: decoding ${decode} ms, finding and reading the code ${find} ms; with a segment ${fast} ms in all`,
  );
}
