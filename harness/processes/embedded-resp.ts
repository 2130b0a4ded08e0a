import { createServer } from 'node:net';
import type { ListeningMessage } from '../services/embedded.ts';
import { serveResp } from '../services/embedded-server.ts';
import { createKeyspace } from '../services/keyspace.ts';
import { realWorld } from './real-world.ts';

/**
 * The embedded RESP server in a process of its own, on a free port of loopback. It tells its parent the port, and ends
 * when its parent goes away, however that happens: the channel between them closes.
 */
const world = realWorld({ startTicks: String(process.hrtime.bigint()), seed: 0 }, 'embedded-resp');
const keyspace = createKeyspace({ clock: world.clock, startUnixMs: Date.now() });
const resp = serveResp({ world, keyspace });

const server = createServer({ noDelay: true }, (socket) => {
  resp.accept(socket, `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}`);
});

process.on('disconnect', () => process.exit(0));
if (process.send === undefined) {
  process.stderr.write(
    'embedded-resp is started by crosswire, with a channel to it; alone it has nobody to serve\n',
  );
  process.exit(64);
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  process.send?.({ listeningPort: address.port } satisfies ListeningMessage);
});
