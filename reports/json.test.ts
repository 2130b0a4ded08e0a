import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { exampleSummary } from './example-summary.ts';
import { renderJson, toRunJson } from './json.ts';
import schema from './run.schema.json' with { type: 'json' };

const outcomes = ['fail', 'pass', 'inconclusive'] as const;
const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema);

function example(outcome: (typeof outcomes)[number]): ReturnType<typeof toRunJson> {
  return toRunJson(exampleSummary(outcome, () => ({ shown: new Uint8Array(3), asked: null })));
}

test.for(outcomes)('the object of a run that ends in %s is what the schema says', (outcome) => {
  validate(example(outcome));
  expect(validate.errors).toBeNull();
});

test('with the comparison of mitigations it is what the schema says as well, and not with a part of it', () => {
  const row = {
    mitigation: null,
    verdict: 'fail',
    leaks: 3,
    usersReceived: 2,
    byKind: { 'shared-cache': 0, session: 1, list: 0, picture: 2, live: 0, owner: 4 },
    latencyMs: { p50: 4, p99: 90 },
    originLoads: 17,
    backendSeconds: null,
    servedShare: 0.5,
    says: '',
    unexpected: false,
    record: 'r',
  } as const;
  const summary = exampleSummary('fail', () => ({ shown: new Uint8Array(3), asked: null }));
  const text = renderJson(summary, { seed: 3, rows: [row], notTried: [] });
  validate(JSON.parse(text));
  expect(validate.errors).toBeNull();
  expect(validate({ ...example('fail'), whatIf: { seed: 3, rows: [] } })).toBe(false);
});

test('the object has exactly the fields of the contract', () => {
  const json = example('fail');
  expect(Object.keys(json)).toEqual([
    'verdict',
    'scenario',
    'target',
    'cache',
    'seed',
    'findings',
    'blastRadius',
    'attribution',
    'record',
    'reports',
  ]);
  expect(json).toMatchObject({
    verdict: 'fail',
    target: { name: 'ioredis', version: '4.16.0' },
    seed: 42,
    reports: { junit: 'crosswire-runs/cache-outage-42/junit.xml' },
  });
  expect(json.findings[0]).toEqual({
    check: 'own-data-only',
    outcome: 'fail',
    examined: 48_211,
    violations: 391,
    upperBound95: null,
  });
  expect(example('inconclusive').findings.find(({ check }) => check === 'canary')).toEqual({
    check: 'canary',
    outcome: 'inconclusive',
    examined: null,
    violations: null,
    upperBound95: null,
  });
});

test.for([
  [
    'a pass with violations',
    { check: 'mapping', outcome: 'pass', examined: 3, violations: 1, upperBound95: 0.5 },
  ],
  [
    'a pass that examined nothing',
    { check: 'mapping', outcome: 'pass', examined: 0, violations: 0, upperBound95: 1 },
  ],
  [
    'a failure without a violation',
    { check: 'mapping', outcome: 'fail', examined: 3, violations: 0, upperBound95: null },
  ],
  [
    'an unknown outcome',
    { check: 'mapping', outcome: 'skipped', examined: null, violations: null, upperBound95: null },
  ],
  [
    'a field that is not in the contract',
    {
      check: 'mapping',
      outcome: 'inconclusive',
      examined: null,
      violations: null,
      upperBound95: null,
      note: '',
    },
  ],
] as const)('the schema refuses %s', ([, finding]) => {
  expect(validate({ ...example('pass'), findings: [finding] })).toBe(false);
});

test('the text is the object and ends with a line end', () => {
  const text = renderJson(
    exampleSummary('pass', () => ({ shown: new Uint8Array(3), asked: null })),
  );
  expect(JSON.parse(text)).toEqual(example('pass'));
  expect(text.endsWith('}\n')).toBe(true);
});
