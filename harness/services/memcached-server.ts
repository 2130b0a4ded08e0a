import type { Duplex } from 'node:stream';
import type { World } from '../model/world.ts';
import { converse } from './memcached-conversation.ts';
import type { Counters, ServerFacts } from './memcached-exchange.ts';
import type { MemcachedStore } from './memcached-store.ts';

/** A memcached server without sockets: it is handed connections, and answers as memcached 1.6.18 does. */
export interface MemcachedServer {
  /** Serves one connection until it ends. Its first byte decides between text (with meta) and binary. */
  accept(connection: Duplex): void;
  /** Ends all connections. */
  close(): void;
}

export interface MemcachedServerOptions {
  readonly world: Pick<World, 'log'>;
  readonly store: MemcachedStore;
  /** More connections than this are refused. 10,000 unless told (memcached's own default is 1,024). */
  readonly connectionsMax?: number;
}

/** Serves a store over any duplex streams. Holds no timer and no state beyond its connections. */
export function serveMemcached({
  world,
  store,
  connectionsMax = 10_000,
}: MemcachedServerOptions): MemcachedServer {
  const connections = new Set<Duplex>();
  let opened = 0;
  const counters: Counters = { gets: 0, hits: 0, misses: 0, sets: 0, touches: 0, flushes: 0 };
  const server: ServerFacts = {
    connections: () => connections.size,
    connectionsEver: () => opened,
    connectionsMax,
  };
  return {
    accept: (connection) => {
      connection.on('error', () => undefined);
      if (connections.size >= connectionsMax) {
        connection.end('ERROR Too many open connections\r\n');
        return;
      }
      opened += 1;
      connections.add(connection);
      connection.once('close', () => connections.delete(connection));
      converse(connection, { store, counters, server, log: world.log });
    },
    close: () => {
      for (const connection of connections) connection.destroy();
    },
  };
}
