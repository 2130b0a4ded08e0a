import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { exampleSummary, withEveryString } from './example-summary.ts';
import { PAGE_BYTES_MAX, renderHtml } from './html.ts';
import { picturesSection } from './html-pictures.ts';

const assets = { uplotScript: 'var uPlot = 1;\r\nuPlot++;', uplotStyle: '.uplot { color: red }' };
const jpegs = (bytes: number) => (): { shown: Uint8Array; asked: Uint8Array } => ({
  shown: new Uint8Array(bytes).fill(7),
  asked: new Uint8Array(bytes).fill(9),
});

test('the policy names the hash of each script and of the style sheet, and lets nothing else in', () => {
  // A parser turns CR LF into LF before anything is hashed.
  const page = renderHtml(exampleSummary('fail', jpegs(9)), assets).replaceAll(/\r\n?/g, '\n');
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
  const hashes = [...page.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)].map(
    ([, , source = '']) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`,
  );
  expect(hashes).toHaveLength(3);
  expect(policy).toBe(
    `default-src 'none'; script-src ${hashes[1]} ${hashes[2]}; style-src ${hashes[0]}; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  expect(page).not.toMatch(/\sstyle=|\son\w+=|(?:src|href)="(?!data:)/);
});

test('the verdict comes first, then how far it went, the pictures, the timeline and the findings', () => {
  const page = renderHtml(exampleSummary('fail', jpegs(9)), assets);
  const places = [
    '<h1>183 of 480 people were shown',
    'How far it went',
    'What was asked for, and what was shown',
    'What happened',
    'Findings',
    'Where and how',
    'Run it again',
  ].map((words) => page.indexOf(words));
  expect(places.every((place, index) => place > (places[index - 1] ?? 0))).toBe(true);
  expect(page).toContain('<td class="figure some">183</td><td class="figure">about 13,000</td>');
  expect(page).toContain('<td class="figure some">21</td><td class="figure">1,504</td>');
});

test('a run in which nothing leaked has neither pictures nor a blast radius', () => {
  const page = renderHtml(exampleSummary('pass', jpegs(9)), assets);
  expect(page).toContain('<h1>Nobody was shown a stranger’s home.</h1>');
  expect(page).not.toContain('How far it went');
  expect(page).not.toContain('<img');
});

test('pictures are left out until the page is at most 2 MB, and the page says how many', () => {
  const page = renderHtml(exampleSummary('fail', jpegs(20_000)), assets);
  const shown = page.match(/<figure/g)?.length ?? 0;
  expect(Buffer.byteLength(page)).toBeLessThanOrEqual(PAGE_BYTES_MAX);
  expect(shown).toBeGreaterThan(25);
  expect(shown).toBeLessThan(60);
  expect(page).toContain(`${shown} are shown here, ${391 - shown} are not;`);
});

test('one absurdly large picture does not keep out the others', () => {
  const page = renderHtml(
    exampleSummary('fail', (index) => ({
      shown: new Uint8Array(index === 0 ? 3_000_000 : 9000),
      asked: null,
    })),
    assets,
  );
  expect(page.match(/<figure/g)).toHaveLength(59);
});

test('captions count towards the size, too', () => {
  const { leaks } = withEveryString(exampleSummary('fail', jpegs(9)), '<"&'.repeat(200));
  const section = picturesSection(leaks, { bytesMax: 50_000 });
  expect(section.match(/<figure/g)?.length).toBeGreaterThan(1);
  expect(Buffer.byteLength(section)).toBeLessThanOrEqual(52_000);
});

test('very long strings do not fill the page', () => {
  const page = renderHtml(
    withEveryString(exampleSummary('fail', jpegs(9)), '<"&'.repeat(100_000)),
    assets,
  );
  expect(Buffer.byteLength(page)).toBeLessThanOrEqual(PAGE_BYTES_MAX);
});

test('a library that would end its own element is refused', () => {
  expect(() =>
    renderHtml(exampleSummary('pass', jpegs(9)), { ...assets, uplotScript: '"</SCRIPT >"' }),
  ).toThrow(/would end its own element/);
});
