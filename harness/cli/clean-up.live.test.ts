import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'vitest';
import { processesIn, processesMarked, smallRun, startCrosswire } from './crosswire-process.ts';

const hasProc = existsSync('/proc/self/environ');
/** A redis-server writes its title over its environment, so it is known by its working folder. */
function processesOf(mark: string, folder: string): readonly number[] {
  return [...new Set([...processesMarked(mark), ...processesIn(folder)])];
}

const phases = ['warm', 'outage', 'herd', 'calm'] as const;
const signals = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
const cases = signals.flatMap((signal) => phases.map((phase) => ({ signal, phase })));

describe.skipIf(!hasProc)('whatever ends a run, nothing of it stays behind', () => {
  test.concurrent.for(cases)(
    '$signal during $phase',
    { timeout: 60_000 },
    async ({ signal, phase }, { expect }) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-clean-up-'));
      const mark = `crosswire-test-${randomUUID()}`;
      // Temporary folders are made in here, so that one that is left behind is seen.
      const temporary = mkdtempSync(path.join(folder, 'tmp-'));
      const out = path.join(folder, 'out');
      try {
        const run = startCrosswire(
          ['run', '--target', 'ioredis', '--seed', '5', '--out', out, ...smallRun],
          {
            env: { CROSSWIRE_TEST_MARK: mark, TMPDIR: temporary },
          },
        );
        await run.said(`${phase} begins`);
        expect(processesOf(mark, temporary).length).toBeGreaterThan(4);
        run.child.kill(signal);
        const { code, signal: endedBy } = await run.ended;
        if (signal === 'SIGKILL') expect(endedBy).toBe('SIGKILL');
        else expect(code).toBe(130);
        await expect
          .poll(() => processesOf(mark, temporary), { timeout: 5_000, interval: 100 })
          .toEqual([]);
        expect(readdirSync(temporary)).toEqual([]);
        const judged = await startCrosswire(['judge', path.join(out, 'record.sqlite'), '--json'])
          .ended;
        expect(judged.stderr).not.toContain('our own fault');
        expect(judged.code).toBe(2);
        expect((JSON.parse(judged.stdout) as { verdict: string }).verdict).toBe('inconclusive');
      } finally {
        for (const processId of processesOf(mark, temporary)) process.kill(processId, 'SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  test.concurrent.for(signals)(
    '%s while it starts',
    { timeout: 60_000 },
    async (signal, { expect }) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-clean-up-'));
      const mark = `crosswire-test-${randomUUID()}`;
      const temporary = mkdtempSync(path.join(folder, 'tmp-'));
      try {
        const run = startCrosswire(['run', '--seed', '5', '--out', path.join(folder, 'out')], {
          env: { CROSSWIRE_TEST_MARK: mark, TMPDIR: temporary },
        });
        await run.said('self-audit: ioredis 4.16.0 is known');
        run.child.kill(signal);
        const { code, signal: endedBy, stderr } = await run.ended;
        if (signal === 'SIGKILL') expect(endedBy).toBe('SIGKILL');
        else expect(code).toBe(130);
        expect(stderr).not.toContain('our own fault');
        await expect
          .poll(() => processesOf(mark, temporary), { timeout: 5_000, interval: 100 })
          .toEqual([]);
        expect(readdirSync(temporary)).toEqual([]);
      } finally {
        for (const processId of processesOf(mark, temporary)) process.kill(processId, 'SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
