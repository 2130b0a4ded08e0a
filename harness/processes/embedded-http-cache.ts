import type { Endpoint } from '../model/target.ts';
import type { ListeningMessage } from '../services/embedded.ts';
import { createHttpCache } from '../services/http-cache.ts';
import type { HttpCacheSettings } from '../services/http-cache-rules.ts';
import { createHttpCacheServer, httpOrigin } from '../services/http-cache-server.ts';
import { realWorld } from './real-world.ts';

/**
 * The embedded HTTP cache in a process of its own, on a free port of loopback. Its one parameter is JSON: `origin` and the
 * settings. It tells its parent the port, and ends when its parent goes away: the channel between them closes.
 */
interface Parameter {
  readonly origin: Endpoint;
  readonly settings?: HttpCacheSettings;
}

process.on('disconnect', () => process.exit(0));
const [, , parameter] = process.argv;
if (process.send === undefined || parameter === undefined) {
  process.stderr.write(
    'embedded-http-cache is started by crosswire, with a channel to it and its origin as JSON; alone it has nobody to serve\n',
  );
  process.exit(64);
}

const { origin, settings = {} } = JSON.parse(parameter) as Parameter;
const world = realWorld(
  { startTicks: String(process.hrtime.bigint()), seed: 0 },
  'embedded-http-cache',
);
const server = createHttpCacheServer(
  createHttpCache({
    origin: httpOrigin(origin).ask,
    clock: world.clock,
    startUnixMs: Date.now(),
    settings,
    log: world.log,
  }),
);

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  process.send?.({ listeningPort: address.port } satisfies ListeningMessage);
});
