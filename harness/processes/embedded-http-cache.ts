import type { Server } from 'node:http';
import { pathToFileURL } from 'node:url';
import { createGatewayServer } from '../../targets/http-caches/gateway.ts';
import type { HttpCacheOpening } from '../../targets/http-caches/http-cache-library.ts';
import { httpCaches } from '../../targets/http-caches/index.ts';
import type { Endpoint } from '../model/target.ts';
import type { ListeningMessage } from '../services/embedded.ts';
import { createHttpCache } from '../services/http-cache.ts';
import type { HttpCacheSettings } from '../services/http-cache-rules.ts';
import { createHttpCacheServer, httpOrigin } from '../services/http-cache-server.ts';
import { realWorld } from './real-world.ts';

/**
 * The embedded HTTP cache in a process of its own, on a free port of loopback; or a gateway, with a library in it that caches. Its one
 * parameter is JSON: `origin` and the settings or the library. It tells its parent the port, and ends when its parent goes away: the channel between them closes.
 */
export type HttpCacheParameter = { readonly origin: Endpoint } & (
  | { readonly settings?: HttpCacheSettings; readonly library?: never }
  | { readonly library: LibraryParameter }
);

interface LibraryParameter extends Pick<HttpCacheOpening, 'keyedBy' | 'freshSeconds'> {
  /** One of `targets/http-caches`. */
  readonly name: string;
  /** The file to import. */
  readonly libraryPath: string;
  /** Of its companions, by package. */
  readonly companionPaths: Readonly<Record<string, string>>;
}

process.on('disconnect', () => process.exit(0));
const [, , parameter] = process.argv;
if (process.send === undefined || parameter === undefined) {
  process.stderr.write(
    'embedded-http-cache is started by crosswire, with a channel to it and its origin as JSON; alone it has nobody to serve\n',
  );
  process.exit(64);
}

const said = JSON.parse(parameter) as HttpCacheParameter;
const server =
  said.library === undefined
    ? embeddedCache(said.origin, said.settings ?? {})
    : await gateway(said.origin, said.library);

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  process.send?.({ listeningPort: address.port } satisfies ListeningMessage);
});

function embeddedCache(origin: Endpoint, settings: HttpCacheSettings): Server {
  const world = realWorld(
    { startTicks: String(process.hrtime.bigint()), seed: 0 },
    'embedded-http-cache',
  );
  return createHttpCacheServer(
    createHttpCache({
      origin: httpOrigin(origin).ask,
      clock: world.clock,
      startUnixMs: Date.now(),
      settings,
      log: world.log,
    }),
  );
}

async function gateway(
  origin: Endpoint,
  { name, libraryPath, companionPaths, keyedBy, freshSeconds }: LibraryParameter,
): Promise<Server> {
  const httpCache = await httpCaches[name]?.();
  if (httpCache === undefined) throw new Error(`there is no HTTP cache named ${name}`);
  const companions: Record<string, unknown> = {};
  for (const [each, file] of Object.entries(companionPaths))
    companions[each] = await imported(file);
  const library = await imported(libraryPath);
  return createGatewayServer(
    httpCache.open({ library, companions, origin, keyedBy, freshSeconds }),
  );
}

async function imported(file: string): Promise<unknown> {
  return import(pathToFileURL(file).href);
}
