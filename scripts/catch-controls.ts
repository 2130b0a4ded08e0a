/**
 * Catches every control in real runs, and writes the table of catches to docs/controls.md.
 *
 *     node scripts/catch-controls.ts                  all of them
 *     node scripts/catch-controls.ts --keep FOLDER    and keeps their records there
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { argv } from 'zx';
import { controls } from '../targets/controls/index.ts';
import { catchControl } from './control-catch.ts';
import { controlPage } from './control-page.ts';
import { inLanes } from './lanes.ts';

const kept: unknown = argv['keep'];
const folder =
  typeof kept === 'string' ? path.resolve(kept) : mkdtempSync(path.join(tmpdir(), 'crosswire-'));
mkdirSync(folder, { recursive: true });
try {
  const catches = await inLanes(
    4,
    Object.values(controls).map((load) => async () => {
      const caught = await catchControl(await load(), { folder, seed: 1 });
      const { control, seed, missedBy } = caught;
      const how = missedBy.length === 0 ? 'caught' : `MISSED by ${missedBy.join(' and ')}`;
      process.stdout.write(`${control.name}: ${how}, seed ${seed}\n`);
      return caught;
    }),
  );
  writeFileSync(new URL('../docs/controls.md', import.meta.url), controlPage(catches));
  if (catches.some(({ missedBy }) => missedBy.length > 0)) process.exitCode = 1;
} finally {
  if (typeof kept !== 'string') rmSync(folder, { recursive: true, force: true });
}
