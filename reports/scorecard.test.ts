import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { exampleHeader, exampleRun } from './example-evaluation.ts';
import schema from './scorecard.schema.json' with { type: 'json' };
import {
  type EvaluatedRun,
  type Scorecard,
  type ScorecardHeader,
  scorecardOf,
} from './scorecard.ts';
import { compareScorecards } from './scorecard-compare.ts';
import { renderScorecardHtml } from './scorecard-html.ts';
import { readScorecardJson, renderScorecardJson } from './scorecard-json.ts';
import { renderScorecardMarkdown } from './scorecard-markdown.ts';
import { renderScorecardTerminal } from './scorecard-terminal.ts';

const leak = { check: 'own-data-only', outcome: 'fail', examined: 900, violations: 1 } as const;
const unserved = { check: 'served', outcome: 'fail', examined: 90, violations: 4 } as const;
const late = { check: 'on-schedule', outcome: 'inconclusive' } as const;

function cardOf(
  runs: readonly EvaluatedRun[],
  header: Partial<ScorecardHeader> = {},
  targets: readonly string[] = [...new Set(runs.map(({ target }) => target))],
): Scorecard {
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))];
  return scorecardOf({ header: { ...exampleHeader, ...header }, targets, scenarios, runs });
}

function gradesOf({ targets }: Scorecard): readonly (readonly [string, string])[] {
  return targets.map(({ target, grade }) => [target, grade]);
}

describe('gates', () => {
  test('one leak makes a target unsafe, however fast and cheap it is, and whatever else it passed', () => {
    const card = cardOf([
      exampleRun({ key: { target: 'fast' }, measures: { recovery: { ms: 0 }, processorMs: 1 } }),
      exampleRun({
        key: { target: 'fast', scenario: 'late-replies' },
        measures: { recovery: { ms: 0 }, processorMs: 1 },
        findings: [leak],
      }),
      exampleRun({ key: { target: 'slow' }, measures: { recovery: { ms: 'never' } } }),
      exampleRun({ key: { target: 'slow', scenario: 'late-replies' } }),
    ]);
    expect(gradesOf(card)).toEqual([
      ['slow', 'safe'],
      ['fast', 'unsafe'],
    ]);
    expect(card.targets[1]?.cells.map(({ gate }) => gate)).toEqual(['pass', 'unsafe']);
  });

  test('liveness comes after safety and before recovery, and recovery before cost', () => {
    const card = cardOf([
      exampleRun({
        key: { target: 'impaired' },
        findings: [unserved],
        measures: { processorMs: 1 },
      }),
      exampleRun({ key: { target: 'dear' }, measures: { processorMs: 9_000 } }),
      exampleRun({ key: { target: 'late' }, measures: { recovery: { ms: 2_500 } } }),
      exampleRun({ key: { target: 'cheap' }, measures: { processorMs: 1_000 } }),
      exampleRun({ key: { target: 'leaks' }, findings: [leak] }),
    ]);
    expect(card.targets.map(({ target }) => target)).toEqual([
      'cheap',
      'dear',
      'late',
      'impaired',
      'leaks',
    ]);
  });

  test('a process that the library ended impairs a target, also where the generator was late', () => {
    const findings = [late, { check: 'stays-up', outcome: 'fail', examined: 1 } as const];
    const card = cardOf([exampleRun({ findings })]);
    expect(card.targets[0]?.cells[0]).toMatchObject({ gate: 'impaired', says: 'stays-up' });
  });

  test('a leak counts although the generator was late; a failure of liveness then does not', () => {
    const card = cardOf([
      exampleRun({ key: { target: 'a' }, findings: [late, leak] }),
      exampleRun({ key: { target: 'b' }, findings: [late, unserved] }),
    ]);
    expect(gradesOf(card)).toEqual([
      ['b', 'unproven'],
      ['a', 'unsafe'],
    ]);
  });

  test('what was not run, was skipped or broke is shown as such and never as a pass', () => {
    const key = { scenario: 'cache-outage', seed: 7 };
    const card = cardOf(
      [
        exampleRun({ key: { target: 'good' } }),
        { ...key, target: 'skipped', ended: 'skipped', reason: 'needs a cluster' },
        { ...key, target: 'broke', ended: 'broken', reason: 'it ended with 70' },
      ],
      {},
      ['good', 'skipped', 'broke', 'forgotten'],
    );
    const cells = Object.fromEntries(
      card.targets.map(({ target, grade, cells: [cell] }) => [
        target,
        [grade, cell?.gate, cell?.says],
      ]),
    );
    expect(cells).toEqual({
      good: ['safe', 'pass', ''],
      broke: ['unproven', 'inconclusive', 'it ended with 70'],
      skipped: ['not-tested', 'skipped', 'needs a cluster'],
      forgotten: ['not-tested', 'not-run', 'not run'],
    });
  });

  test('an audit that saw nothing lets no cell pass', () => {
    const selfAudit = { target: 'ioredis', targetVersion: '4.16.0', violations: 0, examined: 900 };
    expect(gradesOf(cardOf([exampleRun()], { selfAudit }))).toEqual([['a', 'unproven']]);
    expect(gradesOf(cardOf([exampleRun({ findings: [leak] })], { selfAudit }))).toEqual([
      ['a', 'unsafe'],
    ]);
  });

  test('a cell that has fewer runs than were asked for is no pass', () => {
    expect(gradesOf(cardOf([exampleRun()], { repeats: 2 }))).toEqual([['a', 'unproven']]);
  });
});

