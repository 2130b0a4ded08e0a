import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { CheckedFinding } from '../model/finding.ts';
import { literalRecord } from '../record/literal-record.ts';
import { allCameras, op, phases, plan, shown } from './sample-rows.ts';
import { waitShareMax } from './starved.ts';
import { judge } from './verdict.ts';

/** A cloud that serves nothing in calm, and shows ann a stranger. */
function findingsIn(environment: string): Readonly<Record<string, CheckedFinding>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-starved-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  using record = literalRecord({
    folder,
    plan,
    phases,
    environment,
    cameras: allCameras,
    ops: [op({ outcome: 'refused', status: 503 })],
    shown: [shown({ deviceId: 'cleo-crib', ownerId: 'cleo', eventId: 'event-9' })],
  });
  return Object.fromEntries(
    judge(record, ['own-data-only', 'served', 'settles']).findings.map((each) => [
      each.check,
      each,
    ]),
  );
}

const waited = (backend: unknown): string =>
  JSON.stringify({ waitedForProcessor: { fleet: 0.1, backend } });

test('a failed check of time is inconclusive when the machine kept the run waiting, and says so', () => {
  const { served } = findingsIn(waited(waitShareMax + 0.11));
  expect(served).toMatchObject({ outcome: 'inconclusive' });
  expect(served).toHaveProperty(
    'reason',
    expect.stringMatching(/in calm the backend process waited for one 51 % of the time; .*calm/u),
  );
});

test('a stranger’s picture is one however busy the machine was, and what passed has passed', () => {
  const findings = findingsIn(waited(0.99));
  expect(findings['own-data-only']?.outcome).toBe('fail');
  expect(findings['settles']?.outcome).toBe('pass');
});

test.each([
  ['a machine that had time', waited(waitShareMax)],
  ['a record that does not say', '{}'],
  ['an environment that is no JSON', 'nonsense'],
  ['waits that are no numbers', waited('all day')],
])('%s excuses nothing', (_, environment) => {
  expect(findingsIn(environment)['served']?.outcome).toBe('fail');
});
