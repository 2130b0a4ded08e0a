import { expect, test } from 'vitest';
import { exampleSummary, withEveryString } from './example-summary.ts';
import { renderMarkdown } from './markdown.ts';

const noPictures = (): { shown: Uint8Array; asked: null } => ({
  shown: new Uint8Array(3),
  asked: null,
});

test('the job summary has the verdict, a table of findings, how far it went and the replay line', () => {
  const lines = renderMarkdown(exampleSummary('fail', noPictures)).split('\n');
  expect(lines[0]).toBe('## ❌ FAIL: 183 of 480 people were shown a stranger’s home.');
  expect(lines).toContain(
    '| mapping | pass | 0 in 12,004 answers&#58; with 95 % confidence fewer than 1 in 4,007 |',
  );
  expect(lines).toContain(
    '183 of 480 users received a stranger’s thumbnail, 21 tapped one, 3 clips played, 201 users exposed, each to a median of 2 strangers, at most 7, 55.4 % of all affected, from 19.2 s to 37.9 s.',
  );
  expect(lines.slice(-4)).toEqual([
    '```sh',
    'npx crosswire run cache-outage --target ioredis@4.16.0 --seed 42',
    '```',
    '',
  ]);
});

test('hostile strings cannot leave their cell or their fence', () => {
  const text = renderMarkdown(
    withEveryString(exampleSummary('fail', noPictures), '|\n```\n</td><script>@all [x](y)'),
  );
  const rows = text
    .slice(0, text.indexOf('Replay:'))
    .split('\n')
    .filter((line) => line.startsWith('|'));
  expect(rows.map((row) => row.split('|').length)).toEqual(Array.from({ length: 8 }, () => 5));
  expect(text.split('\n').slice(-4)).toEqual([
    '````sh',
    '| ``` </td><script>@all [x](y)',
    '````',
    '',
  ]);
});
