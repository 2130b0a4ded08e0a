import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Measures } from '../../reports/scorecard.ts';
import type { Plan } from '../model/plan.ts';
import type { FaultRow, OpRow } from '../model/rows.ts';
import * as sample from '../oracle/sample-rows.ts';
import { type LiteralRows, literalRecord } from '../record/literal-record.ts';
import { measuresOf } from './evaluate-measures.ts';

const phases = [
  { name: 'warm', fromNs: 0, toNs: 2e9 },
  { name: 'outage', fromNs: 2e9, toNs: 3e9 },
  { name: 'calm', fromNs: 6e9, toNs: 9e9 },
];

const kill: Omit<FaultRow, 'id'> = {
  faultId: 'kill-cache',
  fault: '{"kind":"kill","service":"cache"}',
  onNs: 2e9,
  offNs: 3e9,
  bit: 1,
};

function measure(
  rows: LiteralRows,
  {
    plan = sample.plan,
    environment = '{}',
  }: { readonly plan?: Plan; readonly environment?: string } = {},
): Measures {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-measures-'));
  try {
    using record = literalRecord({ folder, plan, phases, environment, ...rows });
    return measuresOf(record);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** So many reads that were wanted together, each answered after so long. */
function reads(
  count: number,
  atMs: number,
  changes: { readonly tookMs?: number } & Partial<OpRow> = {},
): readonly Omit<OpRow, 'id'>[] {
  const { tookMs = 10, ...rest } = changes;
  return Array.from({ length: count }, () =>
    sample.op({
      kind: 'list',
      intendedNs: atMs * 1e6,
      sentNs: atMs * 1e6,
      doneNs: (atMs + tookMs) * 1e6,
      ...rest,
    }),
  );
}

test('recovery is from the heal to the first window whose reads succeed within a second', () => {
  const ops = [
    ...reads(5, 3_100, { outcome: 'refused', status: 503 }),
    ...reads(5, 3_300, { tookMs: 1_500 }),
    // Too few to say anything.
    ...reads(2, 3_600),
    ...reads(19, 4_000),
    ...reads(1, 4_000, { outcome: 'failed' }),
  ];
  expect(measure({ ops, faults: [kill] }).recovery).toEqual({ ms: 1_000 });
});

test('reads that are never served again never recover; without a heal or enough reads nothing is measured', () => {
  const refused = reads(5, 3_100, { outcome: 'refused', status: 503 });
  expect(measure({ ops: refused, faults: [kill] }).recovery).toEqual({ ms: 'never' });
  expect(measure({ ops: refused, faults: [{ ...kill, offNs: null }] }).recovery).toBeNull();
  expect(measure({ ops: reads(3, 3_100), faults: [kill] }).recovery).toBeNull();
});

test('where a service was broken, cuts on the wire that go on after its heal do not move the heal', () => {
  const cut = { ...kill, faultId: 'cut-1', fault: '{"kind":"wire"}', onNs: 3e9, offNs: 5e9 };
  const steps: Plan['steps'] = [
    ...sample.plan.steps,
    {
      type: 'fault-on',
      faultId: 'cut-1',
      atMs: 3_000,
      fault: {
        kind: 'wire',
        rule: { type: 'cut-in-reply', fraction: 0.5, how: 'rst', selector: {}, timesMax: 1 },
      },
    } as unknown as Plan['steps'][number],
  ];
  const ops = reads(5, 3_000);
  const plan = { ...sample.plan, steps };
  expect(measure({ ops, faults: [kill, cut] }, { plan }).recovery).toEqual({ ms: 0 });
  expect(measure({ ops, faults: [cut] }, { plan }).recovery).toBeNull();
});

test('errors, latency of warm and calm, and what the backend took are read; canaries and strangers are left out', () => {
  const ops = [
    ...reads(30, 500, { tookMs: 40 }),
    ...reads(30, 6_500, { tookMs: 55 }),
    ...reads(4, 2_500, { outcome: 'expired' }),
    ...reads(3, 2_500, { outcome: 'unsent', sentNs: null, doneNs: null }),
    ...reads(50, 500, { canary: true, outcome: 'failed' }),
    ...reads(50, 500, { credential: 'none', outcome: 'refused' }),
  ];
  const environment = '{"backend":{"processorMs":1234,"memoryBytesMost":99000000}}';
  expect(measure({ ops, faults: [kill] }, { environment })).toMatchObject({
    requests: 64,
    errors: 4,
    latencyMs: { warm: { p50: 40, p99: 40 }, calm: { p50: 55, p99: 55 } },
    origin: null,
    processorMs: 1234,
    memoryBytesMost: 99_000_000,
  });
  expect(measure({ ops: reads(3, 500), faults: [kill] }).latencyMs).toEqual({
    warm: null,
    calm: null,
  });
});
