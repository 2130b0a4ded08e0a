import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { attributionOf } from '../harness/forensics/attribution.ts';
import { openRecord } from '../harness/record/reader.ts';
import { type Control } from '../targets/controls/define-control.ts';
import { controls } from '../targets/controls/index.ts';
import { catchControl } from './control-catch.ts';

/*
 * node scripts/score-forensics.ts [--seed N] [control...]
 *
 * Runs the controls, each of which is known to be guilty at one hop, and prints how many of the violations forensics lays at that
 * hop's door, how many at another's, and of how many it says that it cannot tell.
 */

interface Score {
  readonly control: Control;
  readonly violations: number;
  readonly right: number;
  readonly unknown: number;
  /** Blamed on an innocent one, by hop. */
  readonly wrong: readonly string[];
  readonly wrongCount: number;
}

async function scoreOf(control: Control, folder: string, seed: number): Promise<Score> {
  const caught = await catchControl(control, { folder, seed, roundsMax: 4 });
  using record = openRecord(caught.record, { scratchFolder: folder });
  const { hops, followed } = attributionOf(record, caught.findings);
  const countOf = (name: string): number => hops.find(({ hop }) => hop === name)?.count ?? 0;
  const wrong = hops.filter(({ hop }) => hop !== control.hop && hop !== 'unknown');
  return {
    control,
    violations: followed,
    right: countOf(control.hop),
    unknown: countOf('unknown'),
    wrong: wrong.map(({ hop, count }) => `${hop} ${count}`),
    wrongCount: wrong.reduce((sum, { count }) => sum + count, 0),
  };
}

const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-score-'));
const scores: Score[] = [];
try {
  const { values, positionals: names } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' } },
  });
  process.stdout.write(
    `${'control'.padEnd(34)}${'hop'.padEnd(16)} followed  right  unknown  wrong\n`,
  );
  for (const [name, load] of Object.entries(controls)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const score = await scoreOf(await load(), folder, Number(values.seed));
    scores.push(score);
    const figures = [score.violations, score.right, score.unknown].map((count, index) =>
      String(count).padStart([9, 7, 9][index] ?? 9),
    );
    process.stdout.write(
      `${name.padEnd(34)}${score.control.hop.padEnd(16)}${figures.join('')}  ${score.wrong.join(', ') || '0'}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const sum = (pick: (score: Score) => number): number =>
  scores.reduce((total, score) => total + pick(score), 0);
const followed = sum(({ violations }) => violations);
const share = followed === 0 ? 0 : (100 * sum(({ right }) => right)) / followed;
process.stdout.write(
  `${followed} violations: ${share.toFixed(2)} % right, ${sum(({ unknown }) => unknown)} unknown, ${sum(({ wrongCount }) => wrongCount)} wrong\n`,
);
