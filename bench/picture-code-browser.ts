/**
 * The code in the picture after another program has encoded it: `node bench/picture-code-browser.ts /usr/bin/chromium [pictures]` lets Chromium
 * crop, scale and encode that many sampled pictures (300 unless given) a line, and prints how many are named rightly and wrongly.
 * Its encoder halves the colours and its scaler is not ours. Ends with 1 when fewer than 99 % are read or one is read wrong.
 */
import { chromium, type Page } from 'playwright-core';
import { seededRng } from '../harness/plan/rng.ts';
import { readCode } from '../harness/thumbnail/code-reading.ts';
import { renderThumbnail } from '../harness/thumbnail/picture.ts';
import { tagOf } from '../harness/thumbnail/picture-code.ts';
import { pixelsOf, sampleInput, type Transcoding } from '../harness/thumbnail/test-transcoder.ts';

const KEY = 0x5eed;
const SHARE_MIN = 0.99;

interface Recoding extends Pick<Transcoding, 'quality'> {
  readonly scale: number;
  readonly crop: number;
}

const recodings: readonly Recoding[] = [
  { quality: 40, scale: 1, crop: 0 },
  { quality: 40, scale: 0.5, crop: 0 },
  { quality: 40, scale: 0.5, crop: 0.05 },
  { quality: 20, scale: 0.5, crop: 0.05 },
  { quality: 60, scale: 0.34, crop: 0.05 },
  { quality: 40, scale: 1.7, crop: 0.05 },
];

/** Runs in the page. A text, as the types of a page are not those of this program. */
const RECODE = `async ({ picture, scale, crop, quality }) => {
  const image = new Image();
  image.src = 'data:image/jpeg;base64,' + picture;
  await image.decode();
  const kept = 1 - 2 * crop;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.width * kept * scale);
  canvas.height = Math.round(image.height * kept * scale);
  const from = [image.width * crop, image.height * crop, image.width * kept, image.height * kept];
  canvas.getContext('2d').drawImage(image, ...from, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', quality / 100).split(',')[1];
}`;

async function recoded(page: Page, picture: Uint8Array, recoding: Recoding): Promise<Uint8Array> {
  const given = JSON.stringify({ ...recoding, picture: Buffer.from(picture).toString('base64') });
  return Buffer.from(await page.evaluate<string>(`(${RECODE})(${given})`), 'base64');
}

const [executablePath = '', count = '300'] = process.argv.slice(2);
const pictures = Number(count);
const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox'] });
try {
  const page = await browser.newPage();
  const rng = seededRng(11);
  for (const recoding of recodings) {
    let read = 0;
    let wrong = 0;
    for (let index = 0; index < pictures; index += 1) {
      const input = sampleInput(rng, KEY);
      const bytes = await recoded(page, renderThumbnail(input), recoding);
      const found = readCode(pixelsOf(bytes), KEY);
      if (found === tagOf({ ...input.stamp, kind: 'thumbnail' }, input)) read += 1;
      else if (found !== null) wrong += 1;
    }
    if (read / pictures < SHARE_MIN || wrong > 0) process.exitCode = 1;
    const { quality, scale, crop } = recoding;
    console.log(
      `quality ${quality}, ${scale} times the size, crop of ${crop * 100} % a side: ${read} of ${pictures} read, ${wrong} read wrong`,
    );
  }
} finally {
  await browser.close();
}
