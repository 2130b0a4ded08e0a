import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drawnModule } from './scenes/module.ts';

test('drawing the scenes again gives the committed module, byte for byte', () => {
  const committed = readFileSync(
    new URL('../harness/thumbnail/scenes.ts', import.meta.url),
    'utf8',
  );
  // Compared as a whole and not by `toBe`, whose report of two such texts would be unreadable.
  expect(drawnModule() === committed, 'run node scripts/draw-scenes.ts and commit').toBe(true);
});
