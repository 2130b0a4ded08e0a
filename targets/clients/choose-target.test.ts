import { expect, test } from 'vitest';
import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { chooseTarget, targetName } from './choose-target.ts';
import { defineTarget } from './define-target.ts';

/** Whatever is opened says how. */
const saying =
  (how: string) =>
  async ({ words }: OpenOptions): Promise<CacheClient> => ({
    get: async () => Buffer.from(`${how} ${JSON.stringify(words)}`),
    getMany: async () => [],
    set: async () => undefined,
    delete: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  });

const target: Target = defineTarget({
  name: 'some',
  package: 'some',
  protocol: 'resp',
  lacks: [{ ability: 'deadline', because: 'it is plain' }],
  version: '2.0.0',
  companions: { store: '2.1.0' },
  variants: {
    other: {
      says: 'over another store',
      version: '1.9.0',
      companions: { 'other-store': '1.0.0' },
      protocol: 'memcached',
      keyPrefix: 'other:',
      open: saying('other'),
    },
    cluster: { says: 'to a cluster', topology: 'cluster', open: saying('cluster') },
    pool: {
      says: 'as a pool',
      lacks: [],
      options: { size: { says: 'its size', takes: { min: 1, max: 64 } } },
      open: saying('pool'),
    },
  },
  options: { resp: { says: 'the protocol', takes: ['2', '3'] } },
  open: saying('plain'),
});

async function opened(chosen: Target): Promise<string> {
  const world = {
    clock: { nowNs: () => 0, sleepUntil: async () => undefined },
    rng: {} as OpenOptions['world']['rng'],
    log: () => undefined,
  };
  const endpoint = { host: '127.0.0.1', port: 1 };
  const client = await chosen.open({ endpoint, library: null, timeoutMs: 1, world });
  return String(Buffer.from((await client.get('')) ?? []));
}

test('a name without words means the target as it is', async () => {
  const chosen = chooseTarget(target, {});
  expect(chosen).toMatchObject({ name: 'some', lacks: [{ because: 'it is plain' }] });
  expect(chosen.topology).toBeUndefined();
  expect(await opened(chosen)).toBe('plain {}');
});

test('a variant is opened in its own way, and keeps what it does not say', async () => {
  const chosen = chooseTarget(target, { variant: 'cluster', options: { resp: '3' } });
  expect(chosen).toMatchObject({
    name: 'some:cluster?resp=3',
    topology: 'cluster',
    lacks: [{ because: 'it is plain' }],
  });
  expect(await opened(chosen)).toBe('cluster {"resp":"3"}');
});

test('a variant may go with other packages and another protocol', () => {
  expect(chooseTarget(target, { variant: 'other' })).toMatchObject({
    version: '1.9.0',
    companions: { 'other-store': '1.0.0' },
    protocol: 'memcached',
    keyPrefix: 'other:',
  });
  expect(chooseTarget(target, { variant: 'pool' })).toMatchObject({
    version: '2.0.0',
    companions: { store: '2.1.0' },
    protocol: 'resp',
  });
});

test('options of a variant stand beside those of its target', async () => {
  const words = { variant: 'pool', options: { size: '8', resp: '2' } };
  const chosen = chooseTarget(target, words);
  expect(chosen).toMatchObject({ name: 'some:pool?size=8&resp=2', lacks: [] });
  expect(targetName('some', words)).toBe(chosen.name);
  expect(await opened(chosen)).toBe('pool {"size":"8","resp":"2"}');
});

test.for([
  [
    { variant: 'clutser' },
    'the target some has no variant "clutser"; it has: other, cluster, pool',
  ],
  [
    { variant: 'toString' },
    'the target some has no variant "toString"; it has: other, cluster, pool',
  ],
  [{ options: { size: '8' } }, 'the target some has no option "size"; it has: resp'],
  [
    { variant: 'pool', options: { sise: '8' } },
    'the target some:pool has no option "sise"; it has: resp, size',
  ],
  [{ options: { resp: '4' } }, 'the option resp of the target some takes 2 or 3, got "4"'],
  [
    { variant: 'pool', options: { size: '65' } },
    'the option size of the target some:pool takes a whole number from 1 to 64, got "65"',
  ],
  [
    { variant: 'pool', options: { size: '1e1' } },
    'the option size of the target some:pool takes a whole number from 1 to 64, got "1e1"',
  ],
] as const)('%j is refused in one line with the known words', ([words, says]) => {
  expect(() => chooseTarget(target, words)).toThrow(new Error(says));
});

test('a target without variants and options says that it has none', () => {
  const { variants: _variants, options: _options, ...plain } = target;
  expect(() => chooseTarget(plain, { variant: 'cluster' })).toThrow('it has none');
  expect(() => chooseTarget(plain, { options: { a: '1' } })).toThrow('it has none');
});
