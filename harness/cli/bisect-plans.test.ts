import { expect, test } from 'vitest';
import { versionsBetween } from './bisect-plans.ts';
import { byPrecedence } from './npm.ts';

const published = ['5.0.0', '4.9.0', '4.10.0', '4.10.1-rc.1', '5.0.0-beta.2', '4.0.0', '6.1.0'];

function between(first: string, last: string): readonly string[] {
  return versionsBetween(published, { first, last, compare: byPrecedence });
}

test('versions come in the order of precedence, whatever order the registry likes, without pre-releases', () => {
  expect(between('4.0.0', '5.0.0')).toEqual(['4.0.0', '4.9.0', '4.10.0', '5.0.0']);
});

test('where the first is the newer one they come backwards', () => {
  expect(between('5.0.0', '4.9.0')).toEqual(['5.0.0', '4.10.0', '4.9.0']);
});

test('a pre-release that was named is an end', () => {
  expect(between('5.0.0-beta.2', '6.1.0')).toEqual(['5.0.0-beta.2', '5.0.0', '6.1.0']);
});

test('an end that was never published, and one end twice, are refused', () => {
  expect(() => between('4.0.0', '4.11.0')).toThrow(
    /no version "4.11.0"; its newest are .*6\.1\.0$/,
  );
  expect(() => between('4.0.0', '4.0.0')).toThrow('name two versions');
});
