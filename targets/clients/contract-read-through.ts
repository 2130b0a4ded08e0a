import { expect, test } from 'vitest';
import type { CacheClient, Lack } from '../../harness/model/target.ts';

type Opened = (patienceMs?: number) => Promise<CacheClient>;

type GetOrLoad = NonNullable<CacheClient['getOrLoad']>;

interface Outages {
  stall(): Promise<void>;
  resume(): void;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** What a library promises that has a read-through. `lacked` are the abilities that its target says it does not have. */
export function describeReadThrough(
  opened: Opened,
  {
    server,
    lacked,
  }: {
    readonly server: () => Outages;
    readonly lacked: ReadonlySet<Lack['ability']>;
  },
): void {
  test('what is missing is loaded and kept, and what is there is not loaded', async () => {
    await using client = await opened();
    const loads = countedLoads();
    expect(text(await ask(client, 'kept', loads.of('the value')))).toBe('the value');
    expect(text(await ask(client, 'kept', loads.of('another')))).toBe('the value');
    expect(text(await client.get('kept'))).toBe('the value');
    expect((await client.getMany(['kept', 'unkept'])).map(text)).toEqual(['the value', undefined]);
    await client.set('put', bytes('put there'), 60_000);
    expect(text(await ask(client, 'put', loads.of('another')))).toBe('put there');
    await client.delete('kept');
    expect(text(await ask(client, 'kept', loads.of('loaded anew')))).toBe('loaded anew');
    expect(loads.count()).toBe(2);
  });

  test.each([
    { says: 'nothing at all', value: bytes('') },
    { says: 'every byte value', value: Uint8Array.from({ length: 256 }, (_, index) => index) },
  ])('gives back $says, loaded and kept', async ({ says, value }) => {
    await using client = await opened();
    for (let turn = 0; turn < 2; turn += 1) {
      const given = await ask(client, `loaded:${says}`, async () => value);
      expect(given === undefined ? 'nothing was given' : [...given]).toEqual([...value]);
    }
  });

  test(`callers of one key at the same time ${lacked.has('one-load') ? 'get what was loaded' : 'share one load'}`, async () => {
    await using client = await opened(patientMs);
    const { loads, given } = await crowd(client, 'crowd');
    expect(given).toEqual(Array(crowdSize).fill('for everybody'));
    expect(loads === 1 || lacked.has('one-load')).toBe(true);
  });

  test('callers of different keys at the same time never share', async () => {
    await using client = await opened(patientMs);
    const keys = [...Array.from({ length: 200 }, (_, index) => `own:${index}`), ...alikeKeys];
    const held = Promise.withResolvers<void>();
    let waiting = 0;
    const given = Promise.all(
      keys.map(async (key) =>
        ask(client, key, async () => {
          waiting += 1;
          // All of them are loading when the first of them is answered.
          if (waiting === keys.length) held.resolve();
          await held.promise;
          return bytes(key);
        }),
      ),
    );
    expect((await given).map(text)).toEqual(keys);
    expect((await client.getMany(keys)).map(text)).toEqual(keys);
  });

  test('an error of the load is given to all its callers, and is not kept', async () => {
    await using client = await opened(patientMs);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, async () =>
        ask(client, 'broken', async () => {
          await moment();
          throw new Error('the source is away');
        }),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    expect(await client.get('broken')).toBeUndefined();
    expect(text(await ask(client, 'broken', async () => bytes('mended')))).toBe('mended');
  });

  test('where there is nothing to load nothing is given, and that is not kept', async () => {
    await using client = await opened();
    expect(await ask(client, 'nothing', async () => undefined)).toBeUndefined();
    expect(await client.get('nothing')).toBeUndefined();
    expect(await ask(client, 'nothing', async () => undefined)).toBeUndefined();
    expect(text(await ask(client, 'nothing', async () => bytes('now there is')))).toBe(
      'now there is',
    );
  });

  test('what one client has loaded another one is given, each key its own', async () => {
    await using one = await opened();
    await using other = await opened();
    const loads = countedLoads();
    await ask(one, 'both', loads.of('from the one'));
    expect(text(await ask(other, 'both', loads.of('from the other')))).toBe('from the one');
    expect(loads.count()).toBe(1);
    const pairs = await Promise.all([
      ask(one, 'apart:1', loads.of('1')),
      ask(other, 'apart:2', loads.of('2')),
    ]);
    expect(pairs.map(text)).toEqual(['1', '2']);
  });

  test.skipIf(lacked.has('own-bytes'))(
    'whoever changes the bytes that were given changes them for nobody else',
    async () => {
      await using client = await opened(patientMs);
      expect(await staysUnchanged(client)).toBe(true);
    },
  );

  test('a value that was loaded expires after its time', async () => {
    await using client = await opened();
    await ask(client, 'passing', async () => bytes('soon gone'), 60);
    await ask(client, 'staying', async () => bytes('still here'));
    await eventually(
      async () => text(await ask(client, 'passing', async () => bytes('anew'), 60)) === 'anew',
    );
    expect(text(await ask(client, 'staying', async () => bytes('anew')))).toBe('still here');
  });

  test.skipIf(lacked.has('last-delete'))(
    'a delete also ends what a read brings that was under way',
    async () => {
      expect(await endsReadsUnderWay(opened, server())).toBe(true);
    },
  );

  test('while the server is away it rejects or loads, and afterwards it serves again by itself', async () => {
    await using client = await opened();
    await ask(client, 'outage:0', async () => bytes('outage:0'));
    await server().kill();
    const keys = Array.from({ length: 5 }, (_, index) => `outage:${index}`);
    const outcomes = await Promise.allSettled(
      keys.map(async (key) => ask(client, key, async () => bytes(key))),
    );
    await server().start();
    const wrong = outcomes.filter(
      (outcome, index) => outcome.status === 'fulfilled' && text(outcome.value) !== keys[index],
    );
    expect(wrong).toEqual([]);
    await eventually(
      async () => text(await ask(client, 'outage:9', async () => bytes('back'))) === 'back',
    );
  });
}

/** Whether a target that says it lacks one of these has it all the same. */
export const readThroughProbes: Readonly<
  Record<
    'one-load' | 'own-bytes' | 'asks-each-time' | 'last-delete',
    (probed: {
      readonly client: CacheClient;
      readonly opened: Opened;
      readonly server: Outages;
    }) => Promise<boolean>
  >
> = {
  'one-load': async ({ client }) => (await crowd(client, 'lack:crowd')).loads === 1,
  'last-delete': async ({ opened, server }) => endsReadsUnderWay(opened, server),
  'own-bytes': async ({ client }) => staysUnchanged(client),
  'asks-each-time': async ({ client, opened }) => {
    await using other = await opened();
    await client.set('lack:copy', bytes('kept'), 60_000);
    await other.delete('lack:copy');
    return (await client.get('lack:copy')) === undefined;
  },
};

async function ask(
  client: CacheClient,
  key: string,
  load: Parameters<GetOrLoad>[1],
  ttlMs = 60_000,
): ReturnType<GetOrLoad> {
  if (client.getOrLoad === undefined)
    throw new Error('the client has no getOrLoad: its target has to say that it lacks get-or-load');
  return client.getOrLoad(key, load, { ttlMs });
}

const crowdSize = 50;

/** Beside `own:1`, which a careless hash, trim or join would take for it. */
const alikeKeys = [
  'own:1:',
  'own:1 ',
  'own:01',
  'OWN:1',
  'own:"1"',
  'own:1~own:1',
  'own:__proto__',
];

/** For questions about which value it is, on a machine that may be slow. */
const patientMs = 20_000;

async function crowd(client: CacheClient, key: string) {
  let loads = 0;
  const given = await Promise.all(
    Array.from({ length: crowdSize }, async () =>
      ask(client, key, async () => {
        loads += 1;
        await moment();
        return bytes('for everybody');
      }),
    ),
  );
  return { loads, given: given.map(text) };
}

/** One caller writes into what it was given; the others of that load, and those after it, are asked what they have. */
async function staysUnchanged(client: CacheClient): Promise<boolean> {
  const loaded = bytes('unchanged');
  const load = async (): Promise<Uint8Array> => {
    await moment();
    return loaded;
  };
  const [first, second] = await Promise.all([ask(client, 'mine', load), ask(client, 'mine', load)]);
  first?.fill(0);
  const third = await ask(client, 'mine', load);
  third?.fill(1);
  const fourth = await ask(client, 'mine', load);
  return [second, fourth].every((each) => text(each) === 'unchanged');
}

/**
 * A read and then a delete of one key wait for a server that answers late, in their order: the read is given the value, which the delete
 * then ends. Whoever keeps copies must not keep that one.
 */
async function endsReadsUnderWay(opened: Opened, server: Outages): Promise<boolean> {
  await using writer = await opened(patientMs);
  await using client = await opened(patientMs);
  const key = 'deleted while it is read';
  await writer.set(key, bytes('old'), 60_000);
  await client.get('connected');
  await server.stall();
  const reading = ask(client, key, async () => bytes('new'));
  await moment();
  const deleting = client.delete(key);
  await moment();
  server.resume();
  await Promise.allSettled([reading, deleting]);
  return text(await client.get(key)) !== 'old';
}

function countedLoads() {
  let loads = 0;
  return {
    of: (value: string) => async (): Promise<Uint8Array> => {
      loads += 1;
      return bytes(value);
    },
    count: () => loads,
  };
}

/** Long enough for whoever asks in the same tick to be there. */
async function moment(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30));
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await isSo().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not become so within 200 attempts');
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value);
}
