import type { KillOptions, RedisConsole, ServiceSpec } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { memcachedRecipe } from './recipe-memcached.ts';
import { nginxConfiguration, nginxReadyPath } from './recipe-nginx.ts';
import { redisConfiguration } from './recipe-redis.ts';
import { openRedisConsole, sayOnce } from './redis-console.ts';
import { dumpName } from './redis-dump.ts';
import { ask } from './resp-probe.ts';

/** Toxiproxy without a proxy in it yet; its endpoint is that of its API. */
export interface ToxiproxySpec {
  readonly service: 'toxiproxy';
}

/** How one kind of service is run in a container: what it is told, how it is known to serve, what it can keep. */
export interface ContainerKind {
  /** The usual image, for who names none. */
  readonly image: string;
  /** Instead of the image's own, which may be a script that wants to be told more than the program does. */
  readonly entryPoint: readonly string[];
  /** What it serves on inside; null where it has to reach this machine's loopback, and so shares its network. */
  readonly port: number | null;
  /** Its command line and its files, by their paths in the container. */
  readonly prepare: (port: number) => Promise<Prepared>;
  /** Its version once it serves; rejects before. */
  readonly version: (endpoint: Endpoint, signal: AbortSignal) => Promise<string>;
  /** Where its data stands. Without it, nothing can be kept. */
  readonly data?: {
    readonly path: string;
    readonly isKept: (options: KillOptions) => boolean;
    /** Called while it still runs. */
    readonly save?: (endpoint: Endpoint) => Promise<unknown>;
  };
  readonly openConsole?: (endpoint: Endpoint) => Promise<RedisConsole>;
}

interface Prepared {
  readonly command: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

const everywhere = '0.0.0.0';
const loopback = '127.0.0.1';

/** The kind of container that serves what is asked for. */
export function containerKind(spec: ServiceSpec | ToxiproxySpec): ContainerKind {
  switch (spec.service) {
    case 'redis':
    case 'valkey':
      return redisKind(spec);
    case 'memcached':
      return memcachedKind(spec);
    case 'nginx':
      return nginxKind(spec);
    case 'toxiproxy':
      return toxiproxyKind;
    default:
      return spec satisfies never;
  }
}

function redisKind(spec: Extract<ServiceSpec, { service: 'redis' | 'valkey' }>): ContainerKind {
  const folder = '/data';
  const file = '/etc/crosswire-redis.conf';
  // Whoever comes through a published port does not come from the container's own loopback.
  const configuration = ['protected-mode no', ...(spec.configuration ?? [])];
  return {
    image: spec.service === 'redis' ? 'redis:8' : 'valkey/valkey:9',
    entryPoint: [`${spec.service}-server`],
    port: 6379,
    prepare: async (port) => {
      const place = { endpoint: { host: everywhere, port }, directory: folder };
      const text = redisConfiguration({ ...spec, configuration }, place);
      return { command: [file], files: { [file]: text } };
    },
    version: async (endpoint, signal) => {
      const information = await ask(endpoint, { command: 'INFO', signal });
      const isLoaded = information.includes('\nloading:0');
      const version = /^(?:valkey|redis)_version:(?<version>\S+)/m.exec(information);
      return found(isLoaded ? version : null);
    },
    data: {
      path: `${folder}/${dumpName}`,
      isKept: ({ data = spec.data }) => data === 'kept',
      save: (endpoint) => sayOnce(endpoint, 'SAVE'),
    },
    openConsole: openRedisConsole,
  };
}

function memcachedKind(spec: Extract<ServiceSpec, { service: 'memcached' }>): ContainerKind {
  return {
    image: 'memcached:1.6',
    entryPoint: ['memcached'],
    port: 11_211,
    prepare: async (port) => {
      const place = { endpoint: { host: everywhere, port }, directory: '/' };
      return { command: await memcachedRecipe(spec).prepare(place), files: {} };
    },
    version: async (endpoint, signal) =>
      found(/^VERSION (?<version>\S+)/.exec(await ask(endpoint, { command: 'version', signal }))),
  };
}

function nginxKind(spec: Extract<ServiceSpec, { service: 'nginx' }>): ContainerKind {
  const folder = '/tmp';
  const file = '/etc/nginx/nginx.conf';
  return {
    image: 'nginx:1.29',
    entryPoint: ['nginx'],
    port: null,
    prepare: async (port) => {
      const place = { endpoint: { host: loopback, port }, directory: folder };
      return {
        command: ['-e', 'stderr', '-c', file],
        files: { [file]: nginxConfiguration(spec, place) },
      };
    },
    version: async ({ host, port }, signal) => {
      const answer = await fetch(`http://${host}:${port}${nginxReadyPath}`, { signal });
      await answer.body?.cancel();
      return found(/^nginx\/(?<version>\S+)/.exec(answer.headers.get('server') ?? ''));
    },
    data: {
      path: `${folder}/cache`,
      isKept: ({ data = spec.data }) => data === 'kept',
    },
  };
}

const toxiproxyKind: ContainerKind = {
  image: 'ghcr.io/shopify/toxiproxy:2.12.0',
  entryPoint: [],
  port: null,
  prepare: async (port) => ({ command: ['-host', loopback, '-port', String(port)], files: {} }),
  version: async ({ host, port }, signal) => {
    const answer = await fetch(`http://${host}:${port}/version`, { signal });
    const text = await answer.text();
    // Older ones answer with the bare version.
    return found(answer.ok ? /^(?:\{"version": *")?(?<version>[\w.+-]+)/.exec(text) : null);
  },
};

function found(match: RegExpExecArray | null): string {
  const version = match?.groups?.['version'];
  if (version === undefined) throw new Error('it does not serve yet, or is something else');
  return version;
}
