import { createServer } from 'node:net';
import type { ListeningMessage } from '../services/embedded.ts';
import { serveMemcached } from '../services/memcached-server.ts';
import { createMemcachedStore } from '../services/memcached-store.ts';
import { realWorld } from './real-world.ts';

/**
 * The embedded memcached server in a process of its own, on a free port of loopback. It tells its parent the port, and
 * ends when its parent goes away, however that happens: the channel between them closes.
 */
const world = realWorld(
  { startTicks: String(process.hrtime.bigint()), seed: 0 },
  'embedded-memcached',
);
const store = createMemcachedStore({ clock: world.clock, startUnixMs: Date.now() });
const memcached = serveMemcached({ world, store });

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  memcached.accept(socket);
});

process.on('disconnect', () => process.exit(0));
if (process.send === undefined) {
  process.stderr.write(
    'embedded-memcached is started by crosswire, with a channel to it; alone it has nobody to serve\n',
  );
  process.exit(64);
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  process.send?.({ listeningPort: address.port } satisfies ListeningMessage);
});
