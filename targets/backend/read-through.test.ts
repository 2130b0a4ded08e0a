import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type GatedCache, gatedCache } from './gated-cache.ts';
import { createKeyLedger, lingerMs, slowMs } from './key-ledger.ts';
import { type Cached, createReadThrough, type ReadThrough } from './read-through.ts';

/** One value of the source of truth, read through a cache whose every step the test decides. */
interface House {
  readonly cache: GatedCache;
  readonly read: ReadThrough;
  readonly name: Cached<string>;
  /** Makes the change; resolves when it is confirmed. */
  rename(to: string, how?: 'put' | 'drop'): Promise<void>;
  passMs(milliseconds: number): void;
  cached(): string | undefined;
}

function house({ readsThrough = false } = {}): House {
  let truth = 'old';
  let nowNs = 1e15;
  const cache = gatedCache({ readsThrough });
  const ledger = createKeyLedger({ nowNs: () => nowNs, sleepUntil: async () => {} });
  const read = createReadThrough({ cache, ledger, ttlMs: 1_000, onLoad: () => {} });
  const encode = (value: string): Uint8Array => Buffer.from(value);
  const name: Cached<string> = {
    key: 'name',
    parse: (value) => Buffer.from(value).toString(),
    load: () => truth,
    encode,
    bytes: () => encode(truth),
  };
  return {
    cache,
    read,
    name,
    rename: async (to, how = 'drop') => {
      const commit = (): void => {
        truth = to;
      };
      await read.change(
        how === 'put' ? { commit, put: [name], drop: [] } : { commit, drop: [name] },
      );
    },
    passMs: (milliseconds) => {
      nowNs += milliseconds * 1e6;
    },
    cached: () => cache.values.get('name')?.toString(),
  };
}

test.each(['put', 'drop'] as const)(
  'a set of the old value that is under way when the change comes does not outlive it, whichever the client carries out first (%s)',
  async (how) => {
    const { cache, read, name, rename } = house();
    const fill = cache.gate('set', 'name');
    const reading = read.one(name);
    await fill.arrived;
    const renaming = rename('new', how);
    // A client with two connections would carry out the change's write by now.
    await delay(5);
    fill.open();
    expect(await reading).toBe('old');
    await renaming;
    expect(await read.one(name)).toBe('new');
  },
);

test.each(['one', 'many'] as const)(
  'a set that was given up on and is carried out after the change is not believed (%s)',
  async (call) => {
    const { cache, read, name, rename, cached, passMs } = house();
    const fill = cache.gate('set', 'name');
    const reading = read.one(name);
    await fill.arrived;
    fill.fail();
    await expect(reading).rejects.toThrow('given up on');
    passMs(10 * lingerMs);
    await rename('new');
    fill.late();
    expect(cached()).toBe('old');
    expect(call === 'one' ? await read.one(name) : await read.many([name])).toEqual(
      call === 'one' ? 'new' : ['new'],
    );
    expect(cached()).toBe('new');
  },
);

test.each(['put', 'drop'] as const)(
  'a change is not answered as long as a read-through may store what it loaded before it (%s)',
  async (how) => {
    const { cache, read, name, rename, cached } = house({ readsThrough: true });
    const [one, other] = [cache.gate('store', 'name'), cache.gate('store', 'name')];
    const readings = [read.one(name), read.one(name)];
    await Promise.all([one.arrived, other.arrived]);
    let isAnswered = false;
    const renaming = (async () => {
      await rename('new', how);
      isAnswered = true;
    })();
    for (const gate of [other, one]) {
      // The change's own write would have reached the cache by now, and what is stored next would stay.
      await delay(5);
      expect(isAnswered).toBe(false);
      gate.open();
    }
    await renaming;
    expect(cached()).not.toBe('old');
    // Both were overtaken by the change, and what they got from the client was not believed any more.
    expect(await Promise.all(readings)).toEqual(['new', 'new']);
    expect(await read.one(name)).toBe('new');
    expect(cached()).toBe('new');
  },
);

test('a change does not wait for a read-through that has loaded nothing yet, which then loads what is new', async () => {
  const { cache, read, name, rename, cached } = house({ readsThrough: true });
  const asking = cache.gate('get', 'name');
  const reading = read.one(name);
  await asking.arrived;
  await rename('new');
  asking.open();
  expect(await reading).toBe('new');
  expect(cached()).toBe('new');
});

test('what a read-through was given up on and stores after the change is not believed', async () => {
  const { cache, read, name, rename, cached, passMs } = house({ readsThrough: true });
  const storing = cache.gate('store', 'name');
  const reading = read.one(name);
  await storing.arrived;
  storing.fail();
  await expect(reading).rejects.toThrow('given up on');
  passMs(10 * lingerMs);
  await rename('new');
  storing.late();
  expect(cached()).toBe('old');
  expect(await read.one(name)).toBe('new');
  expect(cached()).toBe('new');
});

