import { expect, test } from 'vitest';
import { toCharts } from './charts.ts';
import { exampleSummary } from './example-summary.ts';
import type { RunSummary } from './summary.ts';

const noPictures = (): { shown: Uint8Array; asked: null } => ({
  shown: new Uint8Array(3),
  asked: null,
});
const zero = [0, 0, 0];

const short: RunSummary = {
  ...exampleSummary('pass', noPictures),
  run: { ...exampleSummary('pass', noPictures).run, durationMs: 1500 },
  phases: [
    { name: 'warm', fromMs: 0, toMs: 1000 },
    { name: 'calm', fromMs: 1000, toMs: null },
  ],
  faults: [
    { faultId: 'cut-1', says: 'cut after 1', kind: 'cuts', fromMs: 100, toMs: 200, bit: 2 },
    { faultId: 'cut-2', says: 'cut after 3', kind: 'cuts', fromMs: 300, toMs: null, bit: 1 },
    { faultId: 'kill', says: 'killed', kind: 'killed', fromMs: 400, toMs: 500, bit: 0 },
  ],
  timeline: {
    bucketMs: 500,
    atMs: [0, 500, 1000],
    requests: {
      ok: [10, 30, 20],
      refused: zero,
      failed: [0, 1, 0],
      expired: zero,
      unsent: zero,
      'wrong-echo': zero,
    },
    latencyMs: {
      intended: { p50: [1, 2, null], p99: [5, 9, null] },
      sent: { p50: [0, 2, null], p99: [5, 8, null] },
    },
    camerasConnected: [5, 3, 7],
    cameraAttempts: [5, 0, 4],
    originLoads: zero,
    leaks: [0, 2, 0],
  },
};

test('counts are drawn a second and added up by phase; lines that are nothing but zero are left out', () => {
  const [requests] = toCharts(short).panels;
  expect(requests?.series.map(({ label, values }) => [label, values])).toEqual([
    ['answered', [20, 60, 40]],
    ['failed', [0, 2, 0]],
  ]);
  expect(requests?.table).toEqual({
    head: ['phase', 'answered', 'failed'],
    rows: [
      ['warm, 0.0 s to 1.0 s', '40', '1'],
      ['calm, 1.0 s to 1.5 s', '20', '0'],
    ],
  });
  expect(requests?.says).toContain('answered: at most 60 a second, at 0.5 s. refused: none.');
});

test('latency is told by its highest, a bucket without a sample stays a gap, and no value is zero on a logarithmic scale', () => {
  const latency = toCharts(short).panels[1];
  expect(latency?.series.map(({ values }) => values)).toEqual([
    [5, 9, null],
    [5, 8, null],
    [1, 2, null],
    [0.01, 2, null],
  ]);
  expect(latency?.table.rows).toEqual([
    ['warm, 0.0 s to 1.0 s', '9.0 ms', '8.0 ms', '2.0 ms', '2.0 ms'],
    ['calm, 1.0 s to 1.5 s', 'no sample', 'no sample', 'no sample', 'no sample'],
  ]);
});

test('faults of a kind share a row that says how often they acted, not how often they were planned', () => {
  expect(toCharts(short).faults).toEqual([
    {
      name: 'cuts, 3 times',
      spans: [
        { from: 0.1, to: 0.2 },
        { from: 0.3, to: 1.5 },
      ],
    },
    { name: 'killed, never felt', spans: [{ from: 0.4, to: 0.5 }] },
  ]);
});
