import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckedFinding } from '../model/finding.ts';
import { literalRecord } from '../record/literal-record.ts';
import * as sample from './sample-rows.ts';
import { judge } from './verdict.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosswire-stays-up-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function found(died: unknown): CheckedFinding | undefined {
  using record = literalRecord({
    folder: mkdtempSync(join(folder, 'record-')),
    plan: sample.plan,
    phases: sample.phases,
    state: 'failed',
    reason: 'backend ended by itself',
    environment: JSON.stringify({ node: '24', died }),
  });
  return judge(record).findings.find(({ check }) => check === 'stays-up');
}

const unhandled = [
  '/home/ann/cloud/node_modules/quick/built/handler.js:353',
  '        self.flushQueue(new Error("Connection is closed."));',
  '                        ^',
  'Error: Connection is closed.',
  '    at close (/home/ann/cloud/node_modules/quick/built/handler.js:353:25)',
  '    at Socket.emit (node:events:514:28)',
  'Node.js v24.16.0',
];

test('a rejection that the library left to nobody is the library’s, and the folders of the machine are not told', () => {
  const finding = found({ how: 'exit code 1', lines: unhandled, packages: ['quick'] });
  expect(finding).toMatchObject({
    outcome: 'fail',
    count: 1,
    violations: [
      {
        says: expect.stringMatching(
          /ended by itself \(exit code 1\): Error: Connection is closed\.: node_modules\/quick\/built\/handler\.js:353$/u,
        ),
      },
    ],
  });
});

test.each([
  [
    'an error of our own code',
    { how: 'exit code 1', lines: ['Error: x', '    at main (/a/b.ts:1:1)'] },
  ],
  ['another package’s code', { how: 'exit code 1', lines: unhandled, packages: ['slow'] }],
  ['a package of a similar name', { how: 'exit code 1', lines: unhandled, packages: ['qui'] }],
  ['a kill from outside', { how: 'SIGKILL', lines: [] }],
  ['want of memory', { how: 'SIGABRT', lines: ['FATAL ERROR: JavaScript heap out of memory'] }],
])('%s is nobody’s, and inconclusive', (_, died) => {
  expect(found({ packages: ['quick'], ...died })).toMatchObject({ outcome: 'inconclusive' });
});

test('a crash of native code is the library’s', () => {
  expect(found({ how: 'SIGSEGV', lines: [], packages: ['quick'] })).toMatchObject({
    outcome: 'fail',
  });
});

test.each([
  undefined,
  null,
  7,
  {},
  { how: 1, lines: [], packages: [] },
  { how: 'x', lines: [1], packages: [] },
])('an environment that says %j of it tells of no death', (died) => {
  expect(found(died)).toBeUndefined();
});
