import { expect, test } from 'vitest';
import type { Fault } from '../harness/model/fault.ts';
import { faultWords } from './fault-words.ts';

const selector = { commands: ['GET'], keyPrefix: 'thumb:' };

test.for<readonly [Fault, string]>([
  [{ kind: 'kill', service: 'cache' }, 'cache killed'],
  [
    { kind: 'kill', service: 'cache', data: 'kept', address: 'another' },
    'cache killed, its data kept, back at another address',
  ],
  [{ kind: 'pause', service: 'cache' }, 'cache paused (SIGSTOP)'],
  [
    { kind: 'starve', service: 'cache', runShare: 0.1, periodMs: 100 },
    'cache starved: it ran for 10.0 % of every 100 ms',
  ],
  [{ kind: 'loading', service: 'cache' }, 'cache answering LOADING'],
  [
    { kind: 'limit-memory', service: 'cache', shareOfUsed: 0.5, eviction: 'allkeys-lru' },
    'cache memory limited to 50.0 % of what it held (allkeys-lru)',
  ],
  [
    { kind: 'limit-connections', service: 'cache', connectionsMax: 1 },
    'cache limited to 1 connection',
  ],
  [{ kind: 'failover', service: 'cache' }, 'primary killed, its replica promoted'],
  [
    {
      kind: 'move-slots',
      service: 'cache',
      toNode: 3,
      slotsAtOnce: 40,
      keysPerStep: 1,
      stepMs: 200,
    },
    'slots moved to node 3 of the cluster, 40 at a time',
  ],
  [
    {
      kind: 'wire',
      rule: {
        type: 'cut-after-reply',
        reply: 1,
        how: 'rst',
        selector: { burstSizeMin: 6 },
        timesMax: 1,
      },
    },
    'connection cut after 1 reply of a pipeline of 6 or more (RST)',
  ],
  [
    { kind: 'wire', rule: { type: 'cut-in-reply', byte: 1204, how: 'fin', selector, timesMax: 1 } },
    'connection cut 1,204 bytes into a reply to GET of thumb:* (FIN)',
  ],
  [
    { kind: 'wire', rule: { type: 'cut-idle', how: 'fin', timesMax: 1 } },
    'idle connections cut (FIN)',
  ],
  [
    { kind: 'wire', rule: { type: 'hold-reply', forMs: 250, selector: {}, timesMax: 1 } },
    'replies to any command held for 250 ms',
  ],
  [{ kind: 'wire', rule: { type: 'refuse-connections', how: 'rst' } }, 'connections refused (RST)'],
  [
    {
      kind: 'wire',
      rule: { type: 'cut-before-reply', reply: 3, how: 'fin', selector: {}, timesMax: 1 },
    },
    'connection cut before reply 3 of any command (FIN)',
  ],
  [
    {
      kind: 'wire',
      rule: {
        type: 'cut-in-array',
        elements: 2,
        how: 'rst',
        selector: { commands: ['MGET'] },
        timesMax: 1,
      },
    },
    'connection cut after 2 elements of an array that answers MGET (RST)',
  ],
  [
    {
      kind: 'wire',
      rule: {
        type: 'cut-between-values',
        values: 3,
        how: 'fin',
        selector: { commands: ['MGET'] },
        timesMax: 1,
      },
    },
    'connection cut after 3 values of many that MGET asked for (FIN)',
  ],
  [
    { kind: 'wire', rule: { type: 'stall-handshake', replies: 2, forMs: 250, timesMax: 9 } },
    'the first 2 replies of each new connection held for 250 ms',
  ],
  [
    {
      kind: 'wire',
      rule: {
        type: 'slow-replies',
        bytesPerSecond: 1500,
        selector: { keyPattern: '*:7' },
        timesMax: 1,
      },
    },
    'replies to any command of *:7 slowed to 1,500 bytes a second',
  ],
  [
    {
      kind: 'wire',
      rule: { type: 'split-replies', offsets: [1, 5], gapMs: 0, selector: {}, timesMax: 1 },
    },
    'replies to any command split at 2 places',
  ],
  [
    { kind: 'wire', rule: { type: 'error-reply', error: 'LOADING', selector: {}, timesMax: 1 } },
    'any command answered with LOADING',
  ],
  [{ kind: 'wire', rule: { type: 'stop-reading', timesMax: 1 } }, 'commands not read'],
  [{ kind: 'wire', rule: { type: 'refuse-new-connections' } }, 'new connections refused'],
  [
    { kind: 'wire', rule: { type: 'black-hole-connections', timesMax: 1 } },
    'new connections never answered',
  ],
  [
    {
      kind: 'wire',
      rule: { type: 'close-new-connections', how: 'rst', says: 'nothing', timesMax: 1 },
    },
    'new connections closed at once (RST)',
  ],
  [
    {
      kind: 'wire',
      rule: { type: 'close-new-connections', how: 'fin', says: 'max-clients', timesMax: 1 },
    },
    'new connections turned away: no room for clients (FIN)',
  ],
])('%j in words', ([fault, says]) => {
  expect(faultWords({ faultId: 'x', fault: JSON.stringify(fault) }).says).toBe(says);
});

test.for([
  '',
  'null',
  '{}',
  '{"kind":"wire"}',
  '{"kind":"wire","rule":{"type":"boil"}}',
  '{"kind":"wire","rule":{"type":"cut-in-reply"}}',
])('a fault that cannot be understood is called by its id: %s', (fault) => {
  expect(faultWords({ faultId: 'cut-7', fault })).toEqual({ says: 'cut-7', kind: 'cut-7' });
});
