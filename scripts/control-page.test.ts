import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { controls } from '../targets/controls/index.ts';
import { controlsOn } from './control-page.ts';

test('the page of controls lists what there is; node scripts/catch-controls.ts writes it', () => {
  const page = readFileSync(new URL('../docs/controls.md', import.meta.url), 'utf8');
  expect(controlsOn(page)).toEqual(Object.keys(controls));
});

test('no control on the page was missed', () => {
  const page = readFileSync(new URL('../docs/controls.md', import.meta.url), 'utf8');
  expect(page).not.toContain('**not**');
});
