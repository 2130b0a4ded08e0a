import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CacheClient } from '../../harness/model/target.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { loadTarget } from '../../harness/processes/load-target.ts';
import { stdioTarget } from './stdio-target.ts';

/** What all of these programs begin with; `answer(message)` is theirs. */
const opening = `
  const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.call === 'open') say({ id: message.id, ok: null });
    else answer(message);
  });
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosswire-stdio-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Opened {
  readonly client: CacheClient;
  readonly processId: number;
  readonly logged: readonly string[];
}

async function open(script: string, timeoutMs = 20_000): Promise<Opened> {
  const logged: string[] = [];
  let processId = 0;
  const target = stdioTarget({ name: 'tiny', command: [process.execPath, '-e', script] });
  const client = await target.open({
    endpoint: { host: '127.0.0.1', port: 1 },
    library: null,
    timeoutMs,
    world: {
      clock: { nowNs: () => 0, sleepUntil: async () => undefined },
      rng: seededRng(1),
      log: (line) => logged.push(line),
    },
    onProcess: (id) => {
      processId = id;
    },
  });
  return { client, processId, logged };
}

/** One that has ended and that nobody has asked about yet does not live; who adopts orphans may leave them so. */
function lives(processId: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(processId)], {
    encoding: 'utf8',
  });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

test.for([
  [
    'dies',
    'const answer = () => { process.stderr.write("out of luck\\n", () => process.exit(3)); };',
    'ended with exit code 3; it last said: out of luck',
  ],
  [
    'is killed',
    'const answer = () => process.kill(process.pid, "SIGKILL");',
    'was ended by SIGKILL',
  ],
  [
    'babbles',
    'const answer = () => console.log("Connected to the cache!");',
    'said what is no answer: Connected to the cache!',
  ],
  [
    'answers with half a line of JSON',
    'const answer = () => console.log("{\\"id\\":2,\\"ok\\"");',
    'said what is no answer: {"id":2,"ok"',
  ],
  [
    'answers without an id',
    'const answer = () => say({ ok: null });',
    'said what is no answer: {"ok":null}',
  ],
  [
    'answers with a value and an error',
    'const answer = ({ id }) => say({ id, ok: null, error: "no" });',
    'said what is no answer: {"id":2,"ok":null,"error":"no"}',
  ],
  [
    'answers what was never asked',
    'const answer = ({ id }) => say({ id: id + 100, ok: null });',
    'answered call 102, which was never asked',
  ],
  [
    'answers what is not base64',
    'const answer = ({ id }) => say({ id, ok: "not base64!!" });',
    'answered get with "not base64!!", expected base64 or null',
  ],
  [
    'answers with a number',
    'const answer = ({ id }) => say({ id, ok: 7 });',
    'answered get with 7, expected base64 or null',
  ],
])('a program that %s fails every call with one error that says so', async ([, answer, says]) => {
  const { client, processId, logged } = await open(opening + answer);
  const calls = await Promise.allSettled([client.get('a'), client.get('b')]);
  const reasons = calls.map((call) => (call.status === 'rejected' ? String(call.reason) : 'none'));
  expect(reasons[0]).toContain(says);
  expect(reasons[1]).toBe(reasons[0]);
  await expect(client.set('c', Buffer.from('x'), 1)).rejects.toThrow(says);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain(says);
  await client[Symbol.asyncDispose]();
  expect(lives(processId)).toBe(false);
});

test('a program that answers twice fails every call after that', async () => {
  const { client } = await open(
    `${opening}const answer = ({ id }) => { say({ id, ok: null }); say({ id, ok: 'AAAA' }); };`,
  );
  expect(await client.get('a')).toBeUndefined();
  await expect(client.get('b')).rejects.toThrow('answered call 2 twice');
  await client[Symbol.asyncDispose]();
});

test('a page with too few values is refused whole', async () => {
  const { client } = await open(`${opening}const answer = ({ id }) => say({ id, ok: ['AAAA'] });`);
  await expect(client.getMany(['a', 'b'])).rejects.toThrow(
    'answered getMany with ["AAAA"], expected a list of 2, each base64 or null',
  );
  await client[Symbol.asyncDispose]();
});

test('a program that answers in another order, and with errors, is understood', async () => {
  const { client } = await open(`${opening}
    const asked = [];
    const answer = (message) => {
      asked.unshift(message);
      if (asked.length < 3) return;
      for (const { id, key } of asked)
        say(key === 'bad' ? { id, error: 'the cache said no' } : { id, ok: Buffer.from(key).toString('base64') });
    };`);
  const [one, bad, two] = await Promise.allSettled([
    client.get('one'),
    client.get('bad'),
    client.get('two'),
  ]);
  expect(one).toMatchObject({ value: Buffer.from('one') });
  expect(two).toMatchObject({ value: Buffer.from('two') });
  expect(bad).toMatchObject({ reason: { message: 'the cache said no' } });
  await client[Symbol.asyncDispose]();
});

test('a call that is not answered in time rejects, its late answer is for nobody, and the program is told', async () => {
  const { client } = await open(
    `${opening}
    let late = 0;
    const answer = ({ id, cancel, key }) => {
      if (cancel !== undefined) { say({ id: cancel, ok: 'bGF0ZQ==' }); late += 1; }
      else if (key === 'how many') say({ id, ok: Buffer.from(String(late)).toString('base64') });
    };`,
    50,
  );
  await expect(client.get('slow')).rejects.toThrow('did not answer get within 300 ms');
  expect(String(await client.get('how many'))).toBe('1');
  await client[Symbol.asyncDispose]();
});

test('a call that is aborted rejects with the reason, and is cancelled in the program', async () => {
  const { client } = await open(`${opening}
    const cancelled = [];
    const answer = ({ id, cancel, key }) => {
      if (cancel !== undefined) cancelled.push(cancel);
      else if (key === 'which') say({ id, ok: Buffer.from(cancelled.join()).toString('base64') });
    };`);
  const hangUp = new AbortController();
  const asked = client.get('slow', { signal: hangUp.signal });
  hangUp.abort(new Error('hung up'));
  await expect(asked).rejects.toThrow('hung up');
  expect(String(await client.get('which'))).toBe('2');
  await expect(client.get('slow', { deadlineMs: 1 })).rejects.toThrow('within 1 ms');
  expect(String(await client.get('which'))).toBe('2,4');
  await client[Symbol.asyncDispose]();
});

test('a program that cannot be started, or dies before it opens, is refused when it is opened', async () => {
  await expect(open('process.exit(4)')).rejects.toThrow('ended with exit code 4');
  const target = stdioTarget({ name: 'none', command: ['/nowhere/program'] });
  const world = {
    clock: { nowNs: () => 0, sleepUntil: async () => undefined },
    rng: seededRng(1),
    log: () => undefined,
  };
  const endpoint = { host: '127.0.0.1', port: 1 };
  await expect(target.open({ endpoint, library: null, timeoutMs: 1, world })).rejects.toThrow(
    'could not be started',
  );
});

test('a program that does not end when it is closed is killed, with what it started', async () => {
  const note = path.join(folder, 'grandchild');
  const { client, processId } = await open(`${opening}
    const deaf = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
    require('node:fs').writeFileSync(${JSON.stringify(note)}, String(deaf.pid));
    setTimeout(() => {}, 60_000);
    const answer = ({ id }) => say({ id, ok: null });`);
  await client.get('a');
  await client[Symbol.asyncDispose]();
  expect(lives(processId)).toBe(false);
  const grandchild = Number(await readFile(note, 'utf8'));
  await expect.poll(() => lives(grandchild)).toBe(false);
  await expect(client.get('a')).rejects.toThrow('is closed');
});

test('a program whose owner is killed ends by itself when its standard input closes', async () => {
  const owner = path.join(folder, 'owner.ts');
  await writeFile(
    owner,
    `import { stdioTarget } from ${JSON.stringify(import.meta.resolve('./stdio-target.ts'))};
    const answer = 'const answer = ({ id }) => say({ id, ok: null });';
    const target = stdioTarget({ name: 'tiny', command: [process.execPath, '-e', ${JSON.stringify(opening)} + answer] });
    const world = { clock: { nowNs: () => 0, sleepUntil: async () => {} }, rng: null, log: () => {} };
    await target.open({ endpoint: { host: '127.0.0.1', port: 1 }, library: null, timeoutMs: 1000, world, onProcess: (id) => console.log(id) });
    console.log('open');`,
  );
  const child = spawn(process.execPath, [owner], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line === 'open') break;
  }
  const processId = Number(lines[0]);
  expect(lives(processId)).toBe(true);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  await expect.poll(() => lives(processId), { timeout: 10_000 }).toBe(false);
});

const root = path.join(import.meta.dirname, '..', '..');
const example = path.join(root, 'docs', 'examples', 'stdio-target.py');
const noPython = spawnSync('python3', ['--version']).status === 0 ? '' : ' (no python3 on PATH)';

test.skipIf(noPython !== '')(`the example of the page answers every call${noPython}`, async () => {
  const page = await readFile(path.join(root, 'docs', 'stdio-targets.md'), 'utf8');
  const script = await readFile(example, 'utf8');
  expect(page).toContain(script);
  expect(script.trimEnd().split('\n').length).toBeLessThanOrEqual(35);
  const target = await loadTarget({ command: ['python3', example] });
  expect(target.name).toBe(`stdio:python3 ${example}`);
  await using client = await target.open({
    endpoint: { host: '127.0.0.1', port: 1 },
    library: null,
    timeoutMs: 20_000,
    world: {
      clock: { nowNs: () => 0, sleepUntil: async () => undefined },
      rng: seededRng(1),
      log: () => undefined,
    },
  });
  const value = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  await client.set('a', value, 60_000);
  await client.set('empty', Buffer.alloc(0), 60_000);
  expect(await client.get('a')).toEqual(value);
  expect(await client.getMany(['none', 'a', 'empty'])).toEqual([undefined, value, Buffer.alloc(0)]);
  await client.delete('a');
  expect(await client.get('a')).toBeUndefined();
});
