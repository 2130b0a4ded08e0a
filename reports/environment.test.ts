import { expect, test } from 'vitest';
import { environmentOf } from './environment.ts';

test('versions, circumstances, the replay line and the self-audit are told apart', () => {
  const selfAudit = { target: 'ioredis', targetVersion: '4.16.0', violations: 2, examined: 9 };
  const backend = { processorMs: 2_150.5, memoryBytesMost: 131_072_000 };
  const json = JSON.stringify({
    crosswire: '0.1.0',
    node: '24.21.0',
    mitigations: ['verify-owner', 'events-off'],
    fileLimit: 4096,
    replay: 'npm start -- --seed 7',
    selfAudit,
    backend,
  });
  expect(environmentOf(json)).toEqual({
    versions: [
      { name: 'crosswire', value: '0.1.0' },
      { name: 'node', value: '24.21.0' },
    ],
    circumstances: [
      { name: 'mitigations', value: 'verify-owner, events-off' },
      { name: 'fileLimit', value: '4096' },
    ],
    replay: 'npm start -- --seed 7',
    selfAudit,
    backend,
  });
});

test.for([
  '',
  'null',
  '[]',
  '7',
  '{"replay":"","selfAudit":null}',
  '{"replay":7,"selfAudit":{"target":1},"backend":{"processorMs":"2"}}',
])('an environment of %s says nothing', (json) => {
  expect(environmentOf(json)).toEqual({
    versions: [],
    circumstances: [],
    replay: null,
    selfAudit: null,
    backend: null,
  });
});
