/**
 * Draws the scenes and glyphs of which thumbnails are put together, and writes them as pieces of JPEG into `harness/thumbnail/scenes.ts`.
 * Run it with `node scripts/draw-scenes.ts` after changing a drawing; the same drawings give the same bytes. With `--check` it
 * writes nothing, and ends with 1 when what is there is not what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawnModule } from './scenes/module.ts';

const path = fileURLToPath(new URL('../harness/thumbnail/scenes.ts', import.meta.url));
const text = drawnModule();
if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
  console.log(`${path}: ${text.length} characters`);
} else if (readFileSync(path, 'utf8') === text) {
  console.log(`${path} is as drawn`);
} else {
  console.error(`${path} is not as drawn; run node scripts/draw-scenes.ts and commit it`);
  process.exitCode = 1;
}
