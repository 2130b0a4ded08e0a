import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { World } from '../model/world.ts';
import { serveResp } from './embedded-server.ts';
import { createKeyspace, type Keyspace } from './keyspace.ts';

/** The embedded server within this process, on a port of loopback: a cache for short runs in which everything is one process. */
export interface InProcessCache extends StartedService {
  /** What it holds now; another one after each restart. */
  readonly keyspace: Keyspace;
}

/** Starts one, empty. A kill ends its connections and forgets what it held; a restart takes another port. */
export async function startInProcess(world: Pick<World, 'clock' | 'log'>): Promise<InProcessCache> {
  const start = async (): Promise<Running> => {
    const keyspace = createKeyspace({ clock: world.clock, startUnixMs: 0 });
    return { keyspace, ...(await listen(serveResp({ world, keyspace }).accept)) };
  };
  let running = await start();
  return {
    says: 'embedded (within this process)',
    processIds: [],
    abilities: { kill: true },
    // It has no process of its own that could die.
    died: new Promise(() => {}),
    get endpoint() {
      return running.endpoint;
    },
    get keyspace() {
      return running.keyspace;
    },
    kill: async () => running.close(),
    restart: async () => {
      running = await start();
    },
    logTail: () => '',
    [Symbol.asyncDispose]: async () => running.close(),
  };
}

interface Running extends Listening {
  readonly keyspace: Keyspace;
}

interface Listening {
  readonly endpoint: Endpoint;
  close(): void;
}

async function listen(accept: (socket: Socket, address: string) => void): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    accept(socket, `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`);
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    endpoint: { host: '127.0.0.1', port: address.port },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
