import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedisSpec } from '../model/service.ts';
import type { Place, Recipe, ServingQuestion } from './recipe.ts';
import { openRedisConsole, sayOnce } from './redis-console.ts';
import { dumpName, padDump, removeDump } from './redis-dump.ts';
import { ask } from './resp-probe.ts';

const loadingMsDefault = 10_000;

/** What a redis-server is set up as; without a service, redis and valkey are both good. */
export type RedisSettings = Omit<RedisSpec, 'service'> & {
  readonly service?: RedisSpec['service'];
};

const versionOptions = {
  versionParameter: '--version',
  versionPattern: /\bv=(?<version>\S+)/,
} as const;

/** redis-server or valkey-server, which writes to its disk only what a kill should leave. */
export function redisRecipe(settings: RedisSettings): Recipe {
  const { service } = settings;
  let keptKeys = 0;
  return {
    program: {
      names: service === undefined ? ['redis-server', 'valkey-server'] : [`${service}-server`],
      ...versionOptions,
    },
    needs:
      service === undefined
        ? 'install redis or valkey, so that redis-server or valkey-server is on PATH'
        : `install ${service}, so that ${service}-server is on PATH`,
    prepare: async (place) => {
      const file = join(place.directory, 'redis.conf');
      const slowness = place.loading === 'held' ? await drawOutLoading({ ...place, keptKeys }) : [];
      const configuration = [...slowness, ...(settings.configuration ?? [])];
      await writeFile(file, redisConfiguration({ ...settings, configuration }, place));
      return [file];
    },
    isServing,
    // What was loaded must not be found once more by a start that should be empty.
    served: removeDump,
    keep: async ({ endpoint, directory }, { data = settings.data }) => {
      if (data === 'kept') {
        keptKeys = Number(await sayOnce(endpoint, 'DBSIZE'));
        await sayOnce(endpoint, 'SAVE');
      } else {
        keptKeys = 0;
        await removeDump(directory);
      }
    },
    openConsole: openRedisConsole,
  };
}

/** A Sentinel: the same program under its other name. It keeps what it finds out in the file that it was started with. */
export function sentinelRecipe(lines: readonly string[]): Recipe {
  const { program, needs } = redisRecipe({});
  return {
    program,
    needs,
    prepare: async ({ endpoint: { host, port }, directory }) => {
      const file = join(directory, 'sentinel.conf');
      const own = [`port ${port}`, `bind ${host}`, `dir ${quoted(directory)}`];
      await writeFile(file, [...own, ...lines, ''].join('\n'));
      return [file, '--sentinel'];
    },
    isServing: async ({ endpoint, processId, signal }) => {
      const information = await ask(endpoint, { command: 'INFO server', signal });
      return fieldOf(information, 'process_id') === String(processId);
    },
  };
}

/** What redis.conf says of a server at that place. */
export function redisConfiguration(
  settings: RedisSettings,
  { endpoint, directory }: Pick<Place, 'endpoint' | 'directory'>,
): string {
  const { usedBytesMax, eviction, connectionsMax, configuration = [] } = settings;
  return [
    `port ${endpoint.port}`,
    `bind ${endpoint.host}`,
    'save ""',
    'appendonly no',
    'daemonize no',
    `dir ${quoted(directory)}`,
    `dbfilename ${dumpName}`,
    'databases 16',
    'always-show-logo no',
    ...(usedBytesMax === undefined ? [] : [`maxmemory ${usedBytesMax}`]),
    ...(eviction === undefined ? [] : [`maxmemory-policy ${eviction}`]),
    ...(connectionsMax === undefined ? [] : [`maxclients ${connectionsMax}`]),
    ...configuration,
    '',
  ].join('\n');
}

/** Pads what is on the disk, and gives the lines with which loading all of it takes as long as it should. */
async function drawOutLoading({
  directory,
  keptKeys,
  loadingMs = loadingMsDefault,
}: Place & { readonly keptKeys: number }): Promise<readonly string[]> {
  const paddingKeys = await padDump(directory, loadingMs);
  const delayMicroseconds = Math.floor((loadingMs * 1_000) / (keptKeys + paddingKeys));
  // Between any two keys of the padding it looks at its connections, and tells them that it is loading.
  return [`key-load-delay ${delayMicroseconds}`, 'loading-process-events-interval-bytes 1024'];
}

async function isServing(question: ServingQuestion): Promise<boolean> {
  const information = await ask(question.endpoint, { command: 'INFO', signal: question.signal });
  const isLoading = fieldOf(information, 'loading') === '1';
  return (
    fieldOf(information, 'process_id') === String(question.processId) &&
    (!isLoading || question.loading === 'held')
  );
}

/** One field of what INFO says. */
export function fieldOf(information: string, name: string): string | undefined {
  return new RegExp(`^${name}:(?<value>[^\r\n]*)`, 'm').exec(information)?.groups?.['value'];
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
