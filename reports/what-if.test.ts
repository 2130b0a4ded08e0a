import { expect, test } from 'vitest';
import { renderWhatIfMarkdown, renderWhatIfTerminal, type WhatIf } from './what-if.ts';

const whatIf: WhatIf = {
  seed: 3,
  rows: [
    {
      mitigation: 'bypass-mapping-cache',
      verdict: 'fail',
      leaks: 1333,
      usersReceived: 1290,
      byKind: { 'shared-cache': 0, session: 0, list: 0, picture: 1333, live: 0, owner: 12_345 },
      latencyMs: { p50: 127, p99: 988 },
      originLoads: 17_154,
      backendSeconds: 33.3,
      servedShare: 0.643,
      says: 'it did what it could',
      unexpected: false,
      record: 'r',
    },
  ],
  notTried: [{ mitigation: 'revoke-sessions', reason: 'the plan has no calm' }],
};

test('large figures fit into 80 columns, and nothing is cut off', () => {
  const lines = renderWhatIfTerminal(whatIf, { colour: false }).split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines[1]).toBe(
    'bypass-mapping-cache 1,333 1,290  12,345 127 ms 988 ms 17,154 33.3 s 64.3 %',
  );
  expect(lines.join('\n')).toContain('revoke-sessions was not tried: the plan has no calm');
});

test('the Markdown has a row for each repetition and a line for each mitigation', () => {
  const lines = renderWhatIfMarkdown(whatIf).split('\n');
  expect(lines.filter((line) => line.startsWith('| bypass-mapping-cache |'))).toHaveLength(1);
  expect(lines).toContain('- it did what it could');
});
