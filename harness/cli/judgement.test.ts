import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { plan, shown } from '../oracle/sample-rows.ts';
import { literalRecord } from '../record/literal-record.ts';
import { RecordError } from '../record/record-error.ts';
import { judgeRecord } from './judgement.ts';

function leakingRecord(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-judgement-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const strangers = shown({ deviceId: 'cleo-crib', ownerId: 'cleo', eventId: 'event-9' });
  literalRecord({ folder, plan, shown: [strangers] })[Symbol.dispose]();
  return path.join(folder, 'run.sqlite');
}

test('the verdict stands when the forensics fail, and what failed is said', () => {
  const { verdict, attribution } = judgeRecord(leakingRecord(), {
    attribute: () => {
      throw new Error('an inquiry went in circles');
    },
  });
  expect(verdict.outcome).toBe('fail');
  expect(attribution?.hops).toEqual([]);
  expect(attribution?.blindSpots).toEqual([expect.stringContaining('an inquiry went in circles')]);
  expect(attribution?.violations).toBeGreaterThan(0);
});

test('a record that cannot be read is no fault of the forensics', () => {
  const judging = (): unknown =>
    judgeRecord(leakingRecord(), {
      attribute: () => {
        throw new RecordError('malformed', 'a row is torn');
      },
    });
  expect(judging).toThrow('a row is torn');
});