test('a loader that is called when its caller has given up makes the key unsure as well', async () => {
  let nowNs = 1e15;
  const ledger = createKeyLedger({ nowNs: () => nowNs, sleepUntil: async () => {} });
  let loadedLate = (): void => {};
  const given = ledger.loading('name', async (loaded) => {
    loadedLate = loaded;
    throw new Error('given up on');
  });
  await expect(given).rejects.toThrow('given up on');
  nowNs += 10 * lingerMs * 1e6;
  loadedLate();
  ledger.supersede('name', Buffer.from('old'));
  await ledger.delete('name', async () => {});
  expect(ledger.isStale('name', Buffer.from('old'))).toBe(true);
  expect(ledger.isStale('name', Buffer.from("a stranger's"))).toBe(false);
});

test('where there is nothing a read-through gives nothing, and stores nothing', async () => {
  const { cache, read, name } = house({ readsThrough: true });
  const absent = { ...name, key: 'nobody', bytes: () => undefined };
  expect(await read.one(absent)).toBeUndefined();
  expect([...cache.values.keys()]).toEqual([]);
});

test('a change whose delete failed is made, rejects, and what it made stale is not believed', async () => {
  const { cache, read, name, rename, cached } = house();
  await read.one(name);
  const dropping = cache.gate('delete', 'name');
  const renaming = rename('new');
  await dropping.arrived;
  dropping.fail();
  await expect(renaming).rejects.toThrow('given up on');
  expect(cached()).toBe('old');
  expect(await read.one(name)).toBe('new');
});

test('a newer value that was put while an older one was being put is what is left', async () => {
  const { cache, read, name, rename, cached } = house();
  const older = cache.gate('set', 'name');
  const first = rename('second', 'put');
  await older.arrived;
  const second = rename('third', 'put');
  await delay(5);
  older.open();
  await Promise.all([first, second]);
  expect(cached()).toBe('third');
  expect(await read.one(name)).toBe('third');
});

test('a reader that misses while an older value is being set leaves that to whoever sets it', async () => {
  const { cache, read, name, rename } = house();
  const fill = cache.gate('set', 'name');
  const reading = read.one(name);
  await fill.arrived;
  const renaming = rename('new');
  expect(await read.one(name)).toBe('new');
  fill.open();
  expect(await reading).toBe('old');
  await renaming;
  expect(await read.one(name)).toBe('new');
});

test('what comes back after trouble, as from a dump, is not believed; what never was there is', async () => {
  const { cache, read, name, rename, passMs } = house();
  await read.one(name);
  passMs(10 * lingerMs);
  await rename('new');
  const lost = cache.gate('get', 'elsewhere');
  const reading = read.one({ ...name, key: 'elsewhere' });
  await lost.arrived;
  lost.fail();
  await expect(reading).rejects.toThrow('given up on');
  cache.values.set('name', Buffer.from('old'));
  expect(await read.one(name)).toBe('new');
  cache.values.set('name', Buffer.from("a stranger's"));
  expect(await read.one(name)).toBe("a stranger's");
});

test('a call without an answer for long is trouble too: the connection may be another one', async () => {
  const { cache, read, name, rename, passMs } = house();
  await read.one(name);
  passMs(10 * lingerMs);
  await rename('new');
  const slow = cache.gate('get', 'elsewhere');
  const reading = read.one({ ...name, key: 'elsewhere' });
  await slow.arrived;
  await delay(2 * slowMs);
  slow.open();
  await reading;
  cache.values.set('name', Buffer.from('old'));
  expect(await read.one(name)).toBe('new');
});

test('as long as a slow call is not over, and for a while after it, a change is not believed to have ended the old value', async () => {
  const { cache, read, name, rename, passMs } = house();
  await read.one(name);
  const slow = cache.gate('get', 'elsewhere');
  const reading = read.one({ ...name, key: 'elsewhere' });
  await slow.arrived;
  await delay(2 * slowMs);
  passMs(10 * lingerMs);
  await rename('new');
  cache.values.set('name', Buffer.from('old'));
  expect(await read.one(name)).toBe('new');
  slow.open();
  await reading;
  cache.values.set('name', Buffer.from('old'));
  expect(await read.one(name)).toBe('new');
});

test('without trouble the cache is believed, so a client that gives what was deleted is seen', async () => {
  const { cache, read, name, rename, passMs } = house();
  await read.one(name);
  passMs(10 * lingerMs);
  await rename('new');
  cache.values.set('name', Buffer.from('old'));
  expect(await read.one(name)).toBe('old');
});

test('a change that is confirmed long after the trouble is believed again, and one shortly after it is not', async () => {
  const { cache, read, name, rename, passMs } = house();
  await read.one(name);
  const lost = cache.gate('get', 'elsewhere');
  const reading = read.one({ ...name, key: 'elsewhere' });
  await lost.arrived;
  lost.fail();
  await expect(reading).rejects.toThrow('given up on');
  passMs(lingerMs / 2);
  await rename('second');
  cache.values.set('name', Buffer.from('old'));
  expect(await read.one(name)).toBe('second');
  passMs(lingerMs);
  await rename('third');
  cache.values.set('name', Buffer.from('second'));
  expect(await read.one(name)).toBe('second');
});

test('the generation of a key grows with each change of it, and with nothing else', async () => {
  const { read, name, rename } = house();
  const before = read.generation('name');
  await read.one(name);
  expect(read.generation('name')).toBe(before);
  await rename('new');
  expect(read.generation('name')).toBeGreaterThan(before);
  expect(read.generation('elsewhere')).toBe(0);
});
