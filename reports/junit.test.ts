import { expect, test } from 'vitest';
import { exampleSummary, withEveryString } from './example-summary.ts';
import { renderJunit } from './junit.ts';

const noPictures = (): { shown: Uint8Array; asked: null } => ({
  shown: new Uint8Array(3),
  asked: null,
});

test('each check is a case, and a failing one tells its violations and the replay line', () => {
  const xml = renderJunit(exampleSummary('fail', noPictures));
  const lines = xml.split('\n').map((line) => line.trim());
  expect(lines.slice(0, 3)).toEqual([
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="crosswire" tests="6" failures="1" errors="0" time="48.000">',
    '<testsuite name="crosswire cache-outage ioredis@4.16.0" timestamp="2026-02-16T09:30:00" tests="6" failures="1" errors="0" skipped="0" time="48.000">',
  ]);
  expect(lines).toContain('<property name="seed" value="42"/>');
  expect(lines).toContain('<property name="version.node" value="24.21.0"/>');
  expect(lines).toContain('<testcase name="mapping" classname="crosswire.cache-outage" time="0"/>');
  expect(lines).toContain(
    '<system-out>replay: npx crosswire run cache-outage --target ioredis@4.16.0 --seed 42</system-out>',
  );
  expect(xml).toContain(
    '<failure message="391 of 48,211 pictures and list entries show a stranger&#39;s device, to 183 users" type="own-data-only">user-0000 was shown device-00317 of user-0099&#10;',
  );
  expect(xml).toContain('and 371 more, in the record</failure>');
});

test('a check that could not be judged is an error with its reason, never skipped', () => {
  const xml = renderJunit(exampleSummary('inconclusive', noPictures));
  expect(xml).toContain('failures="0" errors="1" skipped="0"');
  expect(xml).toContain(
    '<error message="2 of 24 planted swaps were not flagged" type="inconclusive">2 of 24 planted swaps were not flagged</error>',
  );
  expect(xml).not.toContain('<skipped');
});

test('a run without findings is an error, not an empty suite', () => {
  const summary = exampleSummary('inconclusive', noPictures);
  const xml = renderJunit({ ...summary, verdict: { ...summary.verdict, findings: [] } });
  expect(xml).toContain('tests="1" failures="0" errors="1"');
});

test('hostile strings stay text', () => {
  const xml = renderJunit(
    withEveryString(exampleSummary('fail', noPictures), ']]></failure>"\'<\u0000\u001B[2J'),
  );
  expect(xml.match(/<\/failure>/g)).toHaveLength(1);
  expect(xml).not.toMatch(/[^\n\u0020-\uD7FF\uE000-\uFFFD]/);
});
