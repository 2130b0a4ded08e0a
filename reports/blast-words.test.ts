import { expect, test } from 'vitest';
import { exampleSummary } from './example-summary.ts';
import { scaledTo } from './fleet.ts';
import { blastSection } from './html-blast.ts';
import { renderMarkdown } from './markdown.ts';
import type { RunSummary } from './summary.ts';
import { renderTerminal } from './terminal.ts';

const noPictures = (): { shown: Uint8Array; asked: null } => ({
  shown: new Uint8Array(3),
  asked: null,
});

function withFleet(outcome: 'pass' | 'fail'): RunSummary {
  const summary = exampleSummary(outcome, noPictures);
  return { ...summary, fleet: scaledTo(5_000_000, summary.verdict.blastRadius) };
}

test('the page has the run, the fleet and the incident side by side', () => {
  const page = blastSection(withFleet('fail'));
  expect(page).toContain('of 5,000,000 users');
  expect(page).toMatch(/received a stranger’s thumbnail<.*>183<.*>1,906,250 \([\d,]+ to [\d,]+\)</);
  expect(page).toContain('about 13,000');
  expect(page).toContain('a little under 0.25 % of all');
  expect(page).toContain('>2, 7<');
});

test('a run without a leak still says what that leaves room for in a fleet, and nothing without one', () => {
  expect(blastSection(exampleSummary('pass', noPictures))).toBe('');
  expect(blastSection(withFleet('pass'))).toContain('0 (0 to 39,698)');
  expect(renderTerminal(withFleet('pass'), { colour: false })).toContain(
    'fleet       95 %: 0 to 39,698 of 5,000,000 users affected',
  );
  expect(renderMarkdown(withFleet('pass'))).toContain(
    'At the same shares among 5,000,000 users, with 95 % confidence: 0 (0 to 39,698) would have received something',
  );
});

test('the summary of a failing run names the incident', () => {
  expect(renderMarkdown(exampleSummary('fail', noPictures))).toContain(
    'In the incident of February 2024 about 13,000 users received strangers’ thumbnails, 1,504 tapped one, and a little under 0.25 % of all users were affected.',
  );
});
