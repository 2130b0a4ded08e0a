import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../model/target.ts';
import { embeddedProvider } from './embedded.ts';
import { type Script, type Sent, send, startOrigin } from './http-cache-bench.ts';
import type { HttpCacheSettings } from './http-cache-rules.ts';
import { processProvider } from './process.ts';
import { openBench } from './provider-bench.ts';

/** The embedded cache, in its own process, beside a real nginx with `proxy_cache`: who is given whose answer. */
const scratchDirectory = await mkdtemp(join(tmpdir(), 'crosswire-http-cache-'));
const signal = AbortSignal.timeout(60_000);
const path = `${process.env['PATH'] ?? ''}:/usr/sbin`;
const onProcess = (): void => undefined;
const nowhere: Endpoint = { host: '127.0.0.1', port: 9 };
const nginx = (origin: Endpoint, cacheKey: string, configuration: readonly string[]) =>
  processProvider({
    path,
    scratchDirectory,
    onProcess,
    spec: { service: 'nginx', origin, cacheKey, configuration },
  });
const availability = await nginx(nowhere, '$uri', []).available();
const missing = availability.state === 'missing' ? availability.says : '';

interface Case {
  readonly title: string;
  readonly cacheKey: string;
  readonly configuration: readonly string[];
  readonly settings: HttpCacheSettings;
  readonly script: Script;
  readonly requests: readonly (readonly [string, Sent])[];
  /** Which answer of the origin each request is given, by its number. */
  readonly bodies: readonly number[];
}

const anna: Sent = { fields: { authorization: 'Bearer anna' } };
const bert: Sent = { fields: { authorization: 'Bearer bert' } };
const personal: Script = () => ({});
/** nginx has no Authorization rule: what is told to be cached is cached for everyone. */
const wrong = { ignoreAuthorization: true, freshSecondsUntold: 60 };

const cases: readonly Case[] = [
  {
    title: 'keyed by the path alone, everyone is shown the first picture',
    cacheKey: '$uri',
    configuration: ['proxy_cache_valid 200 60s;'],
    settings: { ...wrong, key: 'path' },
    script: personal,
    requests: [
      ['/picture?event=1', anna],
      ['/picture?event=2', bert],
      ['/other', bert],
    ],
    bodies: [1, 1, 2],
  },
  {
    title: 'keyed without the session, the next person is shown the picture of the one before',
    cacheKey: '$uri$is_args$args',
    configuration: ['proxy_cache_valid 200 60s;'],
    settings: { ...wrong, key: 'path+query' },
    script: personal,
    requests: [
      ['/picture?event=1', anna],
      ['/picture?event=1', bert],
      ['/picture?event=2', bert],
    ],
    bodies: [1, 1, 2],
  },
  {
    title: 'keyed with the session, everyone is shown the own picture',
    cacheKey: '$host$uri$is_args$args$http_authorization$http_cookie',
    configuration: ['proxy_cache_valid 200 60s;'],
    settings: { ...wrong, key: 'host+path+query+session' },
    script: personal,
    requests: [
      ['/picture?event=1', anna],
      ['/picture?event=1', bert],
      ['/picture?event=1', anna],
    ],
    bodies: [1, 2, 1],
  },
  {
    title: 'what is private, forbidden to store, or sets a cookie is not stored',
    cacheKey: '$host$uri$is_args$args',
    configuration: ['proxy_cache_valid 200 60s;'],
    settings: { freshSecondsUntold: 60 },
    script: ({ url }) => ({
      fields:
        url === '/cookie'
          ? { 'set-cookie': 'session=1' }
          : { 'cache-control': url === '/private' ? 'private' : 'no-store' },
    }),
    requests: [
      ['/private', {}],
      ['/private', {}],
      ['/no-store', {}],
      ['/no-store', {}],
      ['/cookie', {}],
      ['/cookie', {}],
    ],
    bodies: [1, 2, 3, 4, 5, 6],
  },
  {
    title: 'told to store cookies, the next one is handed the answer with the cookie',
    cacheKey: '$host$uri$is_args$args',
    configuration: ['proxy_cache_valid 200 60s;', 'proxy_ignore_headers Set-Cookie;'],
    settings: { freshSecondsUntold: 60, storeSetCookie: true },
    script: () => ({ fields: { 'set-cookie': 'session=1' } }),
    requests: [
      ['/a', {}],
      ['/a', {}],
    ],
    bodies: [1, 1],
  },
  {
    title: 'an answer that varies is given to those who are like the first; unless Vary is ignored',
    cacheKey: '$host$uri$is_args$args',
    configuration: [],
    settings: {},
    script: () => ({ fields: { 'cache-control': 'max-age=60', vary: 'cookie' } }),
    requests: [
      ['/a', { fields: { cookie: '1' } }],
      ['/a', { fields: { cookie: '2' } }],
      ['/a', { fields: { cookie: '2' } }],
    ],
    bodies: [1, 2, 2],
  },
  {
    title: 'with Vary ignored everyone is given the first answer',
    cacheKey: '$host$uri$is_args$args',
    configuration: ['proxy_ignore_headers Vary;'],
    settings: { ignoreVary: true },
    script: () => ({ fields: { 'cache-control': 'max-age=60', vary: 'cookie' } }),
    requests: [
      ['/a', { fields: { cookie: '1' } }],
      ['/a', { fields: { cookie: '2' } }],
    ],
    bodies: [1, 1],
  },
  {
    title: 'Expires and s-maxage are heeded, and s-maxage wins',
    cacheKey: '$host$uri$is_args$args',
    configuration: [],
    settings: {},
    script: ({ url }) => ({
      fields:
        url === '/expires'
          ? { expires: new Date(Date.now() + 60_000).toUTCString(), date: new Date().toUTCString() }
          : {
              'cache-control':
                url === '/shared' ? 'max-age=0, s-maxage=60' : 'max-age=60, s-maxage=0',
            },
    }),
    requests: [
      ['/expires', {}],
      ['/expires', {}],
      ['/shared', {}],
      ['/shared', {}],
      ['/own', {}],
      ['/own', {}],
    ],
    bodies: [1, 1, 2, 2, 3, 4],
  },
];

