import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NginxSpec } from '../model/service.ts';
import type { Place, Recipe } from './recipe.ts';

const configurationName = 'nginx.conf';
const cacheName = 'cache';
/** Answered by nginx itself with its process id, so that it is known who serves. */
export const nginxReadyPath = '/crosswire-ready';
const connectionsMaxDefault = 4_096;

/** nginx as a shared HTTP cache: `proxy_cache` under a key of the caller's choice, in a process of its own in the foreground. */
export function nginxRecipe(spec: NginxSpec): Recipe {
  return {
    program: {
      names: ['nginx'],
      versionParameter: '-v',
      versionPattern: /nginx\/(?<version>\S+)/,
    },
    needs: 'install nginx, so that it is on PATH (it often stands in /usr/sbin)',
    prepare: async (place) => {
      const file = join(place.directory, configurationName);
      await mkdir(join(place.directory, cacheName), { recursive: true });
      await writeFile(file, nginxConfiguration(spec, place));
      return ['-p', place.directory, '-e', 'stderr', '-c', file];
    },
    isServing: async ({ endpoint: { host, port }, processId, signal }) => {
      const answer = await fetch(`http://${host}:${port}${nginxReadyPath}`, { signal });
      return (await answer.text()) === String(processId);
    },
    keep: async ({ directory }, { data = spec.data }) => {
      if (data !== 'kept') await rm(join(directory, cacheName), { recursive: true, force: true });
    },
  };
}

/**
 * One process without a master: what is killed or stopped is then the whole of it, and nobody is left whom a reaper does
 * not know. The price is that nothing trims the cache, which lives for one run.
 */
export function nginxConfiguration(spec: NginxSpec, { endpoint, directory }: Place): string {
  const { origin, cacheKey, connectionsMax = connectionsMaxDefault, configuration = [] } = spec;
  const folder = (name: string): string => quoted(join(directory, name));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder(name)};`,
  );
  return `daemon off;
master_process off;
pid ${folder('nginx.pid')};
error_log stderr notice;
events { worker_connections ${connectionsMax}; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  proxy_cache_path ${folder(cacheName)} levels=1:2 keys_zone=shared:8m use_temp_path=off;
  server {
    listen ${endpoint.host}:${endpoint.port};
    location = ${nginxReadyPath} { default_type text/plain; return 200 $pid; }
    location / {
      proxy_pass http://${origin.host}:${origin.port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_cache shared;
      proxy_cache_key ${quoted(cacheKey)};
      add_header x-cache $upstream_cache_status always;
      ${configuration.join('\n      ')}
    }
  }
}
`;
}

/** A word of an nginx configuration; variables in it are still seen. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
