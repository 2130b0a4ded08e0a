import type { WebCache } from '../model/plan.ts';
import type { NginxSpec, Provider } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { embeddedProvider } from '../services/embedded.ts';
import type { HttpCacheSettings } from '../services/http-cache-rules.ts';
import { processProvider } from '../services/process.ts';

export type WebCacheEngine = 'nginx' | 'embedded';

export interface WebCacheOptions {
  readonly engine: WebCacheEngine;
  readonly origin: Endpoint;
  readonly path: string;
  readonly node: string;
  readonly scratchDirectory: string;
  readonly onProcess: (processId: number) => void;
}

/** A shared HTTP cache that was told to store what is meant for one person, keyed well or badly. */
export function webCacheProvider(webCache: WebCache, options: WebCacheOptions): Provider {
  const { engine, origin, ...around } = options;
  if (engine === 'nginx') return processProvider({ ...around, spec: nginxSpec(webCache, origin) });
  const parameters = [JSON.stringify({ origin, settings: embeddedSettings(webCache) })];
  return embeddedProvider({ ...around, server: 'http-cache', parameters });
}

/** The engine when none is named: nginx where it is on PATH. */
export async function availableEngine(
  options: Omit<WebCacheOptions, 'engine' | 'origin'>,
): Promise<WebCacheEngine> {
  const origin = { host: '127.0.0.1', port: 1 };
  const nginx = webCacheProvider(
    { keyedBy: 'url', freshSeconds: 1 },
    { ...options, engine: 'nginx', origin },
  );
  return (await nginx.available()).state === 'available' ? 'nginx' : 'embedded';
}

function nginxSpec({ keyedBy, freshSeconds }: WebCache, origin: Endpoint): NginxSpec {
  return {
    service: 'nginx',
    origin,
    cacheKey:
      keyedBy === 'url'
        ? '$request_method$request_uri'
        : '$request_method$request_uri$http_authorization',
    configuration: [
      `proxy_cache_valid 200 ${freshSeconds}s;`,
      // The list of events comes with a cookie.
      'proxy_ignore_headers Set-Cookie;',
      // Its own echo of the present id: see docs/cloud-api.md.
      'proxy_hide_header x-request-id;',
      'add_header x-request-id $http_x_request_id always;',
    ],
  };
}

function embeddedSettings({ keyedBy, freshSeconds }: WebCache): HttpCacheSettings {
  return {
    key: keyedBy === 'url' ? 'host+path+query' : 'host+path+query+session',
    ignoreAuthorization: true,
    storeSetCookie: true,
    freshSecondsUntold: freshSeconds,
  };
}
