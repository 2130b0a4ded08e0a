import { expect, test } from 'vitest';
import { cacheOutage } from '../../scenarios/cache-outage.ts';
import { failover } from '../../scenarios/failover.ts';
import { loading } from '../../scenarios/loading.ts';
import type { Plan } from '../model/plan.ts';
import type { Scenario, ScenarioSize } from '../model/scenario.ts';
import { planOf } from '../plan/plan.ts';
import { fitTarget } from './target-choice.ts';
import { UsageError } from './usage-error.ts';

const small = { cameras: 1, users: 2 };

function plan<Size extends ScenarioSize>(scenario: Scenario<Size>): Plan {
  return planOf(scenario, { seed: 1, size: { ...scenario.size, ...small } });
}

const plain = plan(cacheOutage);
const onCluster: Plan = { ...plain, scenario: 'outage-of-a-cluster', cacheTopology: 'cluster' };

test.for([
  ['ioredis', { source: { name: 'ioredis' }, version: undefined, topology: undefined }],
  ['ioredis@4.16.0', { source: { name: 'ioredis' }, version: '4.16.0' }],
  ['ioredis:cluster', { source: { name: 'ioredis', variant: 'cluster' }, topology: 'cluster' }],
  [
    'redis:pool?resp=3@5.0.0',
    { source: { name: 'redis', variant: 'pool', options: { resp: '3' } }, version: '5.0.0' },
  ],
  [
    'ioredis?autopipelining=true@>=5 <6',
    { source: { name: 'ioredis', options: { autopipelining: 'true' } }, version: '>=5 <6' },
  ],
  [
    './targets/clients/redis.ts:cluster?resp=2',
    {
      source: {
        path: expect.stringMatching(/\/targets\/clients\/redis\.ts$/),
        variant: 'cluster',
        options: { resp: '2' },
      },
    },
  ],
  [
    'stdio:node ./a@b.py --pool 4',
    { source: { command: ['node', './a@b.py', '--pool', '4'] }, version: undefined },
  ],
  ['redis-py@4.5.3', { source: { name: 'redis-py' }, version: '4.5.3' }],
] as const)('%s is read', async ([text, choice]) => {
  expect((await fitTarget(text, plain)).choice).toMatchObject(choice);
});

test.for([
  ['ioredis:clutser', '--target: the target ioredis has no variant "clutser"; it has: cluster'],
  ['ioredis:', 'has no variant ""'],
  ['ioredis?rsep=3', 'the target ioredis has no option "rsep"; it has: autopipelining, resp'],
  ['redis?resp=4', 'the option resp of the target redis takes 2 or 3, got "4"'],
  ['redis?resp', '"resp" is no option; write NAME?option=value&option=value'],
  ['redis?', 'is no option; write'],
  ['redis?resp=2&resp=3', 'names the option resp twice'],
  ['reids:cluster', 'there is no target named "reids"; did you mean redis?'],
  ['./nowhere.ts:cluster', 'there is no file'],
  ['stdio:./no/such/program', 'there is no program ./no/such/program that can be started here'],
  ['stdio:no-such-program --x', 'there is no program no-such-program'],
  ['stdio:', "names no program; write 'stdio:PROGRAM WORD ...'"],
] as const)('%s is refused in one line', async ([text, says]) => {
  const refused = fitTarget(text, plain);
  await expect(refused).rejects.toBeInstanceOf(UsageError);
  await expect(refused).rejects.toThrow(says);
  await expect(refused).rejects.toThrow(/^[^\n]*$/);
});

test('where a cluster is needed, the variant for clusters is taken, and that is said', async () => {
  expect(await fitTarget('ioredis?autopipelining=true@5', onCluster)).toEqual({
    choice: {
      source: { name: 'ioredis', variant: 'cluster', options: { autopipelining: 'true' } },
      version: '5',
      topology: 'cluster',
    },
    remark:
      'outage-of-a-cluster needs a cluster, so the target is ioredis:cluster?autopipelining=true',
  });
  expect((await fitTarget('redis:cluster', onCluster)).remark).toBeUndefined();
});

test('a variant that is not for clusters is not replaced', async () => {
  await expect(fitTarget('redis:pool', onCluster)).rejects.toThrow(
    'outage-of-a-cluster needs a cluster, and redis:pool is not used with one; name redis:cluster',
  );
});

test('a target for clusters is refused what only one server has', async () => {
  await expect(fitTarget('redis:cluster', plan(failover))).rejects.toThrow(
    'failover needs a primary with a replica, and redis:cluster is not used with one; name redis',
  );
  await expect(fitTarget('redis:cluster', plan(loading))).rejects.toThrow(
    'loading has the fault loading, which is for one server',
  );
  expect((await fitTarget('redis', plan(failover))).choice.topology).toBeUndefined();
});
