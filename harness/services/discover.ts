import type { Provider, ServiceSpec } from '../model/service.ts';
import type { CacheProtocol } from '../model/target.ts';
import { containerProvider } from './container.ts';
import { embeddedProvider } from './embedded.ts';
import { externalProvider, parseCacheUrl } from './external.ts';
import { processProvider } from './process.ts';

export interface DiscoverOptions {
  /** What `--cache` says: `embedded`, `process`, `container` or a URL; undefined to take the best that is here. */
  readonly choice: string | undefined;
  /** What it must speak. RESP unless told. */
  readonly protocol?: CacheProtocol;
  /** What the PATH of the environment says. */
  readonly path: string;
  /** A folder for the server to work in, the caller's to remove. */
  readonly scratchDirectory: string;
  /** The node that runs the embedded server: `process.execPath` of the caller. */
  readonly node: string;
  /** Told the id of each process that is started, from the first instant. */
  readonly onProcess: (processId: number) => void;
  /** Told the id of each container that is started. */
  readonly onContainer?: (containerId: string) => void;
}

export interface Discovered {
  readonly provider: Provider;
  /** For the output: what was found. */
  readonly says: string;
}

/**
 * Chooses the backing cache: what was asked for, or else a redis-server, valkey-server or memcached on PATH, or else the embedded one.
 * Rejects when what was asked for is not there, and says what it needs. Starts nothing.
 */
export async function discoverCache(options: DiscoverOptions): Promise<Discovered> {
  if (options.choice !== undefined)
    return requireAvailable(chosen(options.choice, options), options.choice);
  const process = processOf(options);
  const availability = await process.available();
  if (availability.state === 'available') return { provider: process, says: availability.says };
  return requireAvailable(embeddedOf(options), 'embedded');
}

function chosen(choice: string, options: DiscoverOptions): Provider {
  const { protocol = 'resp', onContainer } = options;
  if (choice === 'embedded') return embeddedOf(options);
  if (choice === 'process') return processOf(options);
  if (choice === 'container')
    return containerProvider({
      spec: specs[protocol],
      ...(onContainer === undefined ? {} : { onContainer }),
    });
  if (choice.includes('://')) {
    if (parseCacheUrl(choice).protocol !== protocol)
      throw new Error(`a cache that speaks ${protocol} is needed, and ${choice} does not`);
    return externalProvider({ url: choice });
  }
  throw new Error(
    `there is no cache called ${JSON.stringify(choice)}; choose embedded, process, container or a URL like redis://127.0.0.1:6379`,
  );
}

const specs = {
  resp: { service: 'redis' },
  memcached: { service: 'memcached' },
} as const satisfies Record<CacheProtocol, ServiceSpec>;

/** Of RESP servers on PATH either will do. */
function processOf({ protocol = 'resp', ...options }: DiscoverOptions): Provider {
  return processProvider(protocol === 'resp' ? options : { ...options, spec: specs[protocol] });
}

function embeddedOf({ protocol = 'resp', ...options }: DiscoverOptions): Provider {
  return embeddedProvider({ ...options, server: protocol });
}

async function requireAvailable(provider: Provider, choice: string): Promise<Discovered> {
  const availability = await provider.available();
  if (availability.state === 'available') return { provider, says: availability.says };
  throw new Error(
    `the cache ${choice} is not available: ${availability.says}; ${availability.needs}`,
  );
}
