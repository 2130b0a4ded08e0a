/**
 * Runs `cache-outage` for many targets and seeds, one after another, and prints a table in Markdown: exit code and how many pictures and
 * list entries of strangers were shown. The records go into a temporary folder and are removed.
 *
 *     node scripts/seed-table.ts ioredis@4.16.0,ioredis,redis 1 10
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { $, argv } from 'zx';
import type { RunJson } from '../reports/json.ts';

const [targets = 'ioredis@4.16.0,ioredis@4.16.1,ioredis,redis', from = 1, to = 10] = argv._;
const entry = fileURLToPath(new URL('../harness/cli/entry.mjs', import.meta.url));
const names = targets.split(',');
const seeds = Array.from(
  { length: Number(to) - Number(from) + 1 },
  (_, index) => Number(from) + index,
);

process.stdout.write(`| seed | ${names.join(' | ')} |\n|${' --- |'.repeat(names.length + 1)}\n`);
const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-seed-table-'));
try {
  for (const seed of seeds) {
    const cells: string[] = [];
    for (const name of names) cells.push(await cellOf(name, seed));
    process.stdout.write(`| ${seed} | ${cells.join(' | ')} |\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function cellOf(name: string, seed: number): Promise<string> {
  const out = path.join(folder, `${name.replaceAll('/', '-')}-${seed}`);
  const run = await $({
    nothrow: true,
    quiet: true,
  })`${process.execPath} ${entry} run --target ${name} --seed ${seed} --json --out ${out}`;
  rmSync(out, { recursive: true, force: true });
  if (run.stdout === '') return `exit ${run.exitCode}: ${run.stderr.trim().split('\n').at(-1)}`;
  const { findings, blastRadius } = JSON.parse(run.stdout) as RunJson;
  const own = findings.find(({ check }) => check === 'own-data-only');
  const bad = findings
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ check, outcome }) => `${check} ${outcome}`);
  const says = `exit ${run.exitCode}, ${own?.violations ?? '?'} of ${own?.examined ?? '?'} foreign, ${blastRadius.usersReceived} users`;
  return bad.length === 0 ? says : `${says} (${bad.join(', ')})`;
}
