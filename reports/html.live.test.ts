import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderThumbnail } from '../harness/thumbnail/picture.ts';
import { exampleSummary, withEveryString } from './example-summary.ts';
import { renderHtml } from './html.ts';
import { renderJunit } from './junit.ts';
import type { RunSummary } from './summary.ts';

const executablePath = firstOnPath(['chromium', 'chromium-browser', 'google-chrome']);
const require = createRequire(import.meta.url);
const assets = {
  uplotScript: readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
  uplotStyle: readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
};

describe.skipIf(executablePath === undefined)('in Chromium (skipped where none is on PATH)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--no-first-run',
      ],
    });
  });
  afterAll(() => browser.close());

  test('the charts draw, every picture loads, and nothing is fetched or complained about', async () => {
    await using opened = await open(browser, failing);
    expect(await opened.page.evaluate(LOOK)).toEqual({
      inkOfCharts: [true, true, true, true, true],
      picturesBroken: 0,
      pictures: 114,
      widerThanWindow: false,
    });
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([]);
  });

  test('it fits a phone and draws in the dark', async () => {
    await using opened = await open(browser, failing, { width: 390, colorScheme: 'dark' });
    expect(await opened.page.evaluate(LOOK)).toMatchObject({
      inkOfCharts: [true, true, true, true, true],
      widerThanWindow: false,
    });
    await opened.page.emulateMedia({ colorScheme: 'light' });
    expect(await opened.page.evaluate(LOOK)).toMatchObject({
      inkOfCharts: [true, true, true, true, true],
    });
    expect(opened.complaints).toEqual([]);
  });

  test('the keyboard zooms and reads the charts', async () => {
    await using opened = await open(browser, failing);
    const { page } = opened;
    await page.getByRole('button', { name: 'outage' }).press('Enter');
    expect(await page.getByRole('button', { name: 'outage' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    const chart = page.locator('[data-chart="requests"]');
    await chart.press('ArrowRight');
    expect(await page.locator('#timeline-reader').textContent()).toMatch(
      /^12\.2 s, answered 0, refused \d/,
    );
    await chart.press('Escape');
    expect(await page.getByRole('button', { name: 'whole run' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    const line = chart.getByRole('button', { name: 'refused' });
    await line.press('Enter');
    expect(await line.getAttribute('aria-pressed')).toBe('false');
    expect(opened.complaints).toEqual([]);
  });

  test.for([
    '</script><script>document.title = "owned"</script>',
    '"><img src=x onerror="document.title = \'owned\'">',
    '--><svg onload="document.title = \'owned\'">',
    '</title></style></noscript><iframe srcdoc="<script>parent.document.title = \'owned\'</script>">',
    'javascript:document.title = "owned"',
  ])('a record with %s in every string runs nothing', async (hostile) => {
    await using opened = await open(browser, withEveryString(failing, hostile));
    const { page } = opened;
    // Names that a record chooses end up in buttons; pressing them must not run them either.
    await page.locator('[data-from]').nth(1).press('Enter');
    const found = await page.evaluate(FOREIGN_ELEMENTS);
    expect(found).toEqual({ scripts: 3, foreign: 0, handlers: 0, canvases: 5 });
    expect(await page.title()).toBe(`FAIL: ${hostile}, ${hostile} ${hostile}`);
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([]);
  });

  test('were a string of the record ever to become markup, the policy would still not let it run', async () => {
    await using opened = await open(browser, failing, {
      change: (page) =>
        page.replace(
          '<main>',
          '<main><script>document.title = "owned"</script><img src="x" onerror="document.title = \'owned\'">',
        ),
    });
    expect(await opened.page.title()).toBe('FAIL: cache-outage, ioredis 4.16.0');
    expect(opened.complaints.join('\n')).toContain('Content Security Policy');
  });

  test('a strict XML parser reads the JUnit file of a hostile record', async () => {
    const hostile = ']]>&#0;<!--<\u0000\u0008\uFFFE\uD800"\'';
    const page = await browser.newPage();
    const read = await page.evaluate(
      `(xml => { const parsed = new DOMParser().parseFromString(xml, 'application/xml');
        return { errors: parsed.querySelectorAll('parsererror').length, cases: parsed.querySelectorAll('testcase').length,
          seed: parsed.querySelector('property[name=seed]').getAttribute('value') }; })(${JSON.stringify(renderJunit(withEveryString(failing, hostile)))})`,
    );
    await page.close();
    expect(read).toEqual({ errors: 0, cases: 6, seed: '42' });
  });
});

const failing: RunSummary = exampleSummary('fail', (index) => ({
  shown: thumbnail(index + 1),
  asked: index % 10 === 4 ? null : thumbnail(index),
}));

function thumbnail(index: number): Uint8Array {
  return renderThumbnail({
    stamp: {
      ownerId: `user-${index}`,
      deviceId: `device-${index}`,
      eventId: `event-${index}`,
      version: 1,
    },
    ownerName: 'Nadia Brandt',
    deviceName: 'Front door',
    key: 7,
  });
}

/** Run in the page, so it is text: the compiler knows no browser here. A chart has ink when its pixels have at least four colours. */
const LOOK = `(async () => {
  const pictures = [...document.images];
  for (const details of document.querySelectorAll('details')) details.open = true;
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => undefined)));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const inkOfCharts = [...document.querySelectorAll('canvas')].map((canvas) => {
    const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return new Set(pixels).size >= 4;
  });
  return {
    inkOfCharts,
    pictures: pictures.length,
    picturesBroken: pictures.filter((picture) => picture.naturalWidth === 0).length,
    widerThanWindow: document.documentElement.scrollWidth > innerWidth,
  };
})()`;

const FOREIGN_ELEMENTS = `(() => ({
  scripts: document.scripts.length,
  foreign: document.querySelectorAll('iframe, svg, object, embed, form, img:not([src^="data:image/jpeg;base64,"]), a, base').length,
  handlers: [...document.querySelectorAll('*')].filter((element) => element.getAttributeNames().some((name) => name.startsWith('on'))).length,
  canvases: document.querySelectorAll('canvas').length,
}))()`;

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Console output, uncaught errors and dialogs. */
  readonly complaints: readonly string[];
  /** What the page asked of any network. */
  readonly requests: readonly string[];
}

interface OpenOptions {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly change?: (page: string) => string;
}

async function open(
  browser: Browser,
  summary: RunSummary,
  options: OpenOptions = {},
): Promise<Opened> {
  const { width = 1280, colorScheme = 'light', change = (page: string) => page } = options;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url());
  });
  await page.setContent(change(renderHtml(summary, assets)), { waitUntil: 'load' });
  return { page, complaints, requests, [Symbol.asyncDispose]: () => page.close() };
}

function firstOnPath(names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
