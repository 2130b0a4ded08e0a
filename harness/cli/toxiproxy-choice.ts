import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createToxiproxyEngine } from '../faults/toxiproxy.ts';
import type { Availability, Provider } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { containerProvider } from '../services/container.ts';
import { externalToxiproxy, toxiproxyProvider } from '../services/toxiproxy.ts';
import { quoted, requireLocal } from './options.ts';
import type { Reaper } from './reaper-handle.ts';
import { UsageError } from './usage-error.ts';

/** What `--toxiproxy` asks for, checked: `process`, `container`, `container:IMAGE` or the URL of an API; undefined for the best that is here. */
export type ToxiproxyChoice = string | undefined;

const loopback = '127.0.0.1';
const reachMsMax = 3_000;
const defaultPort = 8_474;

/** Reads `--toxiproxy`. Throws UsageError for a word that is none, and for an address that is not this machine and was not allowed. */
export function toxiproxyChoice(
  text: string | undefined,
  allowedHosts: readonly string[],
): ToxiproxyChoice {
  if (text === undefined || text === 'process' || /^container(?::.+)?$/.test(text)) return text;
  const api = apiOf(text);
  if (api === null)
    throw new UsageError(
      `--toxiproxy takes process, container, container:IMAGE or http://host:port, got ${quoted(text)}`,
    );
  requireLocal('--toxiproxy', api.host, allowedHosts);
  return text;
}

/**
 * Finds the Toxiproxy: the one that was asked for, or else one on PATH, or else one in a container. Rejects with UsageError where
 * there is none, and when one that runs already cannot reach this machine's loopback. Leaves nothing running.
 */
export async function toxiproxyFor(choice: ToxiproxyChoice, reaper: Reaper): Promise<Provider> {
  const reasons: string[] = [];
  for (const provider of candidates(choice, reaper)) {
    const availability = await provider.available();
    if (availability.state === 'available') {
      if (provider.name === 'external') await requireReach(choice ?? '');
      return provider;
    }
    reasons.push(`${availability.says}; ${availability.needs}`);
  }
  throw new UsageError(`--faults toxiproxy: ${reasons.join('; or else ')}`);
}

function candidates(choice: ToxiproxyChoice, reaper: Reaper): readonly Provider[] {
  const api = choice === undefined ? null : apiOf(choice);
  if (api !== null) return [externalToxiproxy(api)];
  const scratchDirectory = mkdtempSync(path.join(tmpdir(), 'crosswire-toxiproxy-'));
  reaper.watchFolder(scratchDirectory);
  const [, image] = /^container:(.+)$/.exec(choice ?? '') ?? [];
  const inProcess = toxiproxyProvider({
    path: process.env['PATH'] ?? '',
    scratchDirectory,
    onProcess: (processId) => reaper.watchProcess(processId),
  });
  const inContainer = containerProvider({
    spec: { service: 'toxiproxy' },
    ...(image === undefined ? {} : { image }),
    onContainer: (containerId) => reaper.watchContainer(containerId),
  });
  if (choice === undefined) return [inProcess, inContainer];
  return [choice === 'process' ? inProcess : inContainer];
}

/** Where a Toxiproxy can come from and whether it is there, for `crosswire doctor`. Starts nothing. */
export async function surveyToxiproxies(): Promise<
  readonly { readonly name: string; readonly availability: Availability }[]
> {
  const providers = [
    toxiproxyProvider({
      path: process.env['PATH'] ?? '',
      scratchDirectory: tmpdir(),
      onProcess: () => undefined,
    }),
    containerProvider({ spec: { service: 'toxiproxy' } }),
  ];
  return Promise.all(
    providers.map(async (provider) => ({
      name: provider.name,
      availability: await provider.available(),
    })),
  );
}

/** Tries it with a server of ours: the wire listens on loopback alone, and so will the proxy. */
async function requireReach(url: string): Promise<void> {
  const api = apiOf(url);
  if (api === null) return;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('reached');
  }).listen(0, loopback);
  await once(server, 'listening');
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  try {
    await using engine = await createToxiproxyEngine({
      api,
      name: `crosswire-reach-${port}`,
      listen: { host: loopback, port: 0 },
      upstream: { host: loopback, port },
      seen: async () => ({ replies: 0, endedByCache: 0, endedByClient: 0 }),
    });
    await hear(engine.endpoint);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `--toxiproxy ${url} answers, but does not pass on what is on this machine's loopback (${why}); run it on this machine, in its network`,
    );
  } finally {
    server.close();
  }
}

async function hear(endpoint: Endpoint): Promise<void> {
  const socket = connect(endpoint);
  const deadline = AbortSignal.timeout(reachMsMax);
  try {
    await once(socket, 'data', { signal: deadline });
  } finally {
    socket.destroy();
  }
}

function apiOf(text: string): Endpoint | null {
  const url = URL.parse(text);
  const isPlain =
    url?.protocol === 'http:' &&
    url.hostname !== '' &&
    url.pathname === '/' &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (url === null || !isPlain) return null;
  const host = url.hostname.replace(/^\[(?<address>.*)\]$/, '$<address>');
  // The port of HTTP itself is not written in a URL, and Toxiproxy has one of its own.
  return { host, port: url.port === '' ? defaultPort : Number(url.port) };
}
