import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CacheClient, Lack, Target, TargetWords } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { chooseTarget } from './choose-target.ts';
import { type ContractServer, redisServerMissing, startContractServer } from './contract-server.ts';

export interface ContractSubject {
  readonly target: Target;
  /** Which variant of it, with which options; the plain target when absent. */
  readonly words?: TargetWords;
  /** The file that exports the target as its default, as a URL: a child process imports it. */
  readonly targetUrl: string;
  /** `values`: only what is given back; for an option that changes nothing else. All of the contract unless told. */
  readonly parts?: 'all' | 'values';
  /** What the library is imported by, for example `ioredis-4.16.0` or the path of its entry; null for a target that has none. */
  readonly library: string | null;
  readonly world: World;
}

/** How long one call may take here. Short, because some of the tests wait for it to pass. */
const timeoutMs = 400;

/** The contract that every target keeps, against a real redis-server. Skipped, with the reason, where there is none. */
export function describeTarget({ words = {}, ...named }: ContractSubject): void {
  const subject = { ...named, words, target: chooseTarget(named.target, words) };
  const missing = redisServerMissing();
  const title = missing === undefined ? '' : ` (${missing})`;
  describe.skipIf(missing !== undefined)(
    `${subject.target.name} with ${subject.library ?? 'no library'}${title}`,
    () => {
      let server: ContractServer;
      beforeAll(async () => {
        server = await startContractServer({ isCluster: subject.target.topology === 'cluster' });
      });
      afterAll(async () => {
        await server[Symbol.asyncDispose]();
      });
      const opened: Opened = async (patienceMs) => openSubject(subject, server, patienceMs);
      describeValues(opened);
      if (subject.parts === 'values') return;
      for (const lack of subject.target.lacks) describeLack(lack, opened, () => server);
      describeOutages(opened, () => server);
      describeClosing(subject, () => server);
      const lacked = new Set(subject.target.lacks.map(({ ability }) => ability));
      if (lacked.has('abort-signal')) return;
      test('a get under an aborted signal rejects', async () => {
        await using client = await opened();
        const aborted = { signal: AbortSignal.abort() };
        await expect(client.get('any', aborted)).rejects.toBeInstanceOf(Error);
      });
    },
  );
}

type Opened = (patienceMs?: number) => Promise<CacheClient>;

function describeValues(opened: Opened): void {
  test.each(awkwardValues)('gives back $says, byte for byte', async ({ says, value }) => {
    await using client = await opened();
    await client.set(`value ${says}`, value, 60_000);
    expect(sameBytes(await client.get(`value ${says}`), value)).toBe(true);
    const [first, second] = await client.getMany([`value ${says}`, `value ${says}`]);
    expect(sameBytes(first, value) && sameBytes(second, value)).toBe(true);
  });

  test.each(awkwardKeys)('keeps the key %j apart from others', async (key) => {
    await using client = await opened();
    await client.set(key, bytes(`under ${key}`), 60_000);
    await client.set(`${key}2`, bytes('a neighbour'), 60_000);
    expect(text(await client.get(key))).toBe(`under ${key}`);
    expect((await client.getMany([`${key}2`, key])).map(text)).toEqual([
      'a neighbour',
      `under ${key}`,
    ]);
    await client.delete(key);
    expect(await client.get(key)).toBeUndefined();
    expect(text(await client.get(`${key}2`))).toBe('a neighbour');
  });

  test('a key that is not there is undefined, and deleting it is no error', async () => {
    await using client = await opened();
    expect(await client.get('nobody')).toBeUndefined();
    await client.delete('nobody');
    expect(await client.getMany(['nobody'])).toEqual([undefined]);
  });

  test('a page answers in the order of its keys, with misses and repeats', async () => {
    await using client = await opened();
    await client.set('page:a', bytes('A'), 60_000);
    await client.set('page:b', bytes('B'), 60_000);
    const page = await client.getMany(['page:b', 'page:none', 'page:a', 'page:b', 'page:none']);
    expect(page.map(text)).toEqual(['B', undefined, 'A', 'B', undefined]);
    expect(await client.getMany([])).toEqual([]);
  });

  test('a second set replaces the value', async () => {
    await using client = await opened();
    await client.set('twice', bytes('old'), 60_000);
    await client.set('twice', bytes('new'), 60_000);
    expect(text(await client.get('twice'))).toBe('new');
  });

  test('a value expires after its time', async () => {
    await using client = await opened();
    await client.set('brief', bytes('soon gone'), 60);
    await client.set('lasting', bytes('still here'), 60_000);
    await eventually(async () => (await client.get('brief')) === undefined);
    expect(text(await client.get('lasting'))).toBe('still here');
  });

  test('a thousand gets and pages at once each get their own value', async () => {
    // This is about which value it is: a slow machine, and a pool that opens many connections first, may take their time.
    await using client = await opened(20_000);
    const keys = Array.from({ length: 1_000 }, (_, index) => `many:${index}`);
    await Promise.all(keys.map(async (key) => client.set(key, bytes(key), 60_000)));
    const [singles, pages] = await Promise.all([
      Promise.all(keys.map(async (key) => client.get(key))),
      Promise.all(
        keys.map(async (key, index) => client.getMany([key, `many:${(index + 1) % 1_000}`])),
      ),
    ]);
    expect(singles.map(text)).toEqual(keys);
    expect(pages.map((page) => text(page[0]))).toEqual(keys);
  });
}

