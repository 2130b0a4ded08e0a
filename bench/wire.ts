/**
 * What a proxy costs: `node bench/wire.ts [--toxiproxy PATH] [--repetitions 3] [--seconds 0.35]` measures no proxy, our wire (which pairs, digests
 * and records every reply), a Node proxy that only copies bytes, and Toxiproxy when its server is on PATH as `toxiproxy-server` or given, against a real
 * redis-server, with redis-benchmark as the client. The proxies take turns within each repetition; figures are medians.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { openProcessRecord } from '../harness/processes/process-record.ts';
import { realWorld } from '../harness/processes/real-world.ts';
import { listenWire } from '../harness/processes/wire-sockets.ts';

const host = '127.0.0.1';
const ticksPerSecond = 100;

interface Load {
  readonly bytes: number;
  readonly connections: number;
  readonly pipeline: number;
}

interface Contender {
  readonly name: string;
  readonly port: number;
  /** The proxy's process; null when there is none in between. */
  readonly pid: number | null;
}

/** One run of redis-benchmark: SET and then GET. */
interface Run {
  readonly perSecond: Readonly<Record<string, number>>;
  readonly medianMs: Readonly<Record<string, number>>;
  readonly processorSeconds: number;
  readonly operations: number;
}

const loads: readonly Load[] = [100, 10_240].flatMap((bytes) =>
  [1, 50, 500].flatMap((connections) =>
    [1, 16].map((pipeline) => ({ bytes, connections, pipeline })),
  ),
);

const { values: options } = parseArgs({
  options: {
    toxiproxy: { type: 'string' },
    repetitions: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '0.35' },
    serve: { type: 'string' },
    upstream: { type: 'string' },
    record: { type: 'string' },
  },
});

