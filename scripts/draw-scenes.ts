/**
 * Draws the scenes and glyphs of which thumbnails are put together, and writes them as pieces of JPEG into `harness/thumbnail/scenes.ts`.
 * Run it with `node scripts/draw-scenes.ts` after changing a drawing; the same drawings give the same bytes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawnModule } from './scenes/module.ts';

const path = fileURLToPath(new URL('../harness/thumbnail/scenes.ts', import.meta.url));
const text = drawnModule();
writeFileSync(path, text);
console.log(`${path}: ${text.length} characters`);