function describeOutages(opened: Opened, server: () => ContractServer): void {
  test('while the server is away every call rejects, and afterwards it serves again by itself', async () => {
    await using client = await opened();
    await client.set('before', bytes('gone with the server'), 60_000);
    await server().kill();
    const outcomes = await Promise.allSettled([
      client.get('before'),
      client.getMany(['before', 'other']),
      client.set('during', bytes('x'), 60_000),
      client.delete('before'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    await server().start();
    await eventually(async () => (await client.get('before')) === undefined);
    await client.set('after', bytes('fresh'), 60_000);
    expect(text(await client.get('after'))).toBe('fresh');
  });

  test('a stalled server makes calls reject, and its late replies reach nobody else', async () => {
    await using client = await opened();
    const keys = Array.from({ length: 20 }, (_, index) => `late:${index}`);
    await Promise.all(keys.map(async (key) => client.set(key, bytes(key), 60_000)));
    server().stall();
    try {
      const outcomes = await Promise.allSettled(keys.map(async (key) => client.get(key)));
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    } finally {
      server().resume();
    }
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.allSettled(
        keys.toReversed().map(async (key) => client.get(key)),
      );
      const foreign = answers.filter(
        (answer, index) =>
          answer.status === 'fulfilled' && text(answer.value) !== keys.at(-1 - index),
      );
      expect(foreign).toEqual([]);
    }
    expect(text(await client.get('late:7'))).toBe('late:7');
  });

  test('a client that is opened while the server is away rejects its calls, and serves when it comes', async () => {
    await server().kill();
    await using client = await opened();
    await expect(client.get('early')).rejects.toBeInstanceOf(Error);
    await server().start();
    await eventually(async () => (await client.get('early')) === undefined);
  });
}

function describeClosing(subject: ContractSubject, server: () => ContractServer): void {
  test('a closed client rejects calls', async () => {
    const client = await openSubject(subject, server());
    await client.get('x');
    await client[Symbol.asyncDispose]();
    await expect(client.get('x')).rejects.toBeInstanceOf(Error);
  });

  test('nothing of a closed client keeps its process alive', async () => {
    expect(await exitCodeOfChild(subject, server().endpoint.port)).toBe(0);
  });

  test('nor when it is closed while the server is away', async () => {
    await server().kill();
    try {
      expect(await exitCodeOfChild(subject, server().endpoint.port)).toBe(0);
    } finally {
      await server().start();
    }
  });
}

/** A stated lack that proves false fails: then the target should pass the ability on to its library. */
function describeLack(lack: Lack, opened: Opened, server: () => ContractServer): void {
  const { ability, because } = lack;
  test(`lacks ${ability}: ${because}`, async () => {
    await using client = await opened();
    expect(because.length).toBeGreaterThan(20);
    expect(await hasAbility[ability](client, server())).toBe(false);
  });
}

type AbilityProbe = (client: CacheClient, server: ContractServer) => Promise<boolean>;

const hasAbility: Readonly<Record<Lack['ability'], AbilityProbe>> = {
  'abort-signal': async (client) => {
    await client.set('lack', bytes('answered'), 60_000);
    return client.get('lack', { signal: AbortSignal.abort() }).then(
      () => false,
      () => true,
    );
  },
  deadline: async (client, server) => {
    await client.get('lack');
    server.stall();
    const startedMs = performance.now();
    // Not the same key: a client that keeps what it has read would answer it by itself.
    await client.get('lack, not read yet', { deadlineMs: 1 }).catch(() => {});
    server.resume();
    return performance.now() - startedMs < timeoutMs - 5;
  },
  'get-or-load': async (client) => 'getOrLoad' in client,
};

async function openSubject(
  subject: ContractSubject,
  server: ContractServer,
  patienceMs = timeoutMs,
): Promise<CacheClient> {
  const library: unknown = subject.library === null ? null : await import(subject.library);
  return subject.target.open({
    endpoint: server.endpoint,
    library,
    timeoutMs: patienceMs,
    world: subject.world,
  });
}

/** Opens, reads once and closes in a process of its own, which then has to end by itself. */
async function exitCodeOfChild(subject: ContractSubject, port: number): Promise<number | string> {
  const library =
    subject.library === null ? 'null' : `await import(${JSON.stringify(subject.library)})`;
  const program = `
    const { chooseTarget } = await import(${JSON.stringify(import.meta.resolve('./choose-target.ts'))});
    const plain = (await import(${JSON.stringify(subject.targetUrl)})).default;
    const target = chooseTarget(plain, ${JSON.stringify(subject.words ?? {})});
    const world = { clock: { nowNs: () => 0, sleepUntil: async () => {} }, rng: null, log: () => {} };
    const client = await target.open({ endpoint: { host: '127.0.0.1', port: ${port} }, library: ${library}, timeoutMs: 200, world });
    await client.get('x').catch(() => {});
    await client[Symbol.asyncDispose]();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: 'ignore',
    timeout: 8_000,
    killSignal: 'SIGKILL',
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal ?? 'unknown';
}

/** Asks again until it is so; a rejection counts as not yet. Fails after 10 s. */
async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await isSo().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not become so within 200 attempts');
}

const awkwardValues: readonly { readonly says: string; readonly value: Uint8Array }[] = [
  { says: 'nothing at all', value: bytes('') },
  { says: 'one zero byte', value: Uint8Array.of(0) },
  { says: 'every byte value', value: Uint8Array.from({ length: 256 }, (_, index) => index) },
  { says: 'a null bulk string', value: bytes('$-1\r\n') },
  { says: 'a status reply', value: bytes('+OK\r\n') },
  { says: 'an error reply', value: bytes('-ERR no\r\n') },
  { says: 'a whole pipeline', value: bytes('*2\r\n$3\r\nGET\r\n$1\r\na\r\n_\r\n') },
  { says: 'line ends only', value: bytes('\r\n\r\n') },
  { says: 'text beyond ASCII', value: bytes('Überwachung 🏠') },
  { says: '65,537 bytes', value: patterned(65_537) },
  { says: 'a megabyte', value: patterned(1_048_576) },
];

const awkwardKeys: readonly string[] = [
  'a b',
  'line\r\nend',
  '{hash}tag',
  '*?[pattern]',
  'Tür-🚪',
  '__proto__',
  '0',
  'x'.repeat(5_000),
];

/** A view into the middle of a larger buffer, as slices of an upload are. */
function patterned(length: number): Uint8Array {
  const whole = Uint8Array.from(
    { length: length + 8 },
    (_, index) => (index * 31 + (index >> 8)) & 0xff,
  );
  return whole.subarray(3, 3 + length);
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value);
}

function sameBytes(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}
