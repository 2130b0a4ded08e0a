import { expect, test } from 'vitest';
import { exampleSummary } from './example-summary.ts';
import { formats } from './formats.ts';

const assets = { uplotScript: 'var uPlot;', uplotStyle: '' };

test.for(formats)(
  '$name renders every outcome into a file that ends with a line end',
  ({ fileName, extension, render }) => {
    expect(fileName.endsWith(extension)).toBe(true);
    for (const outcome of ['fail', 'pass', 'inconclusive'] as const) {
      const summary = exampleSummary(outcome, () => ({ shown: new Uint8Array(3), asked: null }));
      const text = render(summary, assets);
      expect(text.endsWith('\n')).toBe(true);
      expect(render(summary, assets)).toBe(text);
    }
  },
);

test('each format has a name and a file of its own', () => {
  expect(new Set(formats.map(({ name }) => name)).size).toBe(formats.length);
  expect(new Set(formats.map(({ fileName }) => fileName)).size).toBe(formats.length);
});
