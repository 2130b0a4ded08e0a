import { Cluster } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../model/target.ts';
import { processProvider } from './process.ts';
import { askOnce, openBench } from './provider-bench.ts';
import { startClusterTopology } from './redis-cluster.ts';

const path = process.env['PATH'] ?? '';
const never = new AbortController().signal;
const { state } = await processProvider({
  path,
  spec: { service: 'redis' },
  scratchDirectory: '/',
  onProcess: () => undefined,
}).available();
const isMissing = state === 'missing';
const keys = Array.from({ length: 60 }, (_, index) => `{camera}:${index}`);

describe.skipIf(isMissing)(`a cluster${isMissing ? ' (redis-server is not on PATH)' : ''}`, () => {
  test('sends a client on with ASK while a slot moves, and with MOVED after, and every value is the right one', async () => {
    await using bench = await openBench();
    {
      await using topology = await startClusterTopology({ path, ...bench }, never);
      expect(topology.processIds).toHaveLength(3);
      const client = new Cluster(
        topology.cluster.nodes.map(({ host, port }) => ({ host, port })),
        { slotsRefreshInterval: 0 },
      );
      try {
        for (const key of keys) await client.set(key, `of ${key}`);
        const slot = await client.cluster('KEYSLOT', '{camera}');
        const from = topology.cluster.ownerOf(slot);
        const to = (from + 1) % 3;
        const source = topology.cluster.nodes[from]!;
        const target = topology.cluster.nodes[to]!;
        expect(await topology.cluster.slotsWithKeys(from)).toEqual([slot]);
        expect(await topology.cluster.slotsWithKeys(to)).toEqual([]);
        const readAll = async (): Promise<void> => {
          for (const key of keys) expect(await client.get(key)).toBe(`of ${key}`);
        };
        await readAll();
        expect(await redirections(source)).toEqual({ asked: 0, moved: 0 });
        const shares: number[] = [];
        const moved = await topology.cluster.moveSlot({
          slot,
          to,
          keysPerStep: 20,
          afterStep: async (keysMoved) => {
            shares.push(keysMoved);
            await readAll();
          },
        });
        expect(moved).toEqual({ keys: 60, steps: 3 });
        expect(shares).toEqual([20, 40, 60]);
        expect(await redirections(source)).toEqual({ asked: 120, moved: 0 });
        expect(topology.cluster.ownerOf(slot)).toBe(to);
        expect(await askOnce({ endpoint: source }, 'GET', keys[0]!)).toBe(
          `-MOVED ${slot} ${target.host}:${target.port}\r\n`,
        );
        await readAll();
        expect((await redirections(source)).moved).toBeGreaterThanOrEqual(2);
      } finally {
        client.disconnect();
      }
    }
    expect(bench.running()).toEqual([]);
  });

  test('ends a move that was interrupted, says so, and comes back whole after a kill', async () => {
    await using bench = await openBench();
    await using topology = await startClusterTopology({ path, ...bench }, never);
    const slot = Number((await askOnce(topology, 'CLUSTER', 'KEYSLOT', '{home}')).slice(1));
    const owner = { endpoint: topology.cluster.nodes[topology.cluster.ownerOf(slot)]! };
    const to = (topology.cluster.ownerOf(slot) + 1) % 3;
    for (let index = 0; index < 30; index += 1)
      await askOnce(owner, 'SET', `{home}:${index}`, String(index));
    const afterStep = (): Promise<void> => Promise.reject(new Error('stopped by hand'));
    await expect(topology.cluster.moveSlot({ slot, to, afterStep })).rejects.toThrow(
      'stopped by hand',
    );
    const last = topology.cluster.nodes[to]!;
    expect(await askOnce({ endpoint: last }, 'GET', '{home}:29')).toBe('$2\r\n29\r\n');
    await topology.kill({ data: 'kept' });
    await topology.restart(never);
    expect(await askOnce({ endpoint: last }, 'GET', '{home}:29')).toBe('$2\r\n29\r\n');
    await expect(topology.cluster.moveSlot({ slot: 16_384, to: 0 })).rejects.toThrow(
      'no slot 16384',
    );
    await expect(topology.cluster.moveSlot({ slot, to: 3 })).rejects.toThrow('no node 3');
  });

  test('sends clients where it was told to, and still does after a kill', async () => {
    await using bench = await openBench();
    await using topology = await startClusterTopology({ path, ...bench }, never);
    const addresses = [1, 2, 3].map((port) => ({ host: '127.0.0.1', port }));
    await expect(topology.cluster.announce(addresses.slice(1), never)).rejects.toThrow(
      '2 addresses were given for a cluster of 3 nodes',
    );
    await topology.cluster.announce(addresses, never);
    const sentTo = (): Promise<string[]> =>
      Promise.all(
        topology.cluster.nodes.map((endpoint) => askOnce({ endpoint }, 'SET', 'homeless', '1')),
      );
    const slot = Number((await askOnce(topology, 'CLUSTER', 'KEYSLOT', 'homeless')).slice(1));
    const owner = topology.cluster.ownerOf(slot);
    const told = [0, 1, 2].map((node) =>
      node === owner ? '+OK\r\n' : `-MOVED ${slot} 127.0.0.1:${owner + 1}\r\n`,
    );
    expect(await sentTo()).toEqual(told);
    await topology.kill();
    await topology.restart(never);
    expect(await sentTo()).toEqual(told);
    expect(await topology.cluster.redirections()).toEqual({ asked: 0, moved: 2 });
  });

  test('is not left behind when starting it is aborted half-way', async () => {
    await using bench = await openBench();
    const abort = new AbortController();
    const onProcess = (processId: number): void => {
      bench.onProcess(processId);
      if (bench.processIds.length === 3) abort.abort(new Error('stopped by hand'));
    };
    const start = startClusterTopology({ ...bench, path, onProcess }, abort.signal);
    await expect(start).rejects.toThrow('stopped by hand');
    expect(bench.processIds).toHaveLength(3);
    expect(bench.running()).toEqual([]);
  });
});

/** How often a node has sent a client elsewhere. */
async function redirections(endpoint: Endpoint): Promise<{ asked: number; moved: number }> {
  const information = await askOnce({ endpoint }, 'INFO', 'errorstats');
  const count = (name: string): number =>
    Number(new RegExp(`errorstat_${name}:count=(\\d+)`).exec(information)?.[1] ?? 0);
  return { asked: count('ASK'), moved: count('MOVED') };
}