const given = async (endpoint: Endpoint, { requests }: Case): Promise<string[]> => {
  const bodies: string[] = [];
  for (const [path, sent] of requests) bodies.push((await send(endpoint, path, sent)).body);
  return bodies;
};

const embedded = (origin: Endpoint, settings: HttpCacheSettings) =>
  embeddedProvider({
    node: process.execPath,
    server: 'http-cache',
    parameters: [JSON.stringify({ origin, settings })],
    onProcess,
  });

afterAll(() => rm(scratchDirectory, { recursive: true, force: true }));

test.for(cases)('the embedded cache: $title', async (one) => {
  await using origin = await startOrigin(one.script);
  await using cache = await embedded(origin.endpoint, one.settings).start(signal);
  expect(await given(cache.endpoint, one)).toEqual(one.bodies.map((number) => `answer ${number}`));
});

describe.skipIf(missing !== '')(`a real nginx ${missing && `(${missing})`}`, () => {
  test.for(cases)('agrees: $title', async (one) => {
    await using origin = await startOrigin(one.script);
    const { cacheKey, configuration } = one;
    await using cache = await nginx(origin.endpoint, cacheKey, configuration).start(signal);
    expect(await given(cache.endpoint, one)).toEqual(
      one.bodies.map((number) => `answer ${number}`),
    );
  });

  test('replays the echo of another request, unless it is told to hide it and say its own', async () => {
    await using origin = await startOrigin(() => ({ fields: { 'cache-control': 'max-age=60' } }));
    const echoes = async (configuration: readonly string[]): Promise<(string | undefined)[]> => {
      await using cache = await nginx(origin.endpoint, '$uri', configuration).start(signal);
      const first = await send(cache.endpoint, '/a', { fields: { 'x-request-id': 'one' } });
      const second = await send(cache.endpoint, '/a', { fields: { 'x-request-id': 'two' } });
      return [first, second].map(({ fields }) => fields['x-request-id']);
    };
    expect(await echoes([])).toEqual(['one', 'one']);
    expect(
      await echoes([
        'proxy_hide_header x-request-id;',
        'add_header x-request-id $http_x_request_id always;',
      ]),
    ).toEqual(['one', 'two']);
  });
});

test('the embedded cache is a process of its own, and leaves nothing behind', async () => {
  await using bench = await openBench();
  {
    const provider = embeddedProvider({
      node: process.execPath,
      server: 'http-cache',
      parameters: [JSON.stringify({ origin: nowhere })],
      onProcess: bench.onProcess,
    });
    await using cache = await provider.start(signal);
    expect(cache.says).toMatch(/^embedded HTTP cache \(own process, port \d+\)$/);
    expect((await send(cache.endpoint, '/a')).status).toBe(502);
    expect(bench.running()).toEqual(cache.processIds);
  }
  expect(bench.running()).toEqual([]);
});
