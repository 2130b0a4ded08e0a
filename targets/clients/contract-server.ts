import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CacheProtocol, Endpoint } from '../../harness/model/target.ts';

/** A real redis-server or memcached of a test: it can be killed, come back on the same port, and be made to stall. */
export interface ContractServer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Empty again on the same port; resolves when it accepts connections. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, answers stop; resolves when they have. */
  stall(): Promise<void>;
  /** SIGCONT: what was asked meanwhile is answered late. */
  resume(): void;
}

/** Whether `redis-server` can be started from PATH, or why not. */
export function redisServerMissing(): string | undefined {
  return programMissing('redis-server');
}

/** Whether a server that speaks `protocol` can be started from PATH, or why not. */
export function contractServerMissing(protocol: CacheProtocol): string | undefined {
  return programMissing(protocol === 'resp' ? 'redis-server' : 'memcached');
}

function programMissing(program: string): string | undefined {
  const { error, status } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error === undefined && status === 0 ? undefined : `no ${program} on PATH`;
}

/**
 * Starts a server without persistence on a free port of the loopback interface: a redis-server, as a cluster of one node that has every
 * slot if wanted, or a memcached with its default limits.
 */
export async function startContractServer({
  protocol = 'resp',
  isCluster = false,
}: {
  readonly protocol?: CacheProtocol;
  readonly isCluster?: boolean;
} = {}): Promise<ContractServer> {
  const endpoint = { host: '127.0.0.1', port: await freePort() };
  const cluster = isCluster ? await clusterOfOne(endpoint) : undefined;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  const start = async (): Promise<void> => {
    const [program, ...words] =
      protocol === 'memcached' ? memcachedCommand(endpoint) : redisCommand(endpoint);
    child = spawn(program, [...words, ...(cluster?.words ?? [])], { stdio: 'ignore' });
    await accepting(endpoint, child);
  };
  await start();
  await cluster?.begun(endpoint);
  return {
    endpoint,
    start,
    kill,
    stall: async () => {
      child?.kill('SIGSTOP');
      await silent(endpoint);
    },
    resume: () => void child?.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await cluster?.remove();
    },
  };
}

type Command = readonly [program: string, ...words: string[]];

function redisCommand({ host, port }: Endpoint): Command {
  const words = ['--bind', host, '--port', String(port), '--save', '', '--appendonly', 'no'];
  return ['redis-server', ...words];
}

/** As root it refuses to run unless it is told which user to be; one without rights would do, and there may be none of a known name. */
function memcachedCommand({ host, port }: Endpoint): Command {
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : [];
  return ['memcached', '-l', host, '-p', String(port), '-U', '0', ...user];
}

interface ClusterOfOne {
  readonly words: readonly string[];
  /** Gives it every slot, which it keeps from then on, and waits until it serves them. A node that comes back takes two seconds to. */
  readonly begun: (endpoint: Endpoint) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** What it is in the cluster is in its folder, which stays across its starts. */
async function clusterOfOne({ host }: Endpoint): Promise<ClusterOfOne> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswire-contract-'));
  const busPort = await freePort();
  return {
    // Alone it has nobody to learn its own address from, and would tell clients none.
    words:
      `--cluster-enabled yes --cluster-port ${busPort} --cluster-announce-ip ${host} --dir ${folder}`.split(
        ' ',
      ),
    begun: async (endpoint) => {
      await askOnce(endpoint, 'CLUSTER ADDSLOTSRANGE 0 16383');
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        if ((await askOnce(endpoint, 'CLUSTER INFO')).includes('cluster_state:ok')) return;
        await new Promise((resolve) => setTimeout(resolve, attemptEveryMs));
      }
      throw new Error(
        `the cluster of one node did not serve within ${attemptsMax * attemptEveryMs} ms`,
      );
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A thread of a stopped process may go on for a moment. */
async function silent(endpoint: Endpoint): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const isLate = new Promise<boolean>((resolve) => setTimeout(resolve, attemptEveryMs, true));
    // Whatever the server speaks, it answers this, if only with an error.
    const answered = Promise.withResolvers<boolean>();
    const socket = connect(endpoint);
    socket.on('error', () => {});
    socket.once('data', () => answered.resolve(false));
    socket.write('PING\r\n');
    const isSilent = await Promise.race([answered.promise, isLate]);
    socket.destroy();
    if (isSilent) return;
  }
  throw new Error(`the server on ${endpoint.host}:${endpoint.port} goes on after SIGSTOP`);
}

/** The first piece of a reply, as text. */
async function askOnce(endpoint: Endpoint, command: string): Promise<string> {
  const socket = connect(endpoint);
  try {
    socket.write(`${command}\r\n`);
    const [reply] = (await once(socket, 'data')) as [Buffer];
    return reply.toString('latin1');
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

const attemptsMax = 200;
const attemptEveryMs = 25;

async function accepting(endpoint: Endpoint, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    if (child.exitCode !== null) break;
    if (await accepts(endpoint)) return;
    await new Promise((resolve) => setTimeout(resolve, attemptEveryMs));
  }
  child.kill('SIGKILL');
  throw new Error(
    `the server did not accept on ${endpoint.host}:${endpoint.port} within ${attemptsMax * attemptEveryMs} ms`,
  );
}

async function accepts(endpoint: Endpoint): Promise<boolean> {
  const socket = connect(endpoint);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
