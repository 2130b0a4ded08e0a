import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { embeddedProvider } from './embedded.ts';
import { askOnce, isRunning, openBench } from './provider-bench.ts';

const node = process.execPath;
const never = new AbortController().signal;

test('the embedded server starts, is gone after a kill, comes back empty, and leaves nothing behind', async () => {
  await using bench = await openBench();
  {
    await using service = await embeddedProvider({ node, ...bench }).start(never);
    expect(service.says).toMatch(/^embedded RESP server \(own process, port \d+\)$/);
    expect(await askOnce(service, 'SET', 'a', '1')).toBe('+OK\r\n');
    await service.kill();
    expect(bench.running()).toEqual([]);
    await expect(askOnce(service, 'PING')).rejects.toThrow('ECONNREFUSED');
    await service.restart(never);
    expect(await askOnce(service, 'GET', 'a')).toBe('$-1\r\n');
    expect(bench.running()).toEqual(service.processIds);
  }
  expect(bench.running()).toEqual([]);
  expect(bench.processIds).toHaveLength(2);
});

test('the embedded server is killed when its start is aborted', async () => {
  await using bench = await openBench();
  const abort = new AbortController();
  const provider = embeddedProvider({
    node,
    onProcess: (processId) => {
      bench.onProcess(processId);
      abort.abort(new Error('stopped by hand'));
    },
  });
  await expect(provider.start(abort.signal)).rejects.toThrow('stopped by hand');
  expect(bench.processIds).toHaveLength(1);
  expect(bench.running()).toEqual([]);
});

test('an embedded server that cannot start is reported with its last lines', async () => {
  await using bench = await openBench();
  const provider = embeddedProvider({ node, ...bench, entry: '/nowhere/entry.ts' });
  await expect(provider.start(never)).rejects.toThrow(
    /did not listen within 10000 ms: it ended with exit code 1; its last lines were:\n.*Cannot find module/s,
  );
  expect(bench.running()).toEqual([]);
});

test('a node that is not there is named', async () => {
  await using bench = await openBench();
  const provider = embeddedProvider({ node: '/nowhere/node', ...bench });
  await expect(provider.start(never)).rejects.toThrow('/nowhere/node could not be started');
});

test('the embedded server ends by itself when its parent is killed', async () => {
  const program = `
    const { embeddedProvider } = await import(${JSON.stringify(import.meta.resolve('./embedded.ts'))});
    const provider = embeddedProvider({ node: process.execPath, onProcess: () => {} });
    const service = await provider.start(new AbortController().signal);
    process.stdout.write(String(service.processIds[0]));
  `;
  const parent = spawn(node, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(parent.stdout, 'data')) as [Buffer];
  const processId = Number(output.toString());
  expect(isRunning(processId)).toBe(true);
  parent.kill('SIGKILL');
  const deadline = AbortSignal.timeout(5_000);
  while (isRunning(processId)) await delay(20, undefined, { signal: deadline });
  expect(isRunning(processId)).toBe(false);
});
