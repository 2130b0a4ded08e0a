/**
 * Runs scenarios for many targets and seeds, one after another, and prints a table in Markdown: exit code, how many pictures and list
 * entries of strangers were shown, and what did not pass. The records go into a temporary folder and are removed.
 *
 *     node scripts/run-table.ts --targets ioredis@4.16.0,ioredis,redis --seeds 1-10
 *     node scripts/run-table.ts --scenarios all --targets ioredis,redis --seeds 1-1
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { $, argv } from 'zx';
import type { RunJson } from '../reports/json.ts';
import { scenarios } from '../scenarios/index.ts';

const entry = fileURLToPath(new URL('../harness/cli/entry.mjs', import.meta.url));
const targets = String(argv['targets'] ?? 'ioredis@4.16.0,ioredis@4.16.1,ioredis,redis').split(',');
const asked = String(argv['scenarios'] ?? 'cache-outage');
const names = asked === 'all' ? [...scenarios.keys()] : asked.split(',');
const [from = 1, to = 10] = String(argv['seeds'] ?? '1-10')
  .split('-')
  .map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index);

const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-run-table-'));
try {
  process.stdout.write(`| scenario | seed | ${targets.join(' | ')} |\n`);
  process.stdout.write(`|${' --- |'.repeat(targets.length + 2)}\n`);
  for (const name of names) {
    for (const seed of seeds) {
      const cells: string[] = [];
      for (const target of targets) cells.push(await cellOf(name, target, seed));
      process.stdout.write(`| ${name} | ${seed} | ${cells.join(' | ')} |\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function cellOf(scenario: string, target: string, seed: number): Promise<string> {
  const out = path.join(folder, 'run');
  const words = [
    'run',
    scenario,
    '--target',
    target,
    '--seed',
    String(seed),
    '--json',
    '--out',
    out,
  ];
  const started = process.hrtime.bigint();
  const run = await $({ nothrow: true, quiet: true })`${process.execPath} ${entry} ${words}`;
  const seconds = Math.round(Number(process.hrtime.bigint() - started) / 1e9);
  rmSync(out, { recursive: true, force: true });
  if (run.stdout === '') return `exit ${run.exitCode}: ${run.stderr.trim().split('\n').at(-1)}`;
  const { findings, blastRadius } = JSON.parse(run.stdout) as RunJson;
  const own = findings.find(({ check }) => check === 'own-data-only');
  const bad = findings
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ check, outcome }) => `${check} ${outcome}`);
  const says = `exit ${run.exitCode}, ${own?.violations ?? '?'} of ${own?.examined ?? '?'} foreign, ${blastRadius.usersReceived} users, ${seconds} s`;
  return bad.length === 0 ? says : `${says} (${bad.join(', ')})`;
}
