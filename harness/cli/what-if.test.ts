import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderWhatIfTerminal, type WhatIf } from '../../reports/what-if.ts';
import type { Mitigation } from '../../targets/backend/mitigations.ts';
import * as sample from '../oracle/sample-rows.ts';
import { type LiteralRows, literalRecord } from '../record/literal-record.ts';
import { judgeRecord } from './judgement.ts';
import { type Repetition, whatIf } from './what-if.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crosswire-what-if-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plan = {
  ...sample.plan,
  steps: [...sample.plan.steps, { type: 'phase', name: 'calm', atMs: 300, forMs: 100 } as const],
};

function ran(rows: LiteralRows, into: string): Repetition {
  mkdirSync(into, { recursive: true });
  literalRecord({ folder: into, plan, phases: sample.phases, ...rows })[Symbol.dispose]();
  return { summary: judgeRecord(path.join(into, 'run.sqlite')), backendMs: 1500 };
}

const picture = sample.shown({ opId: 1, deviceId: 'cleo-crib' });
const mixedUp = sample.shown({ opId: 2, deviceId: 'cleo-crib', surface: 'list' });
const ops = [sample.op({ id: 1 }), sample.op({ id: 2, toldUserId: 'cleo' })];
const misled = [sample.camera({ toldOwnerId: 'cleo' })];

async function compared(
  seen: (mitigation: Mitigation) => LiteralRows,
): Promise<{ readonly result: WhatIf; readonly said: readonly string[] }> {
  const said: string[] = [];
  const result = await whatIf({
    plan,
    without: ran({ ops, shown: [picture, mixedUp], cameras: misled }, folder),
    folder,
    repeat: async (mitigation, own) => ran(seen(mitigation), own),
    say: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  if (result === null) throw new Error('it was interrupted');
  return { result, said };
}

const says = (result: WhatIf, mitigation: Mitigation): string | undefined =>
  result.rows.find((row) => row.mitigation === mitigation)?.says;

test('each mitigation is said to stop what it guards and to let through the rest, with the reason', async () => {
  const { result, said } = await compared((mitigation) => {
    if (mitigation === 'verify-owner') return { ops, shown: [mixedUp], cameras: misled };
    if (mitigation === 'bypass-mapping-cache') return { ops, shown: [picture] };
    return { ops };
  });
  expect(said[0]).toMatch(/^what if: the same plan 5 more times, about /);
  expect(result.rows[0]).toMatchObject({ mitigation: null, leaks: 2, backendSeconds: 1.5 });
  expect(says(result, 'verify-owner')).toBe(
    'verify-owner asks the source of truth about what it is about to serve: it stopped 1 picture; it did not stop 1 thing under a mixed-up session and 1 wrong owner told to a camera, because it asks on behalf of whomever the cache says is asking and cameras are told what the cache says.',
  );
  expect(says(result, 'bypass-mapping-cache')).toContain(
    'it stopped 1 thing under a mixed-up session and 1 wrong owner told to a camera; it did not stop 1 picture, because lists and pictures still come from the cache',
  );
  expect(says(result, 'seal-values')).toMatch(/: it stopped 1 picture, 1 thing .* and 1 wrong /);
  expect(result.rows.some(({ unexpected }) => unexpected)).toBe(false);
  expect(JSON.parse(readFileSync(path.join(folder, 'what-if.json'), 'utf8'))).toEqual({
    whatIf: result,
  });
  const table = renderWhatIfTerminal(result, { colour: false });
  expect(Math.max(...table.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
});

test('a mitigation that lets through what it is there to stop is told in capitals', async () => {
  const { result } = await compared((mitigation) =>
    mitigation === 'seal-values' ? { ops, shown: [picture] } : { ops },
  );
  expect(says(result, 'seal-values')).toContain('LET THROUGH 1 picture, WHICH IT IS THERE TO STOP');
  expect(result.rows.filter(({ unexpected }) => unexpected)).toHaveLength(1);
});
