import type { WebCache } from '../model/plan.ts';
import type { NginxSpec, Provider, VarnishSpec } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { HttpCacheParameter } from '../processes/embedded-http-cache.ts';
import { type EmbeddedProviderOptions, embeddedProvider } from '../services/embedded.ts';
import type { HttpCacheSettings } from '../services/http-cache-rules.ts';
import { processProvider } from '../services/process.ts';

/** Servers that are told to store what is meant for one person. */
export const webCacheServers = ['nginx', 'varnish', 'embedded'] as const;
export type WebCacheServer = (typeof webCacheServers)[number];

/** A library in a gateway of ours. */
export interface WebCacheLibrary {
  /** One of `targets/http-caches`. */
  readonly name: string;
  readonly version: string;
  /** The file to import. */
  readonly libraryPath: string;
  /** Of its companions, by package. */
  readonly companionPaths: Readonly<Record<string, string>>;
}

export type WebCacheEngine = WebCacheServer | WebCacheLibrary;

export interface WebCacheOptions {
  readonly engine: WebCacheEngine;
  readonly origin: Endpoint;
  readonly path: string;
  readonly node: string;
  readonly scratchDirectory: string;
  readonly onProcess: (processId: number) => void;
}

/** What stands between viewers and backend: a shared HTTP cache that was told to store what is meant for one person, keyed well or badly, or a library. */
export function webCacheProvider(webCache: WebCache, options: WebCacheOptions): Provider {
  const { engine, origin, ...around } = options;
  if (engine === 'nginx') return processProvider({ ...around, spec: nginxSpec(webCache, origin) });
  if (engine === 'varnish')
    return processProvider({ ...around, spec: varnishSpec(webCache, origin) });
  if (engine === 'embedded')
    return embedded({ origin, settings: embeddedSettings(webCache) }, around);
  const { keyedBy, freshSeconds } = webCache;
  return embedded(
    { origin, library: { ...engine, keyedBy, freshSeconds } },
    { ...around, title: `${engine.name} ${engine.version} in a gateway` },
  );
}

function embedded(
  parameter: HttpCacheParameter,
  around: Omit<EmbeddedProviderOptions, 'server' | 'parameters'>,
): Provider {
  const parameters = [JSON.stringify(parameter)];
  return embeddedProvider({ ...around, server: 'http-cache', parameters });
}

/** The engine when none is named: nginx where it is on PATH. */
export async function availableEngine(
  options: Omit<WebCacheOptions, 'engine' | 'origin'>,
): Promise<WebCacheServer> {
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

function varnishSpec({ keyedBy, freshSeconds }: WebCache, origin: Endpoint): VarnishSpec {
  return {
    service: 'varnish',
    origin,
    cacheKey: keyedBy === 'url' ? ['req.url'] : ['req.url', 'req.http.authorization'],
    freshSecondsUntold: freshSeconds,
    // The list of events comes with a cookie.
    storeSetCookie: true,
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