describe('figures', () => {
  test('of several runs of a cell, counts are summed, the bound is of all of them, recovery is the slowest', () => {
    const card = cardOf(
      [
        exampleRun({ measures: { recovery: { ms: 250 }, errors: 5 } }),
        exampleRun({ key: { seed: 8 }, measures: { recovery: { ms: 1_750 }, errors: 15 } }),
      ],
      { repeats: 2 },
    );
    const figures = card.targets[0]?.cells[0]?.figures;
    expect(figures).toMatchObject({ examined: 5_990, leaks: 0, errors: 20, recoveryMs: 1_750 });
    expect(figures?.upperBound95).toBeCloseTo(1 - 0.05 ** (1 / 5_990), 12);
  });

  test('what was not measured is null, shows as a dash, and weighs nothing', () => {
    const card = cardOf([
      exampleRun({
        measures: {
          recovery: null,
          latencyMs: { warm: null, calm: null },
          origin: null,
          processorMs: null,
          memoryBytesMost: null,
        },
      }),
      exampleRun({ key: { target: 'b' } }),
    ]);
    const [one, other] = ['a', 'b'].map((name) =>
      card.targets.find(({ target }) => target === name),
    );
    expect(one).toMatchObject({ cost: null, recoveryMs: null });
    expect(other?.cost).toBeCloseTo(1, 12);
    expect(renderScorecardMarkdown(card, { linked: false, rules: 'r.md' })).toContain(
      '| a 1.0.0 | pass | 0: fewer than 1 in 1,000 | 0 | 0 | 2.0 % | - | - | - | - | - | - |',
    );
  });
});

