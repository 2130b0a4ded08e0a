import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRecord } from '../record/reader.ts';
import { processProvider } from '../services/process.ts';
import {
  type CrosswireProcess,
  processesIn,
  processesMarked,
  startCrosswire,
} from './crosswire-process.ts';

const { state } = await processProvider({
  path: process.env['PATH'] ?? '',
  spec: { service: 'redis' },
  scratchDirectory: '/',
  onProcess: () => undefined,
}).available();
const lack = existsSync('/proc/self/stat')
  ? state === 'missing' && 'redis-server is not on PATH'
  : 'this system has no /proc';

describe.skipIf(lack)(
  `a redis-server in trouble${lack === false ? '' : ` (${lack})`}`,
  { timeout: 60_000 },
  () => {
    test('that dies by itself ends the run, and the record says how it died', async () => {
      await using stage = openStage();
      const run = stage.start('cache-outage');
      await run.said('warm begins');
      process.kill(stage.redis(), 'SIGKILL');
      const { code } = await run.ended;
      expect(code).toBe(2);
      using record = openRecord(stage.record, { scratchFolder: stage.temporary });
      expect(record.run()).toMatchObject({
        state: 'failed',
        reason: expect.stringMatching(
          /^redis-server .* ended by itself with SIGKILL; its last lines/,
        ),
      });
    });

    test.for(['SIGINT', 'SIGKILL'] as const)(
      'that is paused is not left behind when the run ends by %s',
      async (signal) => {
        await using stage = openStage();
        const run = stage.start('cache-pause');
        await run.said('pause begins');
        await expect.poll(() => stateOf(stage.redis()), { timeout: 5_000 }).toBe('T');
        run.child.kill(signal);
        await run.ended;
        await expect.poll(() => stage.running(), { timeout: 5_000 }).toEqual([]);
        expect(readdirSync(stage.temporary)).toEqual([]);
      },
    );
  },
);

function openStage() {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-trouble-'));
  const temporary = mkdtempSync(path.join(folder, 'tmp-'));
  const mark = `crosswire-test-${randomUUID()}`;
  const out = path.join(folder, 'out');
  // A redis-server writes its title over its environment, so that it is known by its working folder.
  const servers = (): readonly number[] => processesIn(temporary);
  const running = (): readonly number[] => [...new Set([...processesMarked(mark), ...servers()])];
  return {
    temporary,
    record: path.join(out, 'record.sqlite'),
    running,
    start: (scenario: string): CrosswireProcess =>
      startCrosswire(
        ['run', scenario, '--target', 'ioredis', '--cache', 'process', '--out', out, ...small],
        { env: { CROSSWIRE_TEST_MARK: mark, TMPDIR: temporary } },
      ),
    /** The process id of the cache. */
    redis: (): number => {
      const [found] = servers();
      if (found === undefined) throw new Error('no redis-server belongs to this run');
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      for (const processId of running()) process.kill(processId, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const small = ['--cameras', '40', '--users', '10', '--size', 'warmMs=1500', 'calmMs=2000'];

/** What the kernel says of a process: `T` when it is stopped. */
function stateOf(processId: number): string | undefined {
  const stat = readFileSync(`/proc/${processId}/stat`, 'latin1');
  return /\) (?<state>\S) /.exec(stat)?.groups?.['state'];
}
