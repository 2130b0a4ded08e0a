import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { processProvider } from './process.ts';
import { askOnce, openBench } from './provider-bench.ts';
import { startSentinelTopology } from './redis-sentinel.ts';

const path = process.env['PATH'] ?? '';
const never = new AbortController().signal;
const { state } = await processProvider({
  path,
  spec: { service: 'redis' },
  scratchDirectory: '/',
  onProcess: () => undefined,
}).available();
const isMissing = state === 'missing';

describe.skipIf(isMissing)(`Sentinels${isMissing ? ' (redis-server is not on PATH)' : ''}`, () => {
  test('promote the replica when the primary is killed; a client follows, twice, and keeps its data', async () => {
    await using bench = await openBench();
    {
      await using topology = await startSentinelTopology({ path, ...bench }, never);
      expect(topology.processIds).toHaveLength(5);
      expect(await askOnce(topology, 'INFO', 'replication')).toMatch(
        /slave0:.*state=online,offset=[1-9]/,
      );
      const client = new Redis({
        name: topology.name,
        sentinels: topology.sentinels.map(({ host, port }) => ({ host, port })),
        sentinelRetryStrategy: () => 50,
        retryStrategy: () => 50,
        maxRetriesPerRequest: null,
      });
      client.on('error', () => undefined);
      try {
        await client.set('a', '1');
        await client.call('WAIT', '1', '5000');
        for (let round = 1; round <= 2; round += 1) {
          const before = topology.endpoint;
          await topology.failover.killPrimary();
          const read = client.get('a');
          await topology.failover.promoted(never);
          expect(topology.endpoint).not.toEqual(before);
          expect(await askOnce(topology, 'ROLE')).toContain('master');
          expect(await read).toBe('1');
          expect(await client.set('b', String(round))).toBe('OK');
          expect(await askOnce(topology, 'GET', 'b')).toBe(`$1\r\n${round}\r\n`);
          await topology.failover.rejoin(never);
          expect(bench.running()).toHaveLength(5);
          expect(await askOnce(topology, 'INFO', 'replication')).toMatch(
            /slave0:.*state=online,offset=[1-9]/,
          );
        }
      } finally {
        client.disconnect();
      }
    }
    expect(bench.running()).toEqual([]);
  }, 90_000);

  test('are not left behind when starting them is aborted half-way', async () => {
    await using bench = await openBench();
    const abort = new AbortController();
    const onProcess = (processId: number): void => {
      bench.onProcess(processId);
      if (bench.processIds.length === 4) abort.abort(new Error('stopped by hand'));
    };
    const start = startSentinelTopology({ ...bench, path, onProcess }, abort.signal);
    await expect(start).rejects.toThrow('stopped by hand');
    expect(bench.processIds).toHaveLength(4);
    expect(bench.running()).toEqual([]);
  });
});