if (options.serve === 'wire') await serveWire(Number(options.upstream), options.record ?? '');
else if (options.serve === 'copy') await serveCopy(Number(options.upstream));
else await compare();

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'crosswire-bench-'));
  const children: ChildProcess[] = [];
  try {
    const contenders = await startAll(children, folder);
    console.log(
      'a second | share of no proxy | median ms | operations per processor second of the proxy',
    );
    for (const load of loads) await compareUnder(load, contenders);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compareUnder(load: Load, contenders: readonly Contender[]): Promise<void> {
  const runs = new Map<Contender, Run[]>(contenders.map((one) => [one, []]));
  const requests = new Map<Contender, number>();
  for (const one of contenders) {
    // A short run warms up, and says how many requests fill the time.
    const pilot = await measure(one, load, 2_000 + load.connections * load.pipeline);
    const rate = Math.min(...Object.values(pilot.perSecond));
    requests.set(one, Math.ceil(rate * Number(options.seconds)));
  }
  for (let round = 0; round < Number(options.repetitions); round += 1) {
    for (const [one, measured] of runs) {
      measured.push(await measure(one, load, requests.get(one) ?? 0));
    }
  }
  for (const command of ['SET', 'GET']) print(load, command, runs);
}

interface Figures {
  readonly rate: number;
  readonly medianMs: number;
  /** SET and GET together. */
  readonly perProcessorSecond: number;
}

function figuresOf(measured: readonly Run[], command: string): Figures {
  const operations = measured.reduce((sum, run) => sum + run.operations, 0);
  const seconds = measured.reduce((sum, run) => sum + run.processorSeconds, 0);
  return {
    rate: median(measured.map(({ perSecond }) => perSecond[command] ?? 0)),
    medianMs: median(measured.map(({ medianMs }) => medianMs[command] ?? 0)),
    perProcessorSecond: operations / seconds,
  };
}

function print(load: Load, command: string, runs: ReadonlyMap<Contender, readonly Run[]>): void {
  const { bytes, connections, pipeline } = load;
  console.log(`\n${command} of ${bytes} B, ${connections} connections, pipelining ${pipeline}`);
  const all = new Map(
    Array.from(runs, ([{ name }, measured]) => [name, figuresOf(measured, command)]),
  );
  const direct = all.get('no proxy');
  for (const [name, { rate, medianMs, perProcessorSecond }] of all) {
    const share = (rate / (direct?.rate ?? 1)).toFixed(2);
    const work = Number.isFinite(perProcessorSecond) ? String(Math.round(perProcessorSecond)) : '-';
    const cells = [String(Math.round(rate)), share, medianMs.toFixed(3), work];
    console.log(`  ${name.padEnd(10)}${cells.map((cell) => cell.padStart(12)).join('')}`);
  }
  const [wire, toxiproxy] = [all.get('wire'), all.get('Toxiproxy')];
  if (wire === undefined || direct === undefined) return;
  const added = `the wire adds ${Math.round((wire.medianMs - direct.medianMs) * 1_000)} microseconds at the median`;
  const ratios =
    toxiproxy === undefined
      ? ''
      : `; it does ${(wire.rate / toxiproxy.rate).toFixed(2)} of what Toxiproxy does, and ${(wire.perProcessorSecond / toxiproxy.perProcessorSecond).toFixed(2)} per processor second`;
  console.log(`  ${added}${ratios}`);
}

async function measure({ port, pid }: Contender, load: Load, requests: number): Promise<Run> {
  const { bytes, connections, pipeline } = load;
  const counted = Math.max(requests, connections * pipeline);
  const before = processorSecondsOf(pid);
  const words =
    `-h ${host} -p ${port} -t set,get --csv -n ${counted} -c ${connections} -P ${pipeline} -d ${bytes}`.split(
      ' ',
    );
  const { stdout } = await promisify(execFile)('redis-benchmark', words);
  const perSecond: Record<string, number> = {};
  const medianMs: Record<string, number> = {};
  for (const line of stdout.split('\n')) {
    const [command = '', rate, , , p50] = line.replaceAll('"', '').split(',');
    if (command !== 'SET' && command !== 'GET') continue;
    perSecond[command] = Number(rate);
    medianMs[command] = Number(p50);
  }
  if (perSecond['GET'] === undefined) throw new Error(`redis-benchmark said: ${stdout}`);
  const processorSeconds = processorSecondsOf(pid) - before;
  return { perSecond, medianMs, processorSeconds, operations: counted * 2 };
}

/** User and system time so far: fields 14 and 15 of proc_pid_stat(5), counted behind the name, which may hold blanks. */
function processorSecondsOf(pid: number | null): number {
  if (pid === null) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

async function startAll(children: ChildProcess[], folder: string): Promise<readonly Contender[]> {
  const redisPort = await freePort();
  const start = (command: string, words: readonly string[]): ChildProcess => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'], cwd: folder });
    children.push(child);
    return child;
  };
  start('redis-server', ['--port', `${redisPort}`, '--bind', host, '--save', '']).stdout?.resume();
  await accepts(redisPort);
  const contenders: Contender[] = [{ name: 'no proxy', port: redisPort, pid: null }];
  for (const [name, serve] of [
    ['wire', 'wire'],
    ['bare copy', 'copy'],
  ] as const) {
    const words = [
      '--serve',
      serve,
      '--upstream',
      `${redisPort}`,
      '--record',
      join(folder, 'rows'),
    ];
    const child = start(process.execPath, [import.meta.filename, ...words]);
    const [port] = await once(child.stdout ?? child, 'data');
    contenders.push({ name, port: Number(port), pid: child.pid ?? null });
  }
  const path = options.toxiproxy ?? 'toxiproxy-server';
  if (spawnSync(path, ['-version']).status === 0) {
    contenders.push(await startToxiproxy(start, path, redisPort));
  } else console.log(`Toxiproxy is not measured: ${path} does not run; give --toxiproxy PATH`);
  return contenders;
}

async function startToxiproxy(
  start: (command: string, words: readonly string[]) => ChildProcess,
  path: string,
  redisPort: number,
): Promise<Contender> {
  const [apiPort, port] = [await freePort(), await freePort()];
  const child = start(path, ['-host', host, '-port', `${apiPort}`]);
  child.stdout?.resume();
  await accepts(apiPort);
  const proxy = { name: 'redis', listen: `${host}:${port}`, upstream: `${host}:${redisPort}` };
  const answer = await fetch(`http://${host}:${apiPort}/proxies`, {
    method: 'POST',
    body: JSON.stringify({ ...proxy, enabled: true }),
  });
  if (!answer.ok) throw new Error(`Toxiproxy answered ${answer.status} to a new proxy`);
  await answer.body?.cancel();
  return { name: 'Toxiproxy', port, pid: child.pid ?? null };
}

async function serveWire(upstreamPort: number, recordPath: string): Promise<void> {
  const startTicks = `${process.hrtime.bigint()}`;
  const settings = { name: 'wire', startTicks, seed: 1, recordPath, writer: 1 };
  const { recorder } = openProcessRecord(settings, (error) => console.error(error.message));
  const { endpoint } = await listenWire({
    host,
    port: 0,
    upstream: () => ({ host, port: upstreamPort }),
    world: realWorld(settings, 'wire'),
    recorder,
  });
  console.log(endpoint.port);
}

/** What two sockets of Node cost when nothing is looked at: the floor of any proxy that is made of them. */
async function serveCopy(upstreamPort: number): Promise<void> {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port: upstreamPort, noDelay: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] satisfies [Socket, Socket][]) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, host);
  await once(server, 'listening');
  console.log(portOf(server.address()));
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const port = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return address.port;
}

async function accepts(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect({ host, port });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await delay(20);
  }
  throw new Error(`nothing accepted on ${host}:${port} within 4 s`);
}
