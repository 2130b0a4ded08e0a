import { describe, expect, test } from 'vitest';
import type { Fault } from '../model/fault.ts';
import type { Provider } from '../model/service.ts';
import { cacheRefusal } from './cache-refusal.ts';

const service = 'cache';
const always = { selector: {}, timesMax: 1_000_000 } as const;
const kill: Fault = { kind: 'kill', service };
const keepingKill: Fault = { kind: 'kill', service, data: 'kept' };
const pause: Fault = { kind: 'pause', service };
const loading: Fault = { kind: 'loading', service };
const memory: Fault = { kind: 'limit-memory', service, shareOfUsed: 0.5, eviction: 'allkeys-lru' };
const failover: Fault = { kind: 'failover', service };
const error = (name: 'LOADING' | 'SERVER_ERROR'): Fault => ({
  kind: 'wire',
  rule: { type: 'error-reply', error: name, ...always },
});
const cut: Fault = { kind: 'wire', rule: { type: 'cut-idle', how: 'fin', timesMax: 1 } };
const providers: readonly Provider['name'][] = ['external', 'process', 'container', 'embedded'];

describe('with a client of Redis', () => {
  test.for<readonly [what: string, fault: Fault, can: readonly Provider['name'][]]>([
    ['a kill', kill, providers],
    ['a kill that keeps its data', keepingKill, ['external', 'process', 'container']],
    ['a pause', pause, ['process', 'container', 'embedded']],
    ['loading', loading, ['process', 'container']],
    ['a limit of memory', memory, ['process', 'container']],
    ['a failover', failover, []],
    ['LOADING in place of answers', error('LOADING'), providers],
    ['the error of memcached', error('SERVER_ERROR'), []],
    ['a rule on the wire', cut, providers],
  ])('%s is refused where it cannot be had', ([, fault, can]) => {
    const able = providers.filter(
      (provider) => cacheRefusal([fault], { provider, protocol: 'resp' }) === null,
    );
    expect(able).toEqual(can);
  });
});

test('a failover is for a cache with a replica', () => {
  const cache = { provider: 'process', protocol: 'resp', topology: 'sentinel' } as const;
  expect(cacheRefusal([failover], cache)).toBeNull();
  expect(cacheRefusal([failover], { ...cache, protocol: 'memcached' })).toContain('failover needs');
});

test('every fault that cannot be had is named once, with who can', () => {
  const cache = { provider: 'embedded', protocol: 'memcached' } as const;
  expect(cacheRefusal([kill, loading, memory, loading, error('LOADING'), cut], cache)).toBe(
    'loading, limit-memory need a Redis or Valkey of our own: --cache process or container, and a target that speaks RESP; ' +
      'error-reply LOADING needs a target that speaks RESP; this cache is of the kind embedded and speaks memcached',
  );
  expect(cacheRefusal([kill, pause, cut, error('SERVER_ERROR')], cache)).toBeNull();
});
