import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CheckedFinding } from '../harness/model/finding.ts';
import { exampleSummary, withEveryString } from './example-summary.ts';
import { columnsOf } from './plain-text.ts';
import type { RunSummary } from './summary.ts';
import { renderTerminal } from './terminal.ts';

const failing = exampleSummary('fail', () => ({ shown: new Uint8Array(3), asked: null }));
const passing = exampleSummary('pass', () => ({ shown: new Uint8Array(3), asked: null }));

test('a failing run says what ran, what failed, how far it went, and how to run it again', () => {
  expect(renderTerminal(failing, { colour: false })).toBe(`\
crosswire cache-outage   seed 42
  target      ioredis 4.16.0, 2,000 cameras, 480 users
  cache       redis-server 7.0.15 (own process)
  on          node 24.21.0, crosswire 0.1.0, linux 6.8.0
  phases      warm 12.0 s, outage 6.0 s, herd 20.0 s, calm 10.0 s
        check          wrong in examined    with 95 % confidence
  FAIL  own-data-only  391 in 48,211 reads
        391 of 48,211 pictures and list entries show a stranger's device, to ...
  PASS  mapping        0 in 12,004 answers  fewer than 1 in 4,007
  PASS  settles        59,002 requests ended; 2,000 of 2,000 cameras are back
  PASS  fault-bit      74 connections cut, 1 kill, 1,204 cache calls failed
  PASS  canary         all of 24 planted swaps were flagged
  PASS  served         99.87 % of 3,000 reads in calm succeeded
  183 of 480 users received a stranger’s thumbnail, 19.2 s to 37.9 s
  21 tapped one, 3 clips played, 201 users exposed, 55.4 % of all affected
  first wrong client-library 389, unknown 2
  unchecked   flood of 120,331 requests: 1,203 failed, 8,804 refused, p99 211 ms
  self-audit  ioredis 4.16.0 leaked 212 in 3,104 reads, so the oracle sees
  record      crosswire-runs/cache-outage-42/record.sqlite
  reports     crosswire-runs/cache-outage-42/{report.html,junit.xml}
  replay      npx crosswire run cache-outage --target ioredis@4.16.0 --seed 42
FAIL  own-data-only does not hold; exit code 1`);
});

test('a passing run gives the bound that its reads support', () => {
  const text = renderTerminal(passing, { colour: false });
  expect(text).toContain('PASS  own-data-only  0 in 48,211 reads    fewer than 1 in 16,093');
  expect(text).toContain('nobody received a stranger’s thumbnail');
  expect(text.split('\n').at(-1)).toBe('PASS  every check holds; exit code 0');
});

test('a run whose reads were not judged does not say that nobody received anything', () => {
  const text = renderTerminal(
    withFindings(passing, 'inconclusive', [
      { check: 'own-data-only', outcome: 'inconclusive', reason: 'no read succeeded' },
    ]),
    { colour: false },
  );
  expect(text).not.toContain('nobody');
  expect(text.split('\n').at(-1)).toBe(
    'INCONCLUSIVE  own-data-only could not be judged; exit code 2',
  );
});

test('a record that is not whole gives its reason in the last line', () => {
  const cut: RunSummary = {
    ...withFindings(passing, 'inconclusive', []),
    run: { ...passing.run, state: 'failed', reason: 'the disk is full' },
  };
  expect(renderTerminal(cut, { colour: false }).split('\n').at(-1)).toBe(
    'INCONCLUSIVE  the record is not whole: the disk is full; exit code 2',
  );
});

test('checks whose passing allows failures, or whose examined things are of several kinds, speak for themselves', () => {
  const text = renderTerminal(
    withFindings(failing, 'fail', [
      {
        check: 'served',
        outcome: 'fail',
        examined: 62,
        count: 118,
        violations: [],
        says: '3.23 % of 62 reads succeeded',
      },
    ]),
    { colour: false },
  );
  expect(text).toContain('  FAIL  served  3.23 % of 62 reads succeeded');
});

test('a leak that went on in calm is said on the line that a person reads first', () => {
  const { verdict } = failing;
  const still = {
    ...verdict,
    blastRadius: { ...verdict.blastRadius, stillLeakingAfterCalm: true },
  };
  expect(renderTerminal({ ...failing, verdict: still }, { colour: false })).toContain(
    '  183 of 480 users received a stranger’s thumbnail from 19.2 s on, even in calm\n',
  );
});

test('an audit that saw nothing says that the oracle is blind', () => {
  const selfAudit = { target: 'ioredis', targetVersion: '4.16.0', violations: 0, examined: 3104 };
  expect(renderTerminal({ ...passing, selfAudit }, { colour: false })).toContain(
    'self-audit  ioredis 4.16.0 leaked 0 in 3,104 reads: the oracle is blind',
  );
});

test('a long replay line is broken where a shell joins it again', () => {
  const replay = `npm start -- cache-outage --target ioredis@4.16.0 --seed 42 --cameras 20000 --mitigation verify-owner`;
  const lines = renderTerminal({ ...failing, replay }, { colour: false }).split('\n');
  const at = lines.findIndex((line) => line.startsWith('  replay'));
  expect(
    lines
      .slice(at, at + 2)
      .join('\n')
      .replace('  replay ', '')
      .replaceAll('\\\n', '')
      .replaceAll(/ +/g, ' ')
      .trim(),
  ).toBe(replay);
});

test('when there are more checks than lines, air goes first and the least bad findings last', () => {
  const one: CheckedFinding = { check: 'served', outcome: 'inconclusive', reason: 'no calm' };
  const two: CheckedFinding = { check: 'canary', outcome: 'inconclusive', reason: 'none planted' };
  const findings = [
    ...passing.verdict.findings,
    ...Array.from({ length: 20 }, () => [one, two]).flat(),
    ...failing.verdict.findings.slice(0, 1),
  ];
  const lines = renderTerminal(withFindings(failing, 'fail', findings), { colour: false }).split(
    '\n',
  );
  expect(lines).toHaveLength(25);
  expect(lines[6]).toContain('FAIL          own-data-only');
  expect(lines.some((line) => /^ {2}and \d+ more, in the reports$/.test(line))).toBe(true);
});

test('colour changes nothing but the paint', () => {
  const painted = renderTerminal(failing, { colour: true });
  expect(painted).toContain('\u001B[1;31mFAIL\u001B[0m');
  const bare = painted
    .split('\u001B')
    .map((part) => part.replace(/^\[[\d;]*m/, ''))
    .join('');
  expect(bare.replaceAll(/ +$/gm, '')).toBe(renderTerminal(failing, { colour: false }));
});

test('whatever strings a record holds, the verdict is at most 25 lines of 80 columns without control characters', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('fail', 'pass', 'inconclusive'),
      fc.string({ unit: 'binary', maxLength: 200 }),
      (outcome, hostile) => {
        const summary = exampleSummary(outcome, () => ({ shown: new Uint8Array(1), asked: null }));
        const lines = renderTerminal(withEveryString(summary, hostile), { colour: false }).split(
          '\n',
        );
        expect(lines.length).toBeLessThanOrEqual(25);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(80);
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      },
    ),
    { numRuns: 60 },
  );
});

function withFindings(
  summary: RunSummary,
  outcome: RunSummary['verdict']['outcome'],
  findings: readonly CheckedFinding[],
): RunSummary {
  return { ...summary, verdict: { ...summary.verdict, outcome, findings } };
}
