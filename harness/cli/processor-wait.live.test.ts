import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { watchProcessorWait } from './processor-wait.ts';

const nowNs = (): number => Math.round(performance.now() * 1e6);

test('of many that all want a processor, each waits; a process that is gone is left out', async (context) => {
  if (process.platform !== 'linux') context.skip('only Linux says how long a process waited');
  const spinners = Array.from({ length: availableParallelism() * 3 }, () =>
    spawn(process.execPath, ['-e', 'const end = Date.now() + 5000; while (Date.now() < end);']),
  );
  onTestFinished(() => {
    for (const spinner of spinners) spinner.kill('SIGKILL');
  });
  const [first] = spinners;
  await sleep(300);
  const watch = watchProcessorWait(
    new Map([
      ['spinner', first?.pid ?? 0],
      ['nobody', 2 ** 30],
    ]),
    nowNs,
  );
  await sleep(1_000);
  const waits = watch.stop();
  expect(Object.keys(waits ?? {})).toEqual(['spinner']);
  expect(waits?.['spinner']).toBeGreaterThan(0.3);
});

test('where nothing is said there is no answer', () => {
  expect(watchProcessorWait(new Map([['nobody', 2 ** 30]]), nowNs).stop()).toBeNull();
});
