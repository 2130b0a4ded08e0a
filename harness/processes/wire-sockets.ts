import { hash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Recorder } from '../model/rows.ts';
import type { CacheProtocol, Endpoint, Target } from '../model/target.ts';
import type { Rng, World } from '../model/world.ts';
import { peekStamp } from '../thumbnail/reading.ts';
import type { Protocol } from '../wire/framing.ts';
import { http } from '../wire/http.ts';
import { memcached } from '../wire/memcached.ts';
import { createWire, type Wire, type WireLimits } from '../wire/proxy.ts';
import { resp } from '../wire/resp.ts';
import type { WireSocket } from '../wire/wire-socket.ts';

/** What passes on a wire: what caches speak, or HTTP/1.1. Of memcached's protocols the first byte of a connection says which. */
export type WireProtocol = CacheProtocol | 'http';

export interface WireSocketsOptions {
  /** An address of this machine. */
  readonly host: string;
  /** That of the first door. 0 takes a free one below the range that systems give to outgoing connections. */
  readonly port: number;
  /** How many doors there are; one unless told. The others get free ports. */
  readonly doors?: number;
  /** Asked at every new connection, with its door from 1, so that a cache may come back elsewhere. */
  readonly upstream: (door: number) => Endpoint;
  /** RESP unless told. */
  readonly protocol?: WireProtocol;
  readonly world: World;
  readonly recorder: Pick<Recorder, 'nextId' | 'wire' | 'wireConnection'>;
  /** SHA-1 of this process's crypto library unless said otherwise. */
  readonly digest?: (bytes: Uint8Array) => string;
  /** What the target says of the form in which values are stored: they are looked at and digested without it. */
  readonly unwrap?: Target['unwrap'];
  readonly limits?: Partial<WireLimits>;
}

/** A wire on a port, or on several: doors to one and the same wire, with its rules and its counting. */
export interface WireSockets {
  readonly wire: Wire;
  /** The first door. The same for as long as it lives, also across `refuse-connections`. */
  readonly endpoint: Endpoint;
  /** All of them. */
  readonly doors: readonly Endpoint[];
  /** Ends every connection and gives the ports back. Resolves when every row is written. */
  close(): Promise<void>;
}

/** Listens, and passes every connection through a wire. Rejects when a port is taken, or the address is not ours. */
export async function listenWire(options: WireSocketsOptions): Promise<WireSockets> {
  const { host, world, recorder, upstream, digest = sha1, limits = {} } = options;
  const { protocol = 'resp', unwrap = (stored) => stored } = options;
  const doorOf = new WeakMap<WireSocket, number>();
  const accept = (door: number) => (socket: Socket) => {
    doorOf.set(socket, door);
    wire.accept(socket);
  };
  const wire = createWire({
    world,
    recorder,
    digest: (bytes) => digest(unwrap(bytes)),
    peek: (payload) => peekStamp(unwrap(payload))?.deviceId ?? null,
    limits,
    protocol: protocols[protocol](),
    doorOf: (client) => doorOf.get(client) ?? 1,
    connectUpstream: (client) => connect({ ...upstream(doorOf.get(client) ?? 1), noDelay: true }),
    listener: {
      close: async () => {
        for (const door of doors) door.close();
      },
      open: async () => {
        await Promise.all(doors.map((door) => door.open()));
      },
    },
  });
  const doors: Door[] = [];
  for (let ordinal = 1; ordinal <= (options.doors ?? 1); ordinal += 1) {
    const report = (error: Error): void =>
      world.log(`wire: listening on ${host}: ${error.message}`);
    const port = ordinal === 1 ? options.port : 0;
    // Two runs of one seed at one time must not want the same port.
    const rng = world.rng.fork(`door ${ordinal} of ${process.pid}`);
    try {
      doors.push(await openDoor({ host, accept: accept(ordinal), report }, port, rng));
    } catch (error) {
      for (const door of doors) door.close();
      throw error;
    }
  }
  const endpoints = doors.map(({ endpoint }) => endpoint);
  const [endpoint] = endpoints;
  if (endpoint === undefined)
    throw new RangeError(`a wire has one door at least, not ${options.doors}`);
  return {
    wire,
    endpoint,
    doors: endpoints,
    close: async () => {
      for (const door of doors) door.closeForGood();
      await wire.close();
    },
  };
}

/** A port that can be closed for a while. */
interface Door {
  readonly endpoint: Endpoint;
  close(): void;
  open(): Promise<void>;
  closeForGood(): void;
}

async function openDoor(options: ListenOptions, port: number, rng: Rng): Promise<Door> {
  let server = await listenAnywhere(options, port, rng);
  let isClosed = false;
  const endpoint = endpointOf(server, options.host);
  return {
    endpoint,
    close: () => {
      server.close();
    },
    open: async () => {
      server = await listen({ ...options, port: endpoint.port });
      if (isClosed) server.close();
    },
    closeForGood: () => {
      isClosed = true;
      server.close();
    },
  };
}

const protocols: Readonly<Record<WireProtocol, () => Protocol>> = {
  resp: () => resp(),
  memcached: () => memcached(),
  http: () => http(),
};

interface ListenOptions {
  readonly host: string;
  readonly accept: (socket: Socket) => void;
  readonly report: (error: Error) => void;
}

const portMin = 15_000;
const portMax = 30_000;
const attemptsMax = 64;

/**
 * A port that is closed for a while and opened again must not be lost meanwhile. Those that the system picks by itself can be:
 * 1. the port is closed;  2. thousands of cameras connect, each from a port of the system's own choice, and one gets ours;
 * 3. it cannot be opened again. So a port is drawn from below that range (32768 on Linux, 49152 elsewhere).
 */
async function listenAnywhere(options: ListenOptions, port: number, rng: Rng): Promise<Server> {
  if (port !== 0) return listen({ ...options, port });
  const draws = rng.fork('wire port');
  for (let attempt = 1; attempt < attemptsMax; attempt += 1) {
    try {
      return await listen({ ...options, port: draws.integer(portMin, portMax) });
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  return listen({ ...options, port: 0 });
}

function listen({
  host,
  port,
  accept,
  report,
}: ListenOptions & { readonly port: number }): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Half open, so that a client's FIN is not answered before its replies have come.
    const server = createServer({ noDelay: true, allowHalfOpen: true }, accept);
    const fail = (error: Error): void => {
      const says = `the wire cannot listen on ${host}:${port}: ${error.message}`;
      reject(new Error(`${says}; name another port, or 0 for any free one`, { cause: error }));
    };
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      server.on('error', report);
      resolve(server);
    });
  });
}

function isTaken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
}

function endpointOf(server: Server, host: string): Endpoint {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error(`the wire listens on ${String(address)}, which is not a TCP port`);
  }
  return { host, port: address.port };
}

function sha1(bytes: Uint8Array): string {
  return hash('sha1', bytes, 'hex');
}
