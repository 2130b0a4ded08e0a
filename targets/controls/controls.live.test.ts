import { expect, test } from 'vitest';
import type { CacheClient, OpenOptions } from '../../harness/model/target.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { describeTarget } from '../clients/contract.ts';
import { crossPairs } from './crossed-pair.ts';
import { defineControl } from './define-control.ts';
import { controls } from './index.ts';
import { openRespClient } from './resp-client.ts';

const world: OpenOptions['world'] = {
  clock: { nowNs: () => 0, sleepUntil: async () => {} },
  rng: seededRng(1),
  log: () => {},
};

test('a crossed pair gets each other’s value, and nobody else does', async () => {
  const client = crossPairs(namesItsKeys(), 3);
  const read = async (key: string): Promise<string> => String(await client.get(key));
  expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(read))).toEqual(['a', 'b', 'd', 'c', 'e']);
  expect([await read('f'), await read('g'), await read('h'), await read('i')]).toEqual([
    'f',
    'g',
    'h',
    'i',
  ]);
});

test('every control is named after its file and says what is wrong with it, what triggers it and which checks must see it', async () => {
  for (const [name, load] of Object.entries(controls)) {
    const control = await load();
    expect(control.name).toBe(name);
    expect(control.bug.length).toBeGreaterThan(30);
    expect(control.caughtBy.length).toBeGreaterThan(0);
    expect(control.trigger.says).not.toBe('');
  }
});

const soundTarget = defineControl({
  name: 'the client that controls are built on',
  caughtBy: ['own-data-only'],
  hop: 'client-library',
  trigger: { says: 'nothing' },
  bug: 'none: without a quirk it keeps the contract of all targets',
  open: openRespClient,
});
describeTarget({ target: soundTarget, targetUrl: soundUrl(), library: null, world });

/** The child process of the contract imports a target's file; this one has none. */
function soundUrl(): string {
  const client = JSON.stringify(import.meta.resolve('./resp-client.ts'));
  return `data:text/javascript,import { openRespClient } from ${client}; export default { open: openRespClient };`;
}

function namesItsKeys(): CacheClient {
  return {
    get: async (key) => Buffer.from(key),
    getMany: async (keys) => keys.map((key) => Buffer.from(key)),
    set: async () => {},
    delete: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
