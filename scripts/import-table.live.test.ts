import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const project = fileURLToPath(new URL('..', import.meta.url));
let house = '';

beforeAll(() => {
  house = mkdtempSync(path.join(tmpdir(), 'crosswire-import-table-'));
  cpSync(path.join(project, '.oxlintrc.json'), path.join(house, '.oxlintrc.json'));
});
afterAll(() => rmSync(house, { recursive: true, force: true }));

/** What the lint says of one line of code in one place of the house. */
function lintOf(file: string, line: string): string {
  const place = path.join(house, file);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, `${line}\n`);
  try {
    return execFileSync(
      path.join(project, 'node_modules/.bin/oxlint'),
      ['-c', '.oxlintrc.json', file],
      { cwd: house, encoding: 'utf8' },
    );
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  } finally {
    rmSync(place);
  }
}

const use = (name: string, from: string): string =>
  `import { ${name} } from '${from}';\n\nexport const used: unknown = ${name};`;

const forbidden: readonly (readonly [file: string, line: string, says: string])[] = [
  ['harness/model/a.ts', use('planOf', '../plan/plan.ts'), 'types only'],
  ['harness/plan/a.ts', use('readFileSync', 'node:fs'), 'harness/plan is pure'],
  ['harness/thumbnail/a.ts', use('crc32', 'node:zlib'), 'imported by k6 too'],
  ['harness/wire/a.ts', use('connect', 'node:net'), 'bytes in'],
  ['harness/oracle/a.ts', use('run', '../runner/run.ts'), 'pure over a record'],
  ['harness/oracle/a.ts', use('readFileSync', 'node:fs'), 'pure over a record'],
  ['harness/forensics/a.ts', use('judge', '../oracle/verdict.ts'), 'findings arrive as values'],
  ['harness/fleet/a.ts', use('openPart', '../record/part.ts'), 'arrives as a value'],
  [
    'harness/services/a.ts',
    use('createInjector', '../faults/injector.ts'),
    'harness/services may import',
  ],
  ['harness/runner/a.ts', use('targets', '../../targets/index.ts'), 'arrive as values'],
  [
    'scenarios/a.ts',
    use('createBackend', '../targets/backend/backend.ts'),
    'does not know what it runs against',
  ],
  ['scenarios/a.ts', use('readFileSync', 'node:fs'), 'does not know what it runs against'],
  ['targets/clients/a.ts', use('judge', '../../harness/oracle/verdict.ts'), 'imports model types'],
  ['reports/a.ts', use('judge', '../harness/oracle/verdict.ts'), 'renders a record'],
  ['harness/fleet/a.ts', 'export const lot: number = Math.random();', 'Draw from world.rng'],
  ['harness/fleet/a.ts', 'export const now: number = Date.now();', 'Ask world.clock'],
  [
    'harness/record/a.ts',
    "export const home: unknown = process.env['HOME'];",
    'Only cli/ and processes/',
  ],
];

test.each(forbidden)('%s may not hold: %s', (file, line, says) => {
  expect(lintOf(file, line)).toContain(says);
});

test.each([
  ['harness/oracle/a.ts', use('openRecord', '../record/reader.ts')],
  ['harness/fleet/a.ts', use('readPicture', '../thumbnail/reading.ts')],
  ['scenarios/a.ts', use('kill', '../harness/plan/faults.ts')],
  ['harness/cli/a.ts', use('judge', '../oracle/verdict.ts')],
  ['harness/processes/a.ts', 'export const now: number = Date.now();'],
])('%s may hold: %s', (file, line) => {
  expect(lintOf(file, line)).not.toMatch(/no-restricted/);
});
