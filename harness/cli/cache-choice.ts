import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CacheTopology } from '../model/plan.ts';
import type { Availability, Provider, ServiceSpec, StartedService } from '../model/service.ts';
import type { CacheProtocol } from '../model/target.ts';
import { containerProvider } from '../services/container.ts';
import { discoverCache } from '../services/discover.ts';
import { embeddedProvider } from '../services/embedded.ts';
import { parseCacheUrl } from '../services/external.ts';
import { type ProcessOptions, processProvider } from '../services/process.ts';
import { startClusterTopology } from '../services/redis-cluster.ts';
import { startSentinelTopology } from '../services/redis-sentinel.ts';
import { quoted, requireLocal } from './options.ts';
import type { Reaper } from './reaper-handle.ts';
import { UsageError } from './usage-error.ts';

/** What `--cache` asks for, checked: `embedded`, `process`, `container` or a URL; undefined for the best that is here. */
export type CacheChoice = string | undefined;

/** Reads `--cache`. Throws UsageError for a word that is none, and for an address that is not this machine and was not allowed. */
export function cacheChoice(
  text: string | undefined,
  allowedHosts: readonly string[],
): CacheChoice {
  if (text === undefined || kinds.has(text)) return text;
  if (!text.includes('://')) {
    throw new UsageError(
      `--cache takes embedded, process, container, redis://host:port or memcached://host:port, got ${quoted(text)}`,
    );
  }
  const { host } = asUsage('--cache', () => parseCacheUrl(text));
  requireLocal('--cache', host, allowedHosts);
  return text;
}

const kinds: ReadonlySet<string> = new Set(['embedded', 'process', 'container']);

/** Finds who provides a cache that speaks this. Rejects with UsageError when what was asked for is not there. */
export async function providerFor(
  choice: CacheChoice,
  { protocol, reaper }: { readonly protocol: CacheProtocol; readonly reaper: Reaper },
): Promise<Provider> {
  const scratchDirectory = mkdtempSync(path.join(tmpdir(), 'crosswire-cache-'));
  reaper.watchFolder(scratchDirectory);
  try {
    const { provider } = await discoverCache({
      choice,
      protocol,
      ...surroundings(scratchDirectory),
      onProcess: (processId) => reaper.watchProcess(processId),
      onContainer: (containerId) => reaper.watchContainer(containerId),
    });
    return provider;
  } catch (error) {
    throw new UsageError(`--cache: ${messageOf(error)}`);
  }
}

/** Several servers of our own, set up as the plan wants them. Rejects with UsageError where there is no redis-server for it. */
export async function topologyProvider(
  topology: CacheTopology,
  { choice, reaper }: { readonly choice: CacheChoice; readonly reaper: Reaper },
): Promise<Provider> {
  if (choice !== undefined && choice !== 'process')
    throw new UsageError(
      `--cache ${choice}: this run needs ${topologies[topology].says}, which are processes of our own; leave --cache out`,
    );
  const scratchDirectory = mkdtempSync(path.join(tmpdir(), 'crosswire-cache-'));
  reaper.watchFolder(scratchDirectory);
  const around = {
    ...surroundings(scratchDirectory),
    onProcess: (processId: number) => reaper.watchProcess(processId),
  };
  const available = await processProvider({ ...around, spec: { service: 'redis' } }).available();
  if (available.state === 'missing')
    throw new UsageError(`this run needs a redis-server: ${available.says}; ${available.needs}`);
  return {
    name: 'process',
    available: () => Promise.resolve(available),
    start: (signal) => topologies[topology].start(around, signal),
  };
}

interface Topology {
  readonly says: string;
  readonly start: (
    around: Omit<ProcessOptions, 'port'>,
    signal: AbortSignal,
  ) => Promise<StartedService>;
}

const topologies: Readonly<Record<CacheTopology, Topology>> = {
  sentinel: { says: 'a primary, a replica and Sentinels', start: startSentinelTopology },
  cluster: { says: 'the nodes of a cluster', start: startClusterTopology },
};

/** Every provider and whether it is there, for `crosswire doctor`. Starts nothing. */
export async function surveyProviders(): Promise<
  readonly { readonly name: string; readonly availability: Availability }[]
> {
  const around = { ...surroundings(tmpdir()), onProcess: () => undefined };
  const nobody = { host: '127.0.0.1', port: 0 };
  const nginx: ServiceSpec = { service: 'nginx', origin: nobody, cacheKey: '$uri' };
  const providers: readonly (readonly [string, Provider])[] = [
    ['process', processProvider(around)],
    ['process, memcached', processProvider({ ...around, spec: { service: 'memcached' } })],
    ['process, nginx', processProvider({ ...around, spec: nginx })],
    ['container', containerProvider()],
    ['embedded', embeddedProvider(around)],
  ];
  return Promise.all(
    providers.map(async ([name, provider]) => ({
      name,
      availability: await provider.available(),
    })),
  );
}

function surroundings(scratchDirectory: string) {
  return { path: process.env['PATH'] ?? '', node: process.execPath, scratchDirectory };
}

function asUsage<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${option}: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
