import { expect, test } from 'vitest';
import { exampleAttribution } from './example-attribution.ts';
import { exampleSummary } from './example-summary.ts';
import { attributionSection } from './html-attribution.ts';
import { toRunJson } from './json.ts';
import { renderMarkdown } from './markdown.ts';
import { DIAGRAM_COLUMNS_MAX, diagramText } from './message-diagram.ts';
import { columnsOf } from './plain-text.ts';

const failing = exampleSummary('fail', () => ({ shown: new Uint8Array(3), asked: null }));
const passing = exampleSummary('pass', () => ({ shown: new Uint8Array(3), asked: null }));

test('a diagram shows each command, its reply, and who was handed it', () => {
  const diagram = exampleAttribution.stories[0]?.diagram;
  expect(diagram === null || diagram === undefined ? '' : diagramText(diagram).join('\n')).toBe(`\
library                          connection 14                             cache
   |   ~ connection 14, from command 8126 ~
   |-- 8126 GET thumb:9 --------------------------------------------------->|
   |<- 8126 caeb745f at 31.204 s -------------------------------------------|
   |        to the caller of thumb:4  WRONG
   |-- 8127 GET thumb:7 --------------------------------------------------->|
   |<- 8127 16b35442 at 31.204 s -------------------------------------------|
   |        to the caller of thumb:9  WRONG  <== this one
   |-- 8128 GET thumb:5 --------------------------------------------------->|
   |   8128 no reply`);
});

test('a diagram is 80 columns wide whatever a record holds', () => {
  const hostile = '\u001b[2J名'.repeat(60);
  const lines = diagramText({
    connection: 1e15,
    lines: [
      { kind: 'note', says: hostile },
      {
        kind: 'command',
        connection: 1,
        position: 1e15,
        command: hostile,
        atNs: 1e18,
        reply: hostile,
        handedTo: hostile,
        astray: true,
        marked: true,
      },
    ],
  });
  expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(DIAGRAM_COLUMNS_MAX);
  expect(lines.join('')).not.toContain('\u001b');
});

test('the page and the summary tell the story, and are silent where nothing was followed', () => {
  const page = attributionSection(failing);
  expect(page).toContain('<h3>client-library: the cache library handed a caller');
  expect(page).toContain('<li>Reply 8127 on connection 14 answered GET thumb:7');
  expect(page).toContain('<td>thumb:9 <span class="word word-fail">WRONG</span></td>');
  expect(attributionSection(passing)).toBe('');
  const markdown = renderMarkdown(failing);
  expect(markdown).toContain('2. Reply 8127 on connection 14 answered GET thumb&#58;7');
  expect(markdown).toContain('```text\nlibrary ');
  expect(renderMarkdown(passing)).not.toContain('bound the wrong value');
});

test('the object of a run has a story for each hop', () => {
  expect(toRunJson(failing).attribution).toEqual([
    { hop: 'client-library', count: 389, story: exampleAttribution.stories[0]?.steps },
    { hop: 'unknown', count: 2, story: exampleAttribution.stories[1]?.steps },
  ]);
  expect(toRunJson(passing).attribution).toEqual([]);
});
