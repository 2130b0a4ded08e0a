import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  CacheClient,
  Lack,
  Target,
  TargetLimits,
  TargetWords,
} from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { chooseTarget } from './choose-target.ts';
import { awkwardKeys, isTakenBy, troubleWithKey } from './contract-keys.ts';
import { describeReadThrough, readThroughProbes } from './contract-read-through.ts';
import {
  type ContractServer,
  contractServerMissing,
  startContractServer,
} from './contract-server.ts';

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
  /** What the target's companions and entries are imported by, by name. */
  readonly companions?: Readonly<Record<string, string>>;
  readonly world: World;
}

/** How long one call may take here. Short, because some of the tests wait for it to pass. */
const timeoutMs = 400;

/** The contract that every target keeps, against a real redis-server or memcached. Skipped, with the reason, where there is none. */
export function describeTarget({ words = {}, ...named }: ContractSubject): void {
  const subject = { ...named, words, target: chooseTarget(named.target, words) };
  const { protocol, topology, lacks, limits } = subject.target;
  const missing = contractServerMissing(protocol);
  const title = missing === undefined ? '' : ` (${missing})`;
  describe.skipIf(missing !== undefined)(
    `${subject.target.name} with ${subject.library ?? 'no library'}${title}`,
    () => {
      let server: ContractServer;
      beforeAll(async () => {
        server = await startContractServer({ protocol, isCluster: topology === 'cluster' });
      });
      afterAll(async () => {
        await server[Symbol.asyncDispose]();
      });
      const opened: Opened = async (patienceMs) => openSubject(subject, server, patienceMs);
      const lacked = new Set(lacks.map(({ ability }) => ability));
      describeValues(opened, limits);
      describeKeys(opened, { protocol, lacks });
      if (subject.parts === 'values') return;
      for (const lack of lacks) describeLack(lack, subject, { opened, server: () => server });
      describeOutages(opened, { server: () => server, lacked });
      describeClosing(subject, { server: () => server, lacked });
      if (!lacked.has('get-or-load'))
        describeReadThrough(opened, {
          server: () => server,
          lacked,
        });
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

type Lacked = ReadonlySet<Lack['ability']>;

function describeValues(opened: Opened, limits: TargetLimits | undefined): void {
  const { valueBytesMax = megabyte } = limits ?? {};
  test.each(awkwardValues.filter(({ value }) => value.byteLength <= valueBytesMax))(
    'gives back $says, byte for byte',
    async ({ says, value }) => {
      await using client = await opened();
      const key = `value:${says.replaceAll(' ', '-')}`;
      await client.set(key, value, 60_000);
      expect(sameBytes(await client.get(key), value)).toBe(true);
      const [first, second] = await client.getMany([key, key]);
      expect(sameBytes(first, value) && sameBytes(second, value)).toBe(true);
    },
  );

  if (limits?.valueBytesMax !== undefined) describeLongValues(opened, limits.valueBytesMax);

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

  test('a time to live that is no whole number is kept', async () => {
    await using client = await opened();
    await client.set('uneven', bytes('still here'), 60_500.5);
    expect(text(await client.get('uneven'))).toBe('still here');
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

function describeLongValues(opened: Opened, valueBytesMax: number): void {
  test.each([Uint8Array.of(0, 255), Uint8Array.of(13, 10), Uint8Array.of(97)])(
    `gives back ${valueBytesMax} bytes of %j, and refuses a megabyte of other ones`,
    async (pattern) => {
      await using client = await opened();
      const longest = Uint8Array.from(
        { length: valueBytesMax },
        (_, index) => pattern[index % pattern.length] ?? 0,
      );
      await client.set('longest', longest, 60_000);
      expect(sameBytes(await client.get('longest'), longest)).toBe(true);
      await expect(client.set('longest', patterned(megabyte), 60_000)).rejects.toBeInstanceOf(
        Error,
      );
      // What was there may be gone: memcached unlinks it, so that nobody takes it for the new one.
      const left = await client.get('longest');
      expect(left === undefined || sameBytes(left, longest)).toBe(true);
      expect(await client.get('nobody')).toBeUndefined();
    },
  );
}

function describeKeys(
  opened: Opened,
  { protocol, lacks }: Pick<Target, 'protocol' | 'lacks'>,
): void {
  for (const { says, key } of awkwardKeys) {
    if (lacks.some(({ which }) => which?.includes(says))) continue;
    const otherwise = isTakenBy(protocol, key) ? '' : ', or refuses it without harm to them';
    test(`keeps ${says} apart from others${otherwise}`, async () => {
      await using client = await opened();
      expect(await troubleWithKey(client, { protocol, key })).toEqual([]);
    });
  }
}

function describeOutages(
  opened: Opened,
  { server, lacked }: { readonly server: () => ContractServer; readonly lacked: Lacked },
): void {
  /** A read that failed; where errors are not told, a miss. */
  const hasFailed = ({ status, ...outcome }: PromiseSettledResult<unknown>): boolean =>
    status === 'rejected' ||
    (lacked.has('told-errors') &&
      'value' in outcome &&
      [outcome.value].flat().every((value) => value === undefined));
  test('while the server is away every call rejects, and afterwards it serves again by itself', async () => {
    await using client = await opened();
    // Where copies are kept: by another client, so that this one has none.
    await using writer = await opened();
    await writer.set('before', bytes('gone with the server'), 60_000);
    await server().kill();
    const outcomes = await Promise.allSettled([
      client.get('before'),
      client.getMany(['before', 'other']),
      client.set('during', bytes('x'), 60_000),
      client.delete('before'),
    ]);
    expect(outcomes.map(hasFailed)).toEqual(Array(4).fill(true));
    expect(outcomes[2]?.status).toBe('rejected');
    await server().start();
    await eventually(async () => (await client.get('before')) === undefined);
    await client.set('after', bytes('fresh'), 60_000);
    expect(text(await client.get('after'))).toBe('fresh');
  });

  test('a stalled server makes calls reject, and its late replies reach nobody else', async () => {
    await using client = await opened();
    // Some let few calls wait while they connect for the first time, which is not what this is about.
    await client.get('late');
    const keys = Array.from({ length: 20 }, (_, index) => `late:${index}`);
    await using writer = await opened(20_000);
    await Promise.all(keys.map(async (key) => writer.set(key, bytes(key), 60_000)));
    await server().stall();
    try {
      const outcomes = await Promise.allSettled(keys.map(async (key) => client.get(key)));
      expect(outcomes.every(hasFailed)).toBe(true);
    } finally {
      server().resume();
    }
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.allSettled(
        keys.toReversed().map(async (key) => client.get(key)),
      );
      const foreign = answers.filter(
        (answer, index) =>
          answer.status === 'fulfilled' &&
          text(answer.value) !== keys.at(-1 - index) &&
          !hasFailed(answer),
      );
      expect(foreign).toEqual([]);
    }
    expect(text(await client.get('late:7'))).toBe('late:7');
  });

  test('a client that is opened while the server is away rejects its calls, and serves when it comes', async () => {
    await server().kill();
    await using client = await opened();
    const [early] = await Promise.allSettled([client.get('early')]);
    expect(hasFailed(early)).toBe(true);
    await server().start();
    await eventually(async () => (await client.get('early')) === undefined);
  });
}

function describeClosing(
  subject: ContractSubject,
  { server, lacked }: { readonly server: () => ContractServer; readonly lacked: Lacked },
): void {
  test('a closed client rejects calls', async () => {
    const client = await openSubject(subject, server());
    await client.get('x');
    await client[Symbol.asyncDispose]();
    await expect(client.get('x')).rejects.toBeInstanceOf(Error);
  });

  test('nothing of a closed client keeps its process alive', async () => {
    // In a Node of its own, without the test runner's ways of importing: what is called has to be there.
    const calls = `
      await client.get('x');
      await client.getOrLoad?.('y', async () => new Uint8Array(1), { ttlMs: 60_000 });
    `;
    expect(await exitCodeOfChild(subject, server().endpoint.port, { calls, callMs: 5_000 })).toBe(
      0,
    );
  });

  if (lacked.has('ends-while-away')) return;
  test('nor when it is closed while the server is away', async () => {
    expect(await endsWhileAway(subject, server(), childPatienceMs)).toBe(true);
  });
}

/** A stated lack that proves false fails: then the target should pass the ability on to its library. */
function describeLack(
  lack: Lack,
  subject: ContractSubject,
  { opened, server }: { readonly opened: Opened; readonly server: () => ContractServer },
): void {
  const { ability, because } = lack;
  test(`lacks ${ability}: ${because}`, async () => {
    await using client = await opened();
    expect(because.length).toBeGreaterThan(20);
    expect(await hasAbility[ability]({ client, opened, server: server(), subject, lack })).toBe(
      false,
    );
  });
}

type AbilityProbe = (probed: {
  readonly lack: Lack;
  readonly client: CacheClient;
  readonly server: ContractServer;
  readonly subject: ContractSubject;
  readonly opened: Opened;
}) => Promise<boolean>;

const hasAbility: Readonly<Record<Lack['ability'], AbilityProbe>> = {
  // In processes of their own: such a key may end one.
  'awkward-keys': async ({ subject, server, lack }) => {
    const { which = [] } = lack;
    const codes = await Promise.all(
      which.map(async (says) => {
        const key = awkwardKeys.find((each) => each.says === says)?.key;
        if (key === undefined) throw new Error(`the contract has no such key: ${says}`);
        return exitCodeOfChild(subject, server.endpoint.port, {
          calls: troubleCalls(subject, key),
        });
      }),
    );
    return codes.length === 0 || codes.includes(0);
  },
  'told-errors': async ({ client, server }) => {
    await client.get('lack');
    const ask = async (): Promise<readonly PromiseSettledResult<unknown>[]> =>
      Promise.allSettled([client.get('lack'), client.getMany(['lack'])]);
    // Those that are on their way when it dies, and those that come when it is away: a client may tell of either.
    await server.stall();
    const asked = ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.kill();
    try {
      const outcomes = [...(await asked), ...(await ask())];
      return outcomes.every(({ status }) => status === 'rejected');
    } finally {
      await server.start();
    }
  },
  'ends-while-away': async ({ subject, server }) => endsWhileAway(subject, server, lackPatienceMs),
  'abort-signal': async ({ client }) => {
    await client.set('lack', bytes('answered'), 60_000);
    return client.get('lack', { signal: AbortSignal.abort() }).then(
      () => false,
      () => true,
    );
  },
  deadline: async ({ client, server }) => {
    await client.get('lack');
    await server.stall();
    const startedMs = performance.now();
    // Not the same key: a client that keeps what it has read would answer it by itself.
    await client.get('lack:not-read-yet', { deadlineMs: 1 }).catch(() => {});
    server.resume();
    return performance.now() - startedMs < timeoutMs - 5;
  },
  'get-or-load': async ({ client }) => 'getOrLoad' in client,
  ...readThroughProbes,
};

async function openSubject(
  subject: ContractSubject,
  server: ContractServer,
  patienceMs = timeoutMs,
): Promise<CacheClient> {
  const library: unknown = subject.library === null ? null : await import(subject.library);
  const companions: Record<string, unknown> = {};
  for (const [name, file] of Object.entries(subject.companions ?? {}))
    companions[name] = await import(file);
  return subject.target.open({
    endpoint: server.endpoint,
    library,
    companions,
    timeoutMs: patienceMs,
    world: subject.world,
  });
}

/** A process that has not ended by then is killed, and has not ended by itself. */
const childPatienceMs = 8_000;
/** Enough for one that does end, and a stated lack is no reason to wait longer. */
const lackPatienceMs = 4_000;

async function endsWhileAway(
  subject: ContractSubject,
  server: ContractServer,
  patienceMs: number,
): Promise<boolean> {
  await server.kill();
  try {
    return (await exitCodeOfChild(subject, server.endpoint.port, { patienceMs })) === 0;
  } finally {
    await server.start();
  }
}

/** Ends the process with a code of its own when there is trouble. */
function troubleCalls({ target }: ContractSubject, key: string): string {
  return `
    const { troubleWithKey } = await import(${JSON.stringify(import.meta.resolve('./contract-keys.ts'))});
    const asked = { protocol: ${JSON.stringify(target.protocol)}, key: ${JSON.stringify(key)} };
    if ((await troubleWithKey(client, asked)).length > 0) process.exit(3);
  `;
}

/** Opens, makes calls, one read unless told, and closes in a process of its own, which then has to end by itself. */
async function exitCodeOfChild(
  subject: ContractSubject,
  port: number,
  {
    calls = "await client.get('x').catch(() => {});",
    patienceMs = childPatienceMs,
    callMs = timeoutMs,
  }: { readonly calls?: string; readonly patienceMs?: number; readonly callMs?: number } = {},
): Promise<number | string> {
  const library =
    subject.library === null ? 'null' : `await import(${JSON.stringify(subject.library)})`;
  const program = `
    const { chooseTarget } = await import(${JSON.stringify(import.meta.resolve('./choose-target.ts'))});
    const plain = (await import(${JSON.stringify(subject.targetUrl)})).default;
    const target = chooseTarget(plain, ${JSON.stringify(subject.words ?? {})});
    const companions = {};
    for (const [name, file] of Object.entries(${JSON.stringify(subject.companions ?? {})})) companions[name] = await import(file);
    const world = { clock: { nowNs: () => 0, sleepUntil: async () => {} }, rng: null, log: () => {} };
    const client = await target.open({ endpoint: { host: '127.0.0.1', port: ${port} }, library: ${library}, companions, timeoutMs: ${callMs}, world });
    ${calls}
    await client[Symbol.asyncDispose]();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    stdio: 'ignore',
    timeout: patienceMs,
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

const megabyte = 1_048_576;

const awkwardValues: readonly { readonly says: string; readonly value: Uint8Array }[] = [
  { says: 'nothing at all', value: bytes('') },
  { says: 'one zero byte', value: Uint8Array.of(0) },
  { says: 'every byte value', value: Uint8Array.from({ length: 256 }, (_, index) => index) },
  { says: 'a null bulk string', value: bytes('$-1\r\n') },
  { says: 'a status reply', value: bytes('+OK\r\n') },
  { says: 'an error reply', value: bytes('-ERR no\r\n') },
  { says: 'a whole pipeline', value: bytes('*2\r\n$3\r\nGET\r\n$1\r\na\r\n_\r\n') },
  { says: 'a reply of memcached', value: bytes('VALUE a 0 3\r\nEND\r\nEND\r\n') },
  { says: 'the last line of a reply', value: bytes('END') },
  { says: 'line ends only', value: bytes('\r\n\r\n') },
  { says: 'text beyond ASCII', value: bytes('Überwachung 🏠') },
  { says: '65,537 bytes', value: patterned(65_537) },
  { says: 'a megabyte', value: patterned(megabyte) },
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