describe('forms', () => {
  const nasty = '</style><script>alert(1)</script>`[x](javascript:alert(1))';
  const hops = [{ hop: 'client-library', count: 3, story: [`asked for ${nasty}`] }] as const;
  const runs = [
    exampleRun({ key: { target: nasty }, findings: [leak], attribution: hops, replay: nasty }),
    exampleRun({ key: { target: 'b' } }),
  ];

  test('the JSON is what the schema says, and reads back as it was', () => {
    const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(
      schema,
    );
    const card = cardOf(runs);
    validate(JSON.parse(renderScorecardJson(card)));
    expect(validate.errors).toBeNull();
    expect(readScorecardJson(renderScorecardJson(card))).toEqual(card);
    validate({ ...card, targets: [{ ...card.targets[0], grade: 'fine' }] });
    expect(validate.errors).not.toBeNull();
  });

  test.for(['', '[]', '{"format":2}', '{"format":1,"scenarios":[],"targets":[{}]}'])(
    'a baseline of %s is refused in one line',
    (text) => expect(() => readScorecardJson(text)).toThrow(/^it is no .*$/),
  );

  test('every cell leads to its record, its page, its replay line and its story', () => {
    const card = cardOf([exampleRun({ findings: [leak], attribution: [...hops] })]);
    const markdown = renderScorecardMarkdown(card, { linked: true, rules: 'r.md' });
    const html = renderScorecardHtml(card);
    for (const text of [markdown, html])
      for (const part of [
        'record.sqlite',
        'report.html',
        '--target a --seed 7',
        'first wrong: client-library',
      ])
        expect(text).toContain(part);
    expect(markdown).toContain('[UNSAFE](#a-cache-outage)');
    expect(markdown).toContain('<a id="a-cache-outage"></a>');
    expect(renderScorecardMarkdown(card, { linked: false, rules: 'r.md' })).not.toContain(
      'record.sqlite',
    );
  });

  test('nothing that a target or a record is called becomes markup', () => {
    const card = cardOf(runs);
    expect(renderScorecardHtml(card)).not.toContain('<script');
    const markdown = renderScorecardMarkdown(card, { linked: true, rules: 'r.md' });
    expect(markdown.replaceAll(/```sh\n.*\n```/g, '')).not.toMatch(/<script|\]\(javascript/);
    expect(markdown.match(/```/g)).toHaveLength(6);
  });

  test('the terminal has a row a target, best first, and says why cells are no pass', () => {
    const lines = renderScorecardTerminal(
      cardOf([exampleRun({ findings: [leak] }), exampleRun({ key: { target: 'b' } })]),
    ).split('\n');
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'target grade cache-outage recovery cost',
      'b 1.0.0 safe pass 0.3 s 1.00 x',
      'a 1.0.0 UNSAFE UNSAFE 0.3 s 1.00 x',
      '',
      'a, cache-outage: UNSAFE: own-data-only',
    ]);
  });
});

describe('beside a baseline', () => {
  const before = cardOf([
    exampleRun({ key: { target: 'a@1.0.0' } }),
    exampleRun({ key: { target: 'b' } }),
  ]);

  test('a cell that is unsafe now and was not is news, also of another version or where there was none', () => {
    const now = cardOf([
      exampleRun({ key: { target: 'a@2.0.0' }, findings: [leak] }),
      exampleRun({ key: { target: 'b' } }),
      exampleRun({ key: { target: 'c' }, findings: [leak] }),
    ]);
    expect(compareScorecards(now, before).newlyUnsafe).toEqual([
      'a@2.0.0, cache-outage: unsafe (own-data-only), was pass',
      'c, cache-outage: unsafe (own-data-only), was not there',
    ]);
    expect(compareScorecards(now, now).newlyUnsafe).toEqual([]);
  });

  test('a result that is lost is told, for a cell and for a target', () => {
    const now = cardOf([exampleRun({ key: { target: 'b' }, findings: [late] })]);
    expect(compareScorecards(now, before).lost).toEqual([
      'b, cache-outage: inconclusive, was pass',
      'a@1.0.0, cache-outage: not there, was pass',
    ]);
  });

  test('figures that moved notably are worse or better, small moves are neither', () => {
    const now = cardOf([
      exampleRun({
        key: { target: 'a@1.0.0' },
        measures: { processorMs: 2_400, recovery: { ms: 0 } },
      }),
      exampleRun({
        key: { target: 'b' },
        measures: { processorMs: 5_000, recovery: { ms: 1_250 }, memoryBytesMost: 50e6 },
      }),
    ]);
    expect(compareScorecards(now, before)).toEqual({
      newlyUnsafe: [],
      lost: [],
      worse: [
        'b, cache-outage: recovery 1.3 s, was 0.3 s',
        'b, cache-outage: processor time: 2.5 times more',
      ],
      better: ['b, cache-outage: memory: 3.0 times less'],
    });
  });
});
