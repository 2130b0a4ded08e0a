import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from './channel.ts';

type EchoApi = {
  echo(value: unknown): Promise<unknown>;
  fail(says: string): Promise<never>;
  die(code: number): Promise<never>;
  throwLater(says: string): Promise<null>;
};

let folder = '';
let entry = '';
const channel = fileURLToPath(new URL('channel.ts', import.meta.url));

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crosswire-channel-'));
  entry = path.join(folder, 'echo.ts');
  writeFileSync(
    entry,
    `import { serve } from ${JSON.stringify(channel)};
     setInterval(() => {}, 1_000);
     const served = serve({
       echo: async (value) => { served.emit('heard', value); return value; },
       fail: async (says) => { throw new Error(says); },
       die: async (code) => { console.log('my last words'); await new Promise((done) => setTimeout(done, 20)); process.exit(code); },
       throwLater: async (says) => { setTimeout(() => { throw new Error(says); }, 1); return null; },
     }, async () => {});`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = () =>
  startChild<EchoApi>({
    name: 'echo',
    entry: pathToFileURL(entry),
    node: process.execPath,
    onProcess: () => undefined,
  });

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

test('a call brings back its value, bytes included, and events arrive beside it', async () => {
  await using child = start();
  const heard: unknown[] = [];
  child.onEvent((event, value) => heard.push([event, value]));
  const bytes = new Uint8Array([0, 255, 10]);
  expect(await child.call('echo', { bytes })).toEqual({ bytes });
  expect(heard).toEqual([['heard', { bytes }]]);
});

test('an error in the child is an error of the call, named after the child', async () => {
  await using child = start();
  await expect(child.call('fail', 'no such luck')).rejects.toThrow('echo: no such luck');
});

test('a child that dies fails its open calls and says its last words', async () => {
  await using child = start();
  await expect(child.call('die', 7)).rejects.toThrow('exit code 7');
  expect(await child.died).toEqual({
    says: 'echo ended by itself (exit code 7); its last lines were: my last words',
    how: 'exit code 7',
    lines: ['my last words'],
  });
  await expect(child.call('echo', 1)).rejects.toThrow('ended by itself');
});

test('a child that throws where nobody catches it says where, and a call that comes too late hears of it', async () => {
  await using child = start();
  await child.call('echo', 1);
  await child.call('throwLater', 'nobody listens');
  const { how, lines } = await child.died;
  expect(how).toBe('exit code 1');
  expect(lines.join('\n')).toMatch(/Error: nobody listens\n {4}at .*echo\.ts/u);
  await expect(child.call('echo', 1)).rejects.toThrow('Error: nobody listens');
});

test('a disposed child is gone, although it would go on for ever', async () => {
  const child = start();
  await child.call('echo', 1);
  await child[Symbol.asyncDispose]();
  expect(isRunning(child.processId)).toBe(false);
});

test('a child whose conductor is killed ends by itself', async () => {
  const conductor = path.join(folder, 'conductor.ts');
  writeFileSync(
    conductor,
    `import { startChild } from ${JSON.stringify(channel)};
     const child = startChild({ name: 'echo', entry: new URL(${JSON.stringify(pathToFileURL(entry).href)}), node: process.execPath, onProcess: () => {} });
     await child.call('echo', 1);
     process.send(child.processId);
     setInterval(() => {}, 1_000);`,
  );
  const parent = fork(conductor, { stdio: 'ignore', execPath: process.execPath, execArgv: [] });
  const childId = await new Promise<number>((resolve) => {
    parent.once('message', (id) => resolve(Number(id)));
  });
  expect(isRunning(childId)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isRunning(childId), { timeout: 5_000 }).toBe(false);
});
