import { expect, onTestFinished, test } from 'vitest';
import type { WireConnectionRow } from '../model/rows.ts';
import type { Endpoint } from '../model/target.ts';
import { realWorld } from './real-world.ts';
import { get, Probe, portOfNobody, scriptedServer } from './test-wire.ts';
import { listenWire, type WireSockets } from './wire-sockets.ts';

/** Says its own name to whatever it is asked. */
async function node(name: string): Promise<Endpoint> {
  return scriptedServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(`+${name}\r\n`));
  });
}

async function wireToThree(): Promise<{
  readonly sockets: WireSockets;
  readonly rows: WireConnectionRow[];
}> {
  const nodes = [await node('one'), await node('two'), await node('three')];
  const rows: WireConnectionRow[] = [];
  let ids = 0;
  const sockets = await listenWire({
    host: '127.0.0.1',
    port: 0,
    doors: nodes.length,
    upstream: (door) => nodes[door - 1]!,
    world: realWorld({ startTicks: `${process.hrtime.bigint()}`, seed: process.pid }, 'wire'),
    recorder: {
      nextId: () => (ids += 1),
      wire: () => undefined,
      wireConnection: (row) => rows.push(row),
    },
  });
  onTestFinished(() => sockets.close());
  return { sockets, rows };
}

async function said(door: Endpoint): Promise<Probe> {
  const probe = new Probe(door);
  probe.socket.write(get('a'));
  await probe.received('\r\n');
  return probe;
}

test('each door leads to its own node, connections are counted over all of them, and rows say which one it was', async () => {
  const { sockets, rows } = await wireToThree();
  const texts: string[] = [];
  for (const index of [2, 0, 1, 2]) {
    const probe = await said(sockets.doors[index]!);
    texts.push(probe.text);
    probe.socket.end();
    await probe.over();
  }
  expect(texts).toEqual(['+three\r\n', '+one\r\n', '+two\r\n', '+three\r\n']);
  await expect.poll(() => rows.length).toBe(4);
  expect(
    rows
      .toSorted((one, other) => one.connection - other.connection)
      .map(({ connection, door }) => [connection, door]),
  ).toEqual([
    [1, 3],
    [2, 1],
    [3, 2],
    [4, 3],
  ]);
});

test('a rule that may act once acts once, whatever door it is', async () => {
  const { sockets, rows } = await wireToThree();
  const probes = [await said(sockets.doors[0]!), await said(sockets.doors[1]!)];
  await using rule = await sockets.wire.install('cut-1', {
    type: 'cut-idle',
    how: 'fin',
    timesMax: 1,
  });
  const ended = await Promise.race(
    probes.map(async (probe, index) => {
      await probe.over();
      return index;
    }),
  );
  const other = probes[1 - ended]!;
  other.socket.write(get('b'));
  await other.received('\r\n+');
  expect(rule.bit()).toBe(1);
  expect(rows).toMatchObject([{ door: ended + 1, closedBy: 'rule', faultId: 'cut-1' }]);
});

test('all doors are closed together, and open again where they were', async () => {
  const { sockets, rows } = await wireToThree();
  const probe = await said(sockets.doors[1]!);
  {
    await using _rule = await sockets.wire.install('down', {
      type: 'refuse-connections',
      how: 'rst',
    });
    expect(await probe.over()).toMatchObject({ ending: 'ECONNRESET' });
    for (const door of sockets.doors)
      expect(await new Probe(door).over()).toEqual({ text: '', ending: 'ECONNREFUSED' });
  }
  for (const [index, door] of sockets.doors.entries())
    expect((await said(door)).text).toBe(['+one\r\n', '+two\r\n', '+three\r\n'][index]);
  expect(rows).toMatchObject([{ door: 2, faultId: 'down' }]);
});

test('a connection that a rule keeps from the server names its door too', async () => {
  const { sockets, rows } = await wireToThree();
  await using _rule = await sockets.wire.install('full', {
    type: 'close-new-connections',
    how: 'fin',
    says: 'nothing',
    timesMax: 5,
  });
  await new Probe(sockets.doors[2]!).over();
  expect(rows).toMatchObject([{ connection: 1, door: 3, faultId: 'full' }]);
});

test('a wire has one door at least', async () => {
  const world = realWorld({ startTicks: `${process.hrtime.bigint()}`, seed: 1 }, 'wire');
  const recorder = { nextId: () => 1, wire: () => undefined, wireConnection: () => undefined };
  const nobody = { host: '127.0.0.1', port: await portOfNobody() };
  const options = { host: '127.0.0.1', port: 0, upstream: () => nobody, world, recorder };
  await expect(listenWire({ ...options, doors: 0 })).rejects.toThrow('one door at least, not 0');
});
